"""Fine-tune an encoder to tag words: named entities, or parts of speech.

Data        CoNLL columns, CoNLL-U, JSON with spans by characters or with words and tags, brat: docs/files.md
Paper       Devlin et al., 2019, section 5.3: tags on first pieces; CRF: Lample et al., 2016; GlobalPointer: Su, 2022
Reached     WNUT17 test entity F1 0.458 from MiniLM's weights, mean of 3 seeds (transformers, one: 0.449), before tags
            were learned at the tokens of raw text; to be measured again. More: recipes/README.md
Run         python recipes/finetune_tagger.py --preset PRESET --train train.conll --validation dev.conll --test t.conll
            parts of speech: --train en_ewt-ud-train.conllu ... --scheme None
Stopped     by Ctrl-C, SIGTERM or a crash, the same command resumes it: docs/reliability.md
Watch       tensorboard --logdir runs/finetune_tagger
Words       tags are learned, validated, scored and read at the basic tokens of raw text, `U.K.` as four; f1_of_words
            counts the words of the file, as CoNLL's scorer does. --words file: for a tagger that will be given words
Variation   the CRF learns which tag stands beside which, and never breaks the rules of the scheme; --head linear does
            without; --head global_pointer finds nested spans too (from JSONL with --scheme None)
"""

import dataclasses
import functools
from pathlib import Path
from typing import Literal

from bert_keras import command_line, data, inference, models, training
from bert_keras.finetuning import FineTuning
from bert_keras.run_folder import RunFolder
from bert_keras.tag_format import TagFormat


def main(
    *,
    # Data
    preset: str,  # folder of a pretrained encoder with its tokenizer
    train: Path,  # tagged sentences, in any format of docs/files.md
    validation: Path,  # the same, to choose the best epoch by
    test: Path | None = None,  # the same; predictions of it and of validation are written to RUN_DIRECTORY
    words: Literal["basic", "file"] = "basic",  # tags of raw text's tokens; or, to be given words, of the file's words
    tag_format: TagFormat = TagFormat(),
    sequence_length: int = 128,  # tokens in a row; longer sentences become overlapping windows
    run_directory: Path = Path("runs/finetune_tagger"),
    # Model
    head: Literal["linear", "crf", "global_pointer"] = "crf",
    fine_tuning: FineTuning = FineTuning(epochs=6),
):
    run = RunFolder(locals(), preset=preset, learns_from=(train, validation))
    saving = run.saving()
    training.set_random_seed(fine_tuning.seed)
    tokenizer = data.tokenizer_of(preset)
    files = {"train": train, "validation": validation, **({"test": test} if test else {})}
    reading, scheme = dataclasses.asdict(tag_format), tag_format.scheme
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
        predictor, loss = inference.Tagger, None  # the head brings its own loss
        accuracy = training.classification_metrics(num_classes=len(tag_names), names=["accuracy"])
        metric = training.EntityF1(tag_names) if scheme else accuracy[0]
    task = dict(sequence_length=sequence_length, words=words, **names)
    rows = {part: rows_class(sentences[part], tokenizer, **task) for part in ("train", "validation")}
    datasets = fine_tuning.datasets(rows, start_step=saving.step)

    fine_tuning.prepare(model, tokenizer, sequence_length=sequence_length, preset=run.preset, problem_type=problem)
    optimizer = fine_tuning.optimizer(model.encoder, len(datasets["train"]))
    model.compile(optimizer, loss, weighted_metrics=[metric])
    predictor = predictor(model, tokenizer, sequence_length=sequence_length)
    watched = inference.watch_tagged(predictor, sentences["validation"], rows["validation"])
    report = dict(watched=watched, inside=inference.Inside(model, tokenizer, rows["validation"]))
    report = fine_tuning.callbacks(run.logs, best=f"val_{metric.name}", shown=(metric.name,), **report)
    report = saving.after(report)
    with training.memory_advice(fine_tuning.batch_size, sequence_length):
        model.fit(datasets["train"], validation_data=datasets["validation"], **fine_tuning.fit_options(report))
    run.save_preset(model, tokenizer)

    score = functools.partial(inference.score_tagged, predictor, directory=run_directory)
    found = {part: score(sentences[part], part=part, rows=rows.get(part)) for part in list(files)[1:]}
    scores, tables = ({part: some[i] for part, some in found.items()} for i in range(2))
    return run.finish(scores, texts=tables)


if __name__ == "__main__":
    command_line.run(main)
