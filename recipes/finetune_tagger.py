"""Fine-tune an encoder to tag words: named entities, or parts of speech.

Data        CoNLL columns, CoNLL-U, JSON with spans by characters or with words and tags, brat: --train, --validation,
            --test; docs/files.md has them all
Paper       Devlin et al., 2019, section 5.3: tags on first pieces; CRF: Lample et al., 2016; GlobalPointer: Su, 2022
Reached     before tags were learned at the tokens of raw text; to be measured again:
            WNUT17 test entity F1 0.458 from MiniLM's weights, mean of 3 seeds (transformers, one seed: 0.449);
            --head linear: 0.430, seed 1. Parts of speech of UD English EWT, 3 epochs: accuracy 0.969 in test
Run         python recipes/finetune_tagger.py --preset PRESET --train train.conll --validation dev.conll --test t.conll
            parts of speech: --train en_ewt-ud-train.conllu ... --scheme None
Stopped     by Ctrl-C, SIGTERM or a crash, the same command resumes it: docs/reliability.md
Watch       tensorboard --logdir runs/finetune_tagger
Words       tags are learned, validated, scored and read at the basic tokens of raw text, `U.K.` as four; f1_of_words
            counts the words of the file, as CoNLL's scorer does. --words file: for a tagger that will be given words
Variation   the CRF learns which tag stands beside which, and never breaks the rules of the scheme; --head linear does
            without; --head global_pointer finds nested spans too (from JSONL with --scheme None)
"""

from pathlib import Path
from typing import Literal

from bert_keras import command_line, data, inference, models, training
from bert_keras.finetuning import FineTuning
from bert_keras.run_folder import RunFolder
from bert_keras.tagging_schemes import tags_to_spans

Scheme = Literal["BIO", "IOB2", "BIOES", "IOBES", "BILOU", "BMES", "IOB1", "IOE2"]


def main(
    *,
    # Data
    preset: str,  # folder of a pretrained encoder with its tokenizer
    train: Path,  # tagged sentences, in any format of docs/files.md
    validation: Path,  # the same, to choose the best epoch by
    test: Path | None = None,  # the same; predictions of it and of validation are written to RUN_DIRECTORY
    scheme: Scheme | None = "BIO",  # how the tags spell spans; None for tags that do not, such as parts of speech
    tag_faults: Literal["refuse", "repair"] = "refuse",  # I- without its B- and the like; or read as conlleval does
    word_column: int | None | str = None,  # of CoNLL files, from 0; None for the first, or FORM; in JSON a key
    tag_column: int | None | str = None,  # the same, from the end if negative; None for the last, or UPOS
    words: Literal["basic", "file"] = "basic",  # tags of raw text's tokens; or, to be given words, of the file's words
    errors: Literal["raise", "skip"] = "raise",  # at the first faulty sentence; or skip those, and count them
    encoding: str | None = None,  # gbk, cp1252 or another, where it is not UTF-8
    sequence_length: int = 128,  # tokens in a row; longer sentences become overlapping windows
    run_directory: Path = Path("runs/finetune_tagger"),
    # Model
    head: Literal["linear", "crf", "global_pointer"] = "crf",
    fine_tuning: FineTuning = FineTuning(epochs=6),
):
    run = RunFolder(locals(), preset=preset, learns_from=(train, validation))
    saving = run.saving()
    training.set_random_seed(fine_tuning.seed)
    tokenizer = data.WordPieceTokenizer.from_preset(preset)
    files = {"train": train, "validation": validation, **({"test": test} if test else {})}
    reading = dict(scheme=scheme, word_column=word_column, tag_column=tag_column, tag_faults=tag_faults)
    reading |= dict(errors=errors, encoding=encoding)
    sentences, known = {}, None
    for part, file in files.items():  # train first: its labels are all that the model can learn
        sentences[part] = data.read_tagged_sentences(file, labels=known, **reading)
        known = sentences["train"].labels or sentences["train"].tag_names
    tag_names, labels = sentences["train"].tag_names, sentences["train"].labels
    if head != "global_pointer" and not tag_names:
        raise ValueError("Spans become tags by a --scheme; without one they want --head global_pointer.")
    arguments = dict(words=words, dropout=fine_tuning.dropout, dtype=fine_tuning.dtype)
    if head == "global_pointer":
        rows_class, names, problem = data.SpanRows, {"labels": labels}, "multi_label_classification"
        model, predictor = models.SpanTagger.from_preset(preset, labels, **arguments), inference.SpanFinder
        loss, metric = training.SpanLoss(), training.SpanF1()
    else:
        rows_class, names, problem = data.TagRows, {"tag_names": tag_names}, "single_label_classification"
        model = models.TokenClassifier.from_preset(preset, labels=tag_names, head=head, scheme=scheme, **arguments)
        predictor = inference.Tagger
        loss = None  # the head brings its own
        accuracy = training.classification_metrics(num_classes=len(tag_names), names=["accuracy"])
        metric = training.EntityF1(tag_names) if scheme else accuracy[0]
    task = dict(sequence_length=sequence_length, words=words, **names)
    rows = {part: rows_class(sentences[part], tokenizer, **task) for part in ("train", "validation")}
    # start_step counts for the training part alone
    batches = dict(batch_size=fine_tuning.batch_size, seed=fine_tuning.seed, start_step=saving.step)
    datasets = {part: data.batches(some, training=part == "train", **batches) for part, some in rows.items()}

    fine_tuning.prepare(model, tokenizer, sequence_length=sequence_length, preset=run.preset, problem_type=problem)
    optimizer = fine_tuning.optimizer(model.encoder, len(datasets["train"]))
    model.compile(optimizer, loss, weighted_metrics=[metric])
    report = fine_tuning.callbacks(run.logs, best=f"val_{metric.name}", shown=(metric.name,))
    with training.memory_advice(fine_tuning.batch_size, sequence_length):
        model.fit(
            datasets["train"], validation_data=datasets["validation"], epochs=fine_tuning.epochs,
            callbacks=saving.after(report), shuffle=False, verbose=0,  # the dataset comes shuffled
        )  # fmt: skip
    training.merge_lora(model.encoder)
    model.save_to_preset(run.preset)
    tokenizer.save_to_preset(run.preset, model_max_length=model.encoder.max_sequence_length)

    scores, tables, predict = {}, {}, predictor(model, tokenizer, sequence_length=sequence_length)
    for part in list(files)[1:]:
        rows_of_part = rows.get(part) or predict.rows(sentences[part])
        if head == "global_pointer":
            spans = predict.spans(rows_of_part)
        else:
            tags = predict.tags(rows_of_part)
            data.write_conll(run_directory / f"predictions_{part}.conll", sentences[part], tags)
            spans = [tags_to_spans(some) for some in tags] if scheme else None
        if spans is None:
            scores[part] = {"accuracy": training.tag_accuracy(sentences[part].tags, tags)}
        else:
            data.write_spans(run_directory / f"predictions_{part}.jsonl", sentences[part], spans)
            # Of the raw text, as users of the preset will have it; and of the file's words, as CoNLL's scorer counts.
            found = predict(rows_of_part if words == "basic" else sentences[part].texts)
            found = [[(span["start"], span["end"], span["label"]) for span in some] for some in found]
            of_text = training.span_scores(sentences[part].character_spans(), found)
            of_words = training.span_scores(sentences[part].spans, spans)
            by_label = of_words if words == "file" else of_text
            scores[part] = by_label["overall"] | {"f1_of_words": of_words["overall"]["f1"]}
            tables[part] = training.score_table(by_label)
    return run.finish(scores, texts=tables)


if __name__ == "__main__":
    command_line.run(main)
