"""Mine hard negatives: texts that a search takes for answers to a query and that are none, to train an encoder on.

Data        queries with their positives, a table (anchor, positive; query, positive; ...) or a folder in BEIR's layout,
            whose documents are searched, too; --texts has further ones, a text a line or as for an index
Output      RUN_DIRECTORY/negatives.jsonl, {"query", "positive", "negatives", "scores"} a line, for
            finetune_sentence_encoder.py --train
Paper       Moreira et al., 2024 (NV-Retriever): negatives by rank, and by a margin below the positive's score
Run         python recipes/mine_negatives.py pairs.jsonl                                    by words, with BM25
            python recipes/mine_negatives.py pairs.jsonl --preset PRESET --relative-margin 0.05      by vectors
Stopped     by Ctrl-C, SIGTERM or a crash, the same command resumes it: what was embedded and mined is kept
"""

import dataclasses
import json
import zlib
from pathlib import Path
from typing import Literal

import tyro

from bert_keras import command_line, data, inference
from bert_keras.run_folder import RunFolder
from bert_keras.table_format import TableFormat


def main(
    pairs: tyro.conf.Positional[Path],  # queries with their positives: .tsv, .csv, .jsonl, or a folder in BEIR's layout
    *,
    texts: Path | None = None,  # further texts to search in, beside all positives
    text_columns: tuple[int | str, ...] = (),  # query and positive; none: told by the names of the columns
    table: TableFormat = TableFormat(),
    errors: Literal["raise", "skip"] = "raise",  # what to do with a faulty row
    preset: str | None = None,  # folder of a sentence encoder, to search by vectors; none: by words
    query_prompt: str | None = None,  # what stands before a query; none: the preset's prompt of queries
    num_negatives: int = 4,  # of each query and positive
    first_rank: int = 1,  # from which rank on: the first may be answers that nobody marked
    last_rank: int = 50,
    margin: float | None = None,  # a negative's score is at least so much below the positive's
    relative_margin: float | None = None,  # the same as a share of the positive's score
    sampling: Literal["top", "random"] = "top",  # the nearest, or any of those ranks
    seed: int = 0,
    run_directory: Path = Path("runs/mine_negatives"),
):
    run = RunFolder(locals(), preset=preset, learns_from=(pairs, texts))
    others = []
    if pairs.is_dir():
        collection = data.read_beir(pairs, split="train", errors=errors)
        examples, others = collection.pairs(), list(collection.documents.values())
    else:
        examples = data.read_matching(pairs, text_columns=text_columns, errors=errors, **dataclasses.asdict(table))
    if texts is not None:
        others += [one.text for one in inference.search.read_index_texts(texts, encoding=table.encoding, errors=errors)]
    documents = inference.mining_documents(examples, others)

    part = f"{zlib.crc32(json.dumps(run.identity, sort_keys=True).encode()):08x}"  # other options begin anew
    if preset is None:
        search = inference.search.Bm25(documents).search
    else:
        prompts = None if query_prompt is None else {"query": query_prompt}
        embed = inference.Embedder.from_preset(preset, prompts=prompts)
        known = zlib.crc32("\n".join([run.identity["preset"], *documents]).encode("utf-8", "replace"))
        folder = run_directory / f"index_{known:08x}"  # serves other ranks, too
        search = inference.search.Index.build(folder, documents, embed).find
    counts = inference.write_negatives(
        run_directory / "negatives.jsonl", examples, documents, search, part=part, num_negatives=num_negatives,
        first_rank=first_rank, last_rank=last_rank, margin=margin, relative_margin=relative_margin, sampling=sampling,
        seed=seed,
    )  # fmt: skip
    return run.finish(counts | {"documents": len(documents)})


if __name__ == "__main__":
    command_line.run(main)
