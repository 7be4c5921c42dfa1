"""Search an index for the texts that answer a query, or those of a file, a query a line.

Data        an index of recipes/build_index.py
Run         python recipes/search.py "how do wings make lift?" --index runs/index --preset PRESET
Variations  --method exact bm25 fuses vectors and words; --method approximate for millions of texts; without a preset
            --method bm25
"""

from pathlib import Path
from typing import Literal

import tyro

from bert_keras import command_line
from bert_keras.inference import Embedder, as_texts
from bert_keras.inference.search import Index


def main(
    query: tyro.conf.Positional[str],  # what is asked, or a file of one query a line
    *,
    index: Path = Path("runs/index"),  # of recipes/build_index.py
    preset: str | None = None,  # the encoder that the index was built with
    method: tuple[Literal["exact", "binary", "approximate", "bm25"], ...] = ("exact",),  # several are fused
    top_k: int = 5,  # texts for a query
    width: int = 300,  # characters of a text that are shown
):
    encoder = None if preset is None else Embedder.from_preset(preset)
    queries = as_texts(Path(query)) if Path(query).is_file() else [query]
    found = Index.load(index, encoder).search(queries, top_k, method=method)
    for asked, texts in zip(queries, found, strict=True):
        print(asked)
        for text in texts:
            print(f"  {text['score']:.3f}  {text['id']}  {' '.join(text['text'].split())[:width]}")
        if not texts:
            print("  nothing found")
    return {asked: texts for asked, texts in zip(queries, found, strict=True)}


if __name__ == "__main__":
    command_line.run(main)
