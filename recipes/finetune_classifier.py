"""Fine-tune an encoder to classify texts or pairs, to give them several labels, or a number.

Data        a folder with a published task's files: --task mrpc --data-directory MRPC; or any TSV, CSV, JSON or fastText
            file, one row a text: --train train.csv --validation 0.2 --text-column review --label-column stars
Paper       Devlin et al., 2019, section 4.1: one layer on the pooled output, all weights trained; on the mean of the
            tokens where the preset is a sentence encoder, as MiniLM is
Reached     from MiniLM's weights, means of 3 seeds: SICK entailment 0.866 in test, STS-B dev Spearman 0.869,
            SST-2 dev 0.895
Run         python recipes/finetune_classifier.py --preset PRESET --task stsb --data-directory STS-B
Stopped     by Ctrl-C, SIGTERM or a crash, the same command resumes it: docs/reliability.md
            (with --freeze-encoder it begins anew, which takes seconds)
Watch       tensorboard --logdir runs/finetune_classifier
Variations  for few examples: the options under Model and Training; what is known of their worth: recipes/README.md
"""

from pathlib import Path
from typing import Literal

from bert_keras import command_line, data, inference, models, training
from bert_keras.finetuning import FineTuning
from bert_keras.run_folder import RunFolder
from bert_keras.table_format import TableFormat


