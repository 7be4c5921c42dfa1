"""Fine-tune an encoder to tell the relation between two entities of a sentence.

Data        SemEval-2010 task 8's files, or JSONL {"text": "... <e1>...</e1> ... <e2>...</e2> ...", "label": ...}, or
            TACRED's rows: docs/files.md has them all
Paper       Baldini Soares et al., 2019, section 3.2: entities between marker tokens, the relation from their vectors
Reached     SemEval-2010 task 8 macro-F1 0.853 from MiniLM's weights, mean of 3 seeds (transformers, one: 0.847)
Run         python recipes/finetune_relations.py --preset PRESET --train TRAIN_FILE.TXT --test TEST_FILE_FULL.TXT
Stopped     by Ctrl-C, SIGTERM or a crash, the same command goes on where it was: docs/reliability.md
Watch       tensorboard --logdir runs/finetune_relations
Variation   --validation FILE chooses the best epoch by its accuracy; without it the last epoch stays
"""

from pathlib import Path
from typing import Literal

import keras

from bert_keras import command_line, data, inference, training
from bert_keras.atomic_files import write_file
from bert_keras.models import RelationClassifier
from bert_keras.training import callbacks


def main(
    *,
    # Data
    preset: str,  # folder of a pretrained encoder with its tokenizer
    train: Path,  # sentences with marked entities and their relations
    validation: Path | None = None,  # the same, to choose the best epoch by
    test: Path | None = None,  # the same, labels or none; its predictions are written to RUN_DIRECTORY/predictions.txt
    errors: Literal["raise", "skip"] = "raise",  # at the first faulty example; or skip those, and count them
    encoding: str | None = None,  # gbk, cp1252 or another, where it is not UTF-8
    markers: tuple[str, str] | None = None,  # tokens to put around the entities; none: the preset's, or $ and #
    sequence_length: int = 128,  # tokens in a row; longer sentences lose what is far from the entities
    run_directory: Path = Path("runs/finetune_relations"),
    # Model
    dropout: float = 0.1,
    dtype: Literal["float32", "mixed_bfloat16"] = "float32",  # faster where a processor multiplies bfloat16 itself
    num_frozen_blocks: int | None = None,  # embeddings and so many of the lowest blocks stay as they are
    lora_rank: int = 0,  # train products of matrices so narrow beside the encoder's own, which stay; 0 for none
    # Training
    epochs: int = 5,
    batch_size: int = 16,
    learning_rate: float = 1e-4,  # at its peak
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
    files = {part: file for part, file in {"train": train, "validation": validation, "test": test}.items() if file}
    examples, labels = {}, None
    for part, file in files.items():  # train first: its relations are all that the model can learn
        examples[part] = data.read_relations(file, label_names=labels, errors=errors, encoding=encoding)
        labels = examples["train"].label_names
    options = dict(sequence_length=sequence_length, batch_size=batch_size, label_names=labels, seed=seed)
    options["start_step"] = saving.step  # in the training part; 0 but for a run that goes on
    classifier = RelationClassifier.from_preset(preset, labels=labels, markers=markers, dropout=dropout, dtype=dtype)
    options["markers"] = classifier.markers
    datasets = {p: data.relation_dataset(e, tokenizer, training=p == "train", **options) for p, e in examples.items()}

    classifier.encoder.expect_room_for(sequence_length)
    classifier.encoder.freeze_lowest(num_frozen_blocks)
    training.add_lora(classifier.encoder, lora_rank)
    training.add_r_drop(classifier, r_drop)
    training.add_adversarial_training(classifier, adversarial)
    steps = epochs * len(datasets["train"])
    schedule = training.WarmupLinearDecay(learning_rate, steps, warmup_steps=steps // 10)
    factors = training.layerwise_decay(classifier.encoder, layerwise_decay)
    classifier.compile(
        optimizer=training.AdamW(schedule, rate_factors=factors, use_ema=ema > 0, ema_momentum=ema),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="mean_with_sample_weight"),
        weighted_metrics=["accuracy"],
    )
    choose_best = keras.callbacks.EarlyStopping("val_accuracy", patience=epochs, restore_best_weights=True)
    report = [
        *([keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if ema else []),
        *([choose_best] if validation else []),
        callbacks.LearningRate(),
        callbacks.Throughput(),
        callbacks.StepTensorBoard(run_directory / "logs"),
        callbacks.ProgressLine("loss", "accuracy", "tokens_per_second"),
    ]
    # The dataset comes shuffled.
    options = dict(epochs=epochs, shuffle=False, verbose=0, callbacks=saving.after(report))
    with training.memory_advice(batch_size, sequence_length):
        classifier.fit(datasets["train"], validation_data=datasets.get("validation"), **options)
    training.merge_lora(classifier.encoder)
    classifier.save_to_preset(run_directory / "preset")
    tokenizer.save_to_preset(run_directory / "preset", model_max_length=classifier.encoder.max_sequence_length)

    extractor = inference.RelationExtractor(classifier, tokenizer, sequence_length=sequence_length)
    results = {}
    for part in list(files)[1:]:
        predicted = [labels[number] for number in extractor.probabilities(examples[part]).argmax(-1)]
        if examples[part].labels is not None:
            scores = training.relation_scores(examples[part].labels, predicted)
            results[part] = scores["macro"] | {"micro_f1": scores["micro"]["f1"]}
    if test:  # as the official scorer wants it
        lines = (f"{number}\t{label}\n" for number, label in zip(examples["test"].ids, predicted, strict=True))
        write_file(run_directory / "predictions.txt", "".join(lines).encode())
    print(results)
    return results


if __name__ == "__main__":
    command_line.run(main)
