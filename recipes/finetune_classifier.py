"""Fine-tune an encoder to classify texts or pairs of texts, or to give them a number.

Data        TSV, CSV or JSONL with a header, one row a text: --train, --validation, --test
Paper       Devlin et al., 2019, section 4.1: one layer on the pooled output, all weights trained, 3 epochs
Reached     nothing measured on public tasks yet; quickstart.py has the era of a paragraph
Run         python recipes/finetune_classifier.py --preset runs/quickstart/preset --train train.tsv --validation dev.tsv
Watch       tensorboard --logdir runs/finetune_classifier
Variation   --freeze-encoder trains the new head alone; --num-frozen-blocks 4 leaves the lowest four as they are
"""

from pathlib import Path

import keras

from bert_keras import command_line, data, training
from bert_keras.models import TextClassifier
from bert_keras.training import callbacks


def main(
    *,
    # Data
    preset: str,  # folder of a pretrained encoder with its tokenizer
    train: Path,  # labelled texts: .tsv, .csv or .jsonl
    validation: Path,  # the same, to choose the best epoch by
    test: Path | None = None,  # the same; its predictions are written to RUN_DIRECTORY/predictions.tsv
    text_column: str = "sentence",
    second_text_column: str | None = None,  # for pairs
    label_column: str = "label",
    regression: bool = False,  # labels are numbers to predict
    sequence_length: int = 128,  # tokens in a row; longer texts are cut
    run_directory: Path = Path("runs/finetune_classifier"),
    # Model
    dropout: float = 0.1,
    freeze_encoder: bool = False,  # train the new head only
    num_frozen_blocks: int | None = None,  # embeddings and so many of the lowest blocks stay as they are
    # Training
    epochs: int = 3,
    batch_size: int = 32,
    learning_rate: float = 5e-5,  # at its peak
    seed: int = 0,
):
    keras.utils.set_random_seed(seed)
    tokenizer = data.WordPieceTokenizer.from_preset(preset)
    columns = dict(text_column=text_column, second_text_column=second_text_column, label_column=label_column)
    files = {"train": train, "validation": validation, **({"test": test} if test else {})}
    examples, labels = {}, None
    for part, file in files.items():  # train first: its labels are all that the model can learn
        examples[part] = data.read_examples(file, label_names=labels, regression=regression, **columns)
        labels = examples["train"].label_names
    datasets = {
        part: data.classification_dataset(
            some, tokenizer, sequence_length=sequence_length, batch_size=batch_size, training=part == "train",
            label_names=labels, seed=seed,
        )
        for part, some in examples.items()
    }  # fmt: skip

    classifier = TextClassifier.from_preset(
        preset, num_classes=1 if regression else len(labels), labels=labels, dropout=dropout
    )
    if freeze_encoder:
        classifier.encoder.trainable = False
    elif num_frozen_blocks is not None:
        classifier.encoder.freeze_lowest(num_frozen_blocks)
    steps = epochs * len(datasets["train"])
    classifier.compile(
        optimizer=training.AdamW(training.WarmupLinearDecay(learning_rate, steps, warmup_steps=steps // 10)),
        loss="mse" if regression else keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=["mae"] if regression else ["accuracy"],
    )
    monitor = "val_mae" if regression else "val_accuracy"
    classifier.fit(
        datasets["train"],
        epochs=epochs,
        validation_data=datasets["validation"],
        shuffle=False,  # the dataset comes shuffled
        callbacks=[
            keras.callbacks.EarlyStopping(monitor, patience=epochs, restore_best_weights=True),
            callbacks.LearningRate(),
            callbacks.Throughput(),
            callbacks.StepTensorBoard(run_directory / "logs"),
        ],
    )
    classifier.save_to_preset(run_directory / "preset")
    tokenizer.save_to_preset(run_directory / "preset")

    results = {
        part: classifier.evaluate(datasets[part], return_dict=True, verbose=0) for part in files if part != "train"
    }
    if test:
        outputs = classifier.predict(datasets["test"], verbose=0)[: len(examples["test"].texts)]
        predictions = outputs[:, 0] if regression else outputs.argmax(-1)
        data.write_predictions(run_directory / "predictions.tsv", examples["test"], predictions)
    print(results)
    return results


if __name__ == "__main__":
    command_line.run(main)
