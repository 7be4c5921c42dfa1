"""Fine-tune an encoder to classify texts or pairs, to give them several labels, or a number.

Data        a folder with a published task's files: --task mrpc --data-directory MRPC; or any TSV, CSV, JSON or fastText
            file, one row a text: --train train.csv --validation 0.2 --text-column review --label-column stars
Paper       Devlin et al., 2019, section 4.1: one layer on the pooled output, all weights trained; on the mean of the
            tokens where the preset is a sentence encoder, as MiniLM is
Reached     from MiniLM's weights, means of 3 seeds: SICK entailment 0.866 in test, STS-B dev Spearman 0.869,
            SST-2 dev 0.895
Run         python recipes/finetune_classifier.py --preset PRESET --task stsb --data-directory STS-B
Stopped     by Ctrl-C, SIGTERM or a crash, the same command goes on where it was: docs/reliability.md
            (with --freeze-encoder it begins anew, which takes seconds)
Watch       tensorboard --logdir runs/finetune_classifier
Variations  for few examples: the options under Model and Training; what is known of their worth: recipes/README.md
"""

from pathlib import Path
from typing import Literal

import keras

from bert_keras import command_line, data, inference, training
from bert_keras.models import TextClassifier, head_only
from bert_keras.training import callbacks


def main(
    *,
    # Data
    preset: str,  # folder of a pretrained encoder with its tokenizer
    task: str | None = None,  # a published task, whose files and columns are known: sst2, mrpc, stsb, cola, mnli, ...
    data_directory: Path | None = None,  # the task's folder
    train: Path | None = None,  # instead of a task, your own labelled texts: .tsv, .csv or .jsonl
    validation: float | Path | None = None,  # the same, to choose the best epoch by; or its share of train, 0.2
    test: Path | None = None,  # the same, with or without labels; predictions go to RUN_DIRECTORY/predictions_test.tsv
    text_column: int | str = "sentence",  # by name or number; this and the next 11 are of your own texts
    second_text_column: int | str | None = None,  # for pairs
    label_column: int | str = "label",
    label_columns: tuple[int | str, ...] = (),  # instead, a column of 0 and 1 for each label: toxic obscene threat
    regression: bool = False,  # labels are numbers to predict
    label_separator: str | None = None,  # a text may have several labels, with this between them
    file_format: Literal["tsv", "csv", "jsonl", "json", "fasttext"] | None = None,  # where the suffix does not tell
    separator: str | None = None,  # between two cells: ";", tab, "::"
    encoding: str | None = None,  # gbk, cp1252 or another, where it is not UTF-8
    header: bool | None = None,  # whether the first line names the columns; None: where a column is given by name
    more_cells: bool = False,  # leave further cells than the header's out, instead of refusing such a row
    decimal: Literal[".", ","] = ".",  # what stands before the decimals of numbers
    errors: Literal["raise", "skip"] = "raise",  # what to do with a faulty row; a test part without labels has none
    sequence_length: int = 128,  # tokens in a row
    long_texts: Literal["truncate", "windows"] = "truncate",  # cut them, or average over their pieces
    run_directory: Path = Path("runs/finetune_classifier"),
    # Model
    dropout: float = 0.1,
    dtype: Literal["float32", "mixed_bfloat16"] = "float32",  # faster where a processor multiplies bfloat16 itself
    pooling: Literal["pooled", "first", "mean"] | None = None,  # what the head sees; None: as the preset was trained
    freeze_encoder: bool = False,  # train pooler and head only, on vectors made once
    num_frozen_blocks: int | None = None,  # embeddings and so many of the lowest blocks stay as they are
    lora_rank: int = 0,  # train products of matrices so narrow beside the encoder's own, which stay; 0 for none
    # Training
    epochs: int = 4,
    batch_size: int = 16,
    learning_rate: float = 1e-4,  # at its peak
    layerwise_decay: float = 0.9,  # a layer's learning rate as a share of that of the layer above it
    warmup_share: float = 0.1,  # of all steps
    class_weights: Literal["none", "balanced"] = "none",  # rare classes weigh as much as frequent ones
    r_drop: float = 0.0,  # how much two passes with different dropout shall agree; 0 for one pass
    adversarial: float = 0.0,  # how far word vectors move to make each batch harder; 0 for not at all
    ema: float = 0.0,  # evaluate and keep a running mean of the weights that changes so slowly: 0.99; 0 for none
    seed: int = 0,
):
    configuration = {name: str(value) for name, value in locals().items() if name != "run_directory"}
    if bool(task and data_directory) == bool(train and validation):
        raise ValueError("Expected either --task and --data-directory, or --train and --validation.")
    if freeze_encoder and adversarial:
        raise ValueError("Expected --adversarial without --freeze-encoder, whose word vectors stay as they are.")
    layout = data.task_layout(task) if task else data.TaskLayout(
        text_column, second_text_column, label_column, regression=regression, label_separator=label_separator,
        label_columns=label_columns, file_format=file_format, separator=separator, encoding=encoding, header=header,
        more_cells=more_cells, decimal=decimal,
    )  # fmt: skip
    files = layout.files(data_directory) if task else {"train": train, "validation": validation, "test": test}
    is_share = isinstance(files["validation"], float)
    configuration["data"] = data.files_checksum(files["train"], None if is_share else files["validation"])
    saving = callbacks.SaveAndResume(run_directory / "state", configuration=configuration)
    keras.utils.set_random_seed(seed)
    tokenizer = data.WordPieceTokenizer.from_preset(preset)
    examples = data.read_task(layout, files, errors=errors)
    print(data.class_counts(examples))
    labels, problem = examples["train"].label_names, examples["train"].problem_type
    rows = {part: examples[part] for part in ("train", "validation")}
    if class_weights == "balanced":
        rows["train"] = data.weight_classes(rows["train"])
    if long_texts == "windows":  # pieces of a text are rows with its label
        rows = {p: data.cut_long_texts(r, tokenizer, sequence_length=sequence_length)[0] for p, r in rows.items()}
    options = dict(sequence_length=sequence_length, batch_size=batch_size, label_names=labels, seed=seed)
    options["start_step"] = saving.step  # in the training part; 0 but for a run that goes on
    datasets = {p: data.classification_dataset(r, tokenizer, training=p == "train", **options) for p, r in rows.items()}

    classes = dict(num_classes=len(labels or [0]), labels=labels, problem_type=problem)
    model = classifier = TextClassifier.from_preset(preset, dropout=dropout, dtype=dtype, pooling=pooling, **classes)
    classifier.encoder.expect_room_for(sequence_length)
    if freeze_encoder:  # each text is encoded once
        model, datasets = head_only(classifier, datasets, batch_size=batch_size, seed=seed)
    classifier.encoder.freeze_lowest(num_frozen_blocks)
    training.add_lora(classifier.encoder, lora_rank)
    training.add_r_drop(model, r_drop, problem_type=problem)
    training.add_adversarial_training(model, adversarial)
    held_out = [part for parts in (examples, rows) for name, part in parts.items() if name != "train"]
    options = dict(num_classes=classifier.num_classes, num_examples=max(map(len, held_out)) + batch_size)
    metrics = training.classification_metrics(problem, names=layout.metrics, **options)
    steps = epochs * len(datasets["train"])
    schedule = training.WarmupLinearDecay(learning_rate, steps, warmup_steps=int(warmup_share * steps))
    factors = training.layerwise_decay(classifier.encoder, layerwise_decay)
    optimizer = training.AdamW(schedule, rate_factors=factors, use_ema=ema > 0, ema_momentum=ema)
    model.compile(optimizer, training.classification_loss(problem), weighted_metrics=metrics)
    print(optimizer.describe(classifier.weights))
    by = metrics[0].name  # the best epoch by it is the one that stays
    report = [
        *([keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if ema else []),
        keras.callbacks.EarlyStopping(f"val_{by}", mode="max", patience=epochs, restore_best_weights=True),
        callbacks.LearningRate(),
        *([] if freeze_encoder else [callbacks.Throughput()]),
        callbacks.StepTensorBoard(run_directory / "logs"),
        callbacks.ProgressLine("loss", by),
    ]
    report = report if freeze_encoder else saving.after(report)  # a head alone is soon trained anew
    # The dataset comes shuffled.
    options = dict(epochs=epochs, shuffle=False, verbose=0, callbacks=report)
    with training.memory_advice(batch_size, sequence_length):
        model.fit(datasets["train"], validation_data=datasets["validation"], **options)
    training.merge_lora(classifier.encoder)
    classifier.save_to_preset(run_directory / "preset")
    tokenizer.save_to_preset(run_directory / "preset", model_max_length=classifier.encoder.max_sequence_length)

    predictor = inference.Classifier(classifier, tokenizer, sequence_length=sequence_length, long_texts=long_texts)
    results = {}
    for part in list(examples)[1:]:
        outputs = predictor.logits(examples[part])
        predictions = data.predictions_of(outputs, problem, classifier.threshold)
        data.write_predictions(run_directory / f"predictions_{part}.tsv", examples[part], predictions, labels)
        if examples[part].labels is None:
            data.write_submission(run_directory / "submission.tsv", predictions, labels)
        else:
            results[part] = training.score_outputs(metrics, examples[part].label_array(labels), outputs)
            print(data.confusion_table(examples[part], predictions, labels))
    print(results)
    return results


if __name__ == "__main__":
    command_line.run(main)