def main(
    *,
    # Data
    preset: str,  # folder of a pretrained encoder with its tokenizer
    task: str | None = None,  # a published task, whose files and columns are known: sst2, mrpc, stsb, cola, mnli, ...
    data_directory: Path | None = None,  # the task's folder
    train: Path | None = None,  # instead of a task, your own labelled texts: .tsv, .csv or .jsonl
    validation: float | Path | None = None,  # the same, to choose the best epoch by; or its share of train, 0.2
    test: Path | None = None,  # the same, with or without labels; predictions go to RUN_DIRECTORY/predictions_test.tsv
    text_column: int | str = "sentence",  # by name, or by number from 0; a task knows its own columns
    second_text_column: int | str | None = None,  # for pairs
    label_column: int | str = "label",
    label_columns: tuple[int | str, ...] = (),  # instead, a column of 0 and 1 for each label: toxic obscene threat
    regression: bool = False,  # labels are numbers to predict
    label_separator: str | None = None,  # a text may have several labels, with this between them
    decimal: Literal[".", ","] = ".",  # what stands before the decimals of numbers
    errors: Literal["raise", "skip"] = "raise",  # what to do with a faulty row; a test part without labels has none
    sequence_length: int = 128,  # tokens in a row
    long_texts: Literal["truncate", "windows"] = "truncate",  # cut them, or average over their pieces
    table: TableFormat = TableFormat(),
    run_directory: Path = Path("runs/finetune_classifier"),
    # Model
    pooling: Literal["pooled", "first", "mean"] | None = None,  # what the head sees; None: as the preset was trained
    freeze_encoder: bool = False,  # train pooler and head only, on vectors made once
    # Training
    class_weights: Literal["none", "balanced"] = "none",  # rare classes weigh as much as frequent ones
    fine_tuning: FineTuning = FineTuning(layerwise_decay=0.9),
):
    options = locals()
    if bool(task and data_directory) == bool(train and validation):
        raise ValueError("Expected either --task and --data-directory, or --train and --validation.")
    if freeze_encoder and fine_tuning.adversarial:
        raise ValueError("Expected --adversarial without --freeze-encoder, whose word vectors stay as they are.")
    own = data.TaskLayout(
        text_column, second_text_column, label_column, regression=regression, label_separator=label_separator,
        label_columns=label_columns, decimal=decimal, table=table,
    )  # fmt: skip
    if task and own != data.TaskLayout("sentence"):
        raise ValueError(f"--task {task} knows its files: leave out options for columns and formats of your own.")
    layout = data.task_layout(task) if task else own
    files = layout.files(data_directory) if task else {"train": train, "validation": validation, "test": test}
    held_out = None if isinstance(files["validation"], float) else files["validation"]  # a share of the training part
    run = RunFolder(options, preset=preset, learns_from=(files["train"], held_out))
    saving = run.saving()
    training.set_random_seed(fine_tuning.seed)
    tokenizer = data.WordPieceTokenizer.from_preset(preset)
    examples = data.read_task(layout, files, errors=errors)
    print(data.class_counts(examples))
    labels, problem = examples["train"].label_names, examples["train"].problem_type
    learned = {part: examples[part] for part in ("train", "validation")}
    if class_weights == "balanced":
        learned["train"] = data.weight_classes(learned["train"])
    task = dict(sequence_length=sequence_length, label_names=labels, long_texts=long_texts)
    rows = {part: data.TextRows(some, tokenizer, **task) for part, some in learned.items()}
    # start_step counts for the training part alone
    batches = dict(batch_size=fine_tuning.batch_size, seed=fine_tuning.seed, start_step=saving.step)
    datasets = {part: data.batches(some, training=part == "train", **batches) for part, some in rows.items()}

    model = classifier = models.TextClassifier.from_preset(
        preset, num_classes=len(labels or [0]), labels=labels, problem_type=problem, pooling=pooling,
        dropout=fine_tuning.dropout, dtype=fine_tuning.dtype,
    )  # fmt: skip
    if freeze_encoder:  # each text is encoded once
        classifier.encoder.expect_room_for(sequence_length)
        sizes = dict(batch_size=fine_tuning.batch_size, seed=fine_tuning.seed)
        model, datasets = models.head_only(classifier, datasets, **sizes)
    fine_tuning.prepare(
        classifier, tokenizer, sequence_length=sequence_length, preset=run.preset, trained=model, problem_type=problem
    )
    held_out = [len(rows["validation"].row_lengths), *map(len, list(examples.values())[1:])]
    sizes = dict(num_classes=classifier.num_classes, num_examples=max(held_out) + fine_tuning.batch_size)
    metrics = training.classification_metrics(problem, names=layout.metrics, **sizes)
    optimizer = fine_tuning.optimizer(classifier.encoder, len(datasets["train"]))
    model.compile(optimizer, training.classification_loss(problem), weighted_metrics=metrics)
    print(optimizer.describe(classifier.weights))
    best = metrics[0].name  # the epoch that is best by it is kept
    report = fine_tuning.callbacks(run.logs, best=f"val_{best}", shown=(best,), throughput=not freeze_encoder)
    report = report if freeze_encoder else saving.after(report)  # a head alone is soon trained anew
    with training.memory_advice(fine_tuning.batch_size, sequence_length):
        model.fit(
            datasets["train"], validation_data=datasets["validation"], epochs=fine_tuning.epochs, callbacks=report,
            shuffle=False, verbose=0,  # the dataset comes shuffled
        )  # fmt: skip
    training.merge_lora(classifier.encoder)
    classifier.save_to_preset(run.preset)
    tokenizer.save_to_preset(run.preset, model_max_length=classifier.encoder.max_sequence_length)

    predictor = inference.Classifier(classifier, tokenizer, sequence_length=sequence_length, long_texts=long_texts)
    scores, tables = {}, {}
    for part in list(examples)[1:]:
        outputs = predictor.logits(rows.get(part, examples[part]))
        predictions = classifier.decode(outputs)
        data.write_predictions(run_directory / f"predictions_{part}.tsv", examples[part], predictions, labels)
        if examples[part].labels is None:
            data.write_submission(run_directory / "submission.tsv", predictions, labels)
        else:
            scores[part] = training.score_outputs(metrics, examples[part].label_array(labels), outputs)
            tables[part] = data.confusion_table(examples[part], predictions, labels)
    return run.finish(scores, texts=tables)


if __name__ == "__main__":
    command_line.run(main)
