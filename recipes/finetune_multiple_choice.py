"""Fine-tune an encoder to pick the right one of several choices.

Data        SWAG's CSV (a sentence, the beginning of the next, four endings), or any TSV, CSV or JSONL with a column for
            the text and one for each choice: --train train.csv --validation val.csv
Paper       Devlin et al., 2019, section 4.4: each choice scored beside the text by one vector, a softmax over choices
Reached     ComVE's 3 reasons, from MiniLM's weights, 3 000 questions, seed 1: accuracy 0.796 in test, 0.804 in dev
Run         python recipes/finetune_multiple_choice.py --preset PRESET --train train.csv --validation val.csv
Stopped     by Ctrl-C, SIGTERM or a crash, the same command resumes it: docs/reliability.md
Watch       tensorboard --logdir runs/finetune_multiple_choice
"""

import dataclasses
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
    train: Path,  # texts with their choices and the number of the right one: .tsv, .csv or .jsonl
    validation: Path,  # the same, to choose the best epoch by
    test: Path | None = None,  # the same, with or without labels; predictions go to RUN_DIRECTORY/predictions.tsv
    context_column: int | str = "sent1",  # columns by name, or by number from 0
    stem_column: int | str | None = "sent2",  # what each choice begins with
    choice_columns: tuple[int | str, ...] = ("ending0", "ending1", "ending2", "ending3"),
    label_column: int | str = "label",
    first_label: Literal["0", "1", "A"] | None = None,  # what the first choice is called; None: by all labels of train
    table: TableFormat = TableFormat(),
    errors: Literal["raise", "skip"] = "raise",  # what to do with a faulty row
    sequence_length: int = 128,  # tokens in a row
    run_directory: Path = Path("runs/finetune_multiple_choice"),
    fine_tuning: FineTuning = FineTuning(epochs=3, batch_size=8, learning_rate=5e-5),
):
    run = RunFolder(locals(), preset=preset, learns_from=(train, validation))
    saving = run.saving()
    training.set_random_seed(fine_tuning.seed)
    tokenizer = data.tokenizer_of(preset)
    files = {"train": train, "validation": validation, **({"test": test} if test else {})}
    layout = dict(context_column=context_column, stem_column=stem_column, choice_columns=choice_columns)
    layout |= dict(first_label=first_label, **dataclasses.asdict(table))
    examples = {}
    for part, file in files.items():
        label = label_column if part != "test" or data.has_columns(file, [label_column], table) else None
        examples[part] = data.read_choices(
            file, label_column=label, errors=errors if label is not None else "raise", **layout
        )
        layout["first_label"] = examples["train"].first_label  # the same in every part
    rows = {part: data.ChoiceRows(some, tokenizer, sequence_length=sequence_length) for part, some in examples.items()}
    datasets = fine_tuning.datasets(rows, start_step=saving.step)

    chooser = models.MultipleChoice.from_preset(preset, dropout=fine_tuning.dropout, dtype=fine_tuning.dtype)
    fine_tuning.prepare(chooser, tokenizer, sequence_length=sequence_length, preset=run.preset)
    # The choices are classes that mean something else in every text.
    metrics = training.classification_metrics(num_classes=len(choice_columns), names=["accuracy"])
    optimizer = fine_tuning.optimizer(chooser.encoder, len(datasets["train"]))
    chooser.compile(optimizer, training.classification_loss(), weighted_metrics=metrics)
    predictor = inference.Chooser(chooser, tokenizer, sequence_length=sequence_length)
    watched = inference.watch_choices(predictor, examples["validation"], rows["validation"])
    inside = inference.Inside(chooser, tokenizer, rows["validation"])
    report = dict(best="val_accuracy", shown=("accuracy",), watched=watched, inside=inside)
    report = saving.after(fine_tuning.callbacks(run.logs, **report))
    with training.memory_advice(fine_tuning.batch_size, sequence_length):
        chooser.fit(datasets["train"], validation_data=datasets["validation"], **fine_tuning.fit_options(report))
    run.save_preset(chooser, tokenizer)

    scores = {}
    for part in files:
        if part != "train" and examples[part].labels is not None:
            scores[part] = {"accuracy": chooser.evaluate(datasets[part], return_dict=True, verbose=0)["accuracy"]}
    if test:
        numbers = chooser.decode(chooser.predict(datasets["test"], verbose=0)[: len(examples["test"])])
        data.write_submission(run_directory / "predictions.tsv", numbers, examples["train"].label_names)
    return run.finish(scores)


if __name__ == "__main__":
    command_line.run(main)
