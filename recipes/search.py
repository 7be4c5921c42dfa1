"""Search an index for the texts that answer a query, or those of a file, a query a line; or score the search.

Data        an index of recipes/build_index.py; to score, a folder in BEIR's layout of whose corpus it was built
Run         python recipes/search.py "how do wings make lift?" --index runs/index --preset PRESET
Variations  --reranker, of recipes/finetune_cross_encoder.py or another cross-encoder, orders anew what was found;
            --method exact bm25 fuses vectors and words; --method approximate for millions of texts; without a preset
            --method bm25
"""

from pathlib import Path
from typing import Literal

import tyro

from bert_keras import command_line, data, inference, training


def main(
    query: tyro.conf.Positional[str],  # what is asked; a file of one query a line; a folder of BEIR, to be scored
    *,
    index: Path = Path("runs/index"),  # of recipes/build_index.py
    preset: str | None = None,  # the encoder that the index was built with
    query_prompt: str | None = None,  # what stands before a query; none: the preset's prompt of queries
    method: tuple[Literal["exact", "binary", "approximate", "bm25"], ...] = ("exact",),  # several are fused
    reranker: str | None = None,  # cross-encoder that reads each text beside the query; none: the order of the search
    num_candidates: int = 100,  # texts for a query that it reads, that are fused, or scored
    split: str = "test",  # of the judgements in a folder
    top_k: int = 5,  # texts for a query
    width: int = 300,  # characters of a text that are shown
):
    prompts = None if query_prompt is None else {"query": query_prompt}
    encoder = None if preset is None else inference.Embedder.from_preset(preset, prompts=prompts)
    reader = None if reranker is None else inference.CrossEncoder.from_preset(reranker)
    loaded = inference.search.Index.load(index, encoder)
    options = dict(method=method, reranker=reader, num_candidates=num_candidates)
    if Path(query).is_dir():
        judged = data.read_beir(query, split=split)
        run = inference.search.document_run(loaded, judged.queries, top_k=num_candidates, **options)
        found = {document for documents in run.values() for document in documents}
        if found and found.isdisjoint(judged.documents):  # all scores would be 0
            raise ValueError(
                f"Expected an index of {query}, whose documents are {next(iter(judged.documents))!r} and others; "
                f"{index} has {min(found)!r} and others: build it with build_index.py {query}."
            )
        measures = ("ndcg@10", "mrr@10", "map", f"recall@{num_candidates}", "precision@10")
        scores = training.retrieval_scores(run, judged.qrels, measures=measures)
        print("\n".join(f"{measure:<14}{score:.4f}" for measure, score in scores.items()))
        return scores
    queries = inference.as_texts(Path(query)) if Path(query).is_file() else [query]
    found = loaded.search(queries, top_k, **options)
    for asked, texts in zip(queries, found, strict=True):
        print(asked)
        for text in texts:
            print(f"  {text['score']:.3f}  {text['id']}  {' '.join(text['text'].split())[:width]}")
        if not texts:
            print("  nothing found")
    return {asked: texts for asked, texts in zip(queries, found, strict=True)}


if __name__ == "__main__":
    command_line.run(main)
