"""Build an index of texts, to search in it or to answer questions from it.

Data        *.txt, each a document; JSON Lines with id and text (BEIR's corpus.jsonl); TSV and CSV with the columns id
            and text. Documents are cut into passages that overlap
Output      OUTPUT: texts, vectors, and what words and approximate search need, for recipes/search.py and
            recipes/answer_questions.py
Run         python recipes/build_index.py texts/*.txt --preset PRESET --output runs/index
Stopped     by Ctrl-C, SIGTERM or a crash, the same command resumes after the last block of 1024 passages
Changed     files: the same command with --update encodes what is new in them, and takes out what is gone
"""

from pathlib import Path
from typing import Literal

import tyro

from bert_keras import command_line, inference


def main(
    files: tyro.conf.Positional[tuple[str, ...]],  # texts: files, globs or folders
    *,
    preset: str | None = None,  # sentence encoder, such as MiniLM's; none: words alone are searched
    output: Path = Path("runs/index"),
    # For search.py --method, by bert-keras[search]; none: vectors alone are searched.
    prepare: tuple[Literal["bm25", "approximate", "none"], ...] = ("bm25",),
    update: bool = False,  # an index of other texts in OUTPUT becomes one of these
    by_line: bool = False,  # each line of a .txt is a document, not each file
    encoding: str | None = None,  # gbk, cp1252 or another, where files are not UTF-8
    passage_words: int = 100,  # most words of a passage
    overlap: int = 30,  # most words that two passages share
    dtype: Literal["float32", "int8"] = "float32",  # of the vectors; int8 takes a quarter of the room
    similarity: Literal["cosine", "dot"] = "cosine",  # what the encoder was trained with
    errors: Literal["raise", "skip"] = "raise",  # skip leaves out what cannot be indexed, and counts it
):
    if not prepare:
        raise ValueError("Expected a word behind --prepare: bm25, approximate or both, or none for neither.")
    encoder = None if preset is None else inference.Embedder.from_preset(preset, progress=False)
    documents = inference.search.read_index_texts(files, whole_files=not by_line, encoding=encoding, errors=errors)
    passages = inference.search.passages_of(documents, num_words=passage_words, overlap=overlap)
    options = dict(dtype=dtype, similarity=similarity, errors=errors, update=update)
    index = inference.search.Index.build(output, passages, encoder, **options)
    index.prepare(*(method for method in prepare if method != "none"))
    print(f"{len(index)} passages in {output}")
    return {"passages": len(index)}


if __name__ == "__main__":
    command_line.run(main)
