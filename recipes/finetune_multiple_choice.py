"""Fine-tune an encoder to pick the right one of several choices.

Data        SWAG's CSV (a sentence, the beginning of the next, four endings), or any TSV, CSV or JSONL with a column for
            the text and one for each choice: --train train.csv --validation val.csv
Paper       Devlin et al., 2019, section 4.4: each choice scored beside the text by one vector, a softmax over choices
Reached     ComVE's 3 reasons, from MiniLM's weights, 3 000 questions, seed 1: accuracy 0.796 in test, 0.804 in dev
Run         python recipes/finetune_multiple_choice.py --preset PRESET --train train.csv --validation val.csv
Stopped     by Ctrl-C, SIGTERM or a crash, the same command goes on where it was: docs/reliability.md
Watch       tensorboard --logdir runs/finetune_multiple_choice
"""

from pathlib import Path
from typing import Literal

import keras

from bert_keras import command_line, data, training
from bert_keras.models import MultipleChoice
from bert_keras.training import callbacks


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
    separator: str | None = None,  # between two cells: ";", tab
    encoding: str | None = None,  # gbk, cp1252 or another, where it is not UTF-8
    header: bool | None = None,  # whether the first line names the columns; None: where a column is given by name
    test_has_labels: bool = True,  # --no-test-has-labels for a test file without
    errors: Literal["raise", "skip"] = "raise",  # what to do with a faulty row
    sequence_length: int = 128,  # tokens in a row
    run_directory: Path = Path("runs/finetune_multiple_choice"),
    # Model
    dropout: float = 0.1,
    dtype: Literal["float32", "mixed_bfloat16"] = "float32",  # faster where a processor multiplies bfloat16 itself
    num_frozen_blocks: int | None = None,  # embeddings and so many of the lowest blocks stay as they are
    lora_rank: int = 0,  # train products of matrices so narrow beside the encoder's own, which stay; 0 for none
    # Training
    epochs: int = 3,
    batch_size: int = 8,  # texts, each with all its choices
    learning_rate: float = 5e-5,  # at its peak
    warmup_share: float = 0.1,  # of all steps
    layerwise_decay: float = 1.0,  # a layer's learning rate as a share of that of the layer above it
    r_drop: float = 0.0,  # how much two passes with different dropout shall agree; 0 for one pass
    adversarial: float = 0.0,  # how far word vectors move to make each batch harder; 0 for not at all
    ema: float = 0.0,  # evaluate and keep a running mean of the weights that changes so slowly: 0.99; 0 for none
    seed: int = 0,
):
    configuration = {name: str(value) for name, value in locals().items() if name != "run_directory"}
    configuration["data"] = data.files_checksum(train, validation)
    saving = callbacks.SaveAndResume(run_directory / "state", configuration=configuration)
    keras.utils.set_random_seed(seed)
    tokenizer = data.WordPieceTokenizer.from_preset(preset)
    files = {"train": train, "validation": validation, **({"test": test} if test else {})}
    layout = dict(context_column=context_column, stem_column=stem_column, choice_columns=choice_columns)
    layout |= dict(first_label=first_label, separator=separator, encoding=encoding, header=header)
    examples, datasets = {}, {}
    for part, file in files.items():
        label = label_column if part != "test" or test_has_labels else None
        examples[part] = data.read_choices(
            file, label_column=label, errors=errors if label is not None else "raise", **layout
        )
        layout["first_label"] = examples["train"].first_label  # the same in every part
        datasets[part] = data.multiple_choice_dataset(
            examples[part], tokenizer, sequence_length=sequence_length, batch_size=batch_size, seed=seed,
            training=part == "train", start_step=saving.step if part == "train" else 0,
        )  # fmt: skip

    chooser = MultipleChoice.from_preset(preset, dropout=dropout, dtype=dtype)
    chooser.encoder.expect_room_for(sequence_length)
    chooser.encoder.freeze_lowest(num_frozen_blocks)
    training.add_lora(chooser.encoder, lora_rank)
    training.add_r_drop(chooser, r_drop)
    training.add_adversarial_training(chooser, adversarial)
    steps = epochs * len(datasets["train"])
    schedule = training.WarmupLinearDecay(learning_rate, steps, warmup_steps=int(warmup_share * steps))
    factors = training.layerwise_decay(chooser.encoder, layerwise_decay)
    # The choices are classes that mean something else in every text.
    metrics = training.classification_metrics(num_classes=len(choice_columns), names=["accuracy"])
    chooser.compile(
        training.AdamW(schedule, rate_factors=factors, use_ema=ema > 0, ema_momentum=ema),
        training.classification_loss(),
        weighted_metrics=metrics,
    )
    report = [
        *([keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if ema else []),
        keras.callbacks.EarlyStopping("val_accuracy", mode="max", patience=epochs, restore_best_weights=True),
        callbacks.LearningRate(),
        callbacks.Throughput(),
        callbacks.StepTensorBoard(run_directory / "logs"),
        callbacks.ProgressLine("loss", "accuracy"),
    ]
    # The dataset comes shuffled.
    options = dict(epochs=epochs, shuffle=False, verbose=0, callbacks=saving.after(report))
    with training.memory_advice(batch_size, sequence_length):
        chooser.fit(datasets["train"], validation_data=datasets["validation"], **options)
    training.merge_lora(chooser.encoder)
    chooser.save_to_preset(run_directory / "preset")
    tokenizer.save_to_preset(run_directory / "preset", model_max_length=chooser.encoder.max_sequence_length)

    results = {}
    for part in files:
        if part != "train" and examples[part].labels is not None:
            results[part] = chooser.evaluate(datasets[part], return_dict=True, verbose=0)["accuracy"]
    if test:
        numbers = chooser.predict(datasets["test"], verbose=0)[: len(examples["test"])].argmax(-1)
        data.write_submission(run_directory / "predictions.tsv", numbers, examples["train"].label_names)
    print(results)
    return results


if __name__ == "__main__":
    command_line.run(main)
