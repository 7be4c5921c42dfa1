"""Fine-tune an encoder to find triples of subject, relation and object in raw text.

Data        JSONL {"text": ..., "spo_list": [[subject, relation, object], ...]}, as DuIE's; attributes and the arguments
            of events are the same structure; docs/files.md has further formats
Paper       GPLinker: Su, 2022, https://kexue.fm/archives/8888
Reached     CoNLL04, from MiniLM's weights, seed 1: F1 of triples by place 0.545 in test, 0.569 in dev, of the epoch
            with the best val_heads_f1
Run         python recipes/finetune_triples.py --preset PRESET --train train.jsonl --validation dev.jsonl
Stopped     by Ctrl-C, SIGTERM or a crash, the same command goes on where it was: docs/reliability.md
Watch       tensorboard --logdir runs/finetune_triples
Variation   --no-efficient gives each relation queries and keys of its own: more weights, for more data
"""

from pathlib import Path
from typing import Literal

import keras

from bert_keras import command_line, data, inference, training
from bert_keras.models import TripleExtractor
from bert_keras.training import callbacks

OUTPUTS = ("entities", "heads", "tails")


def main(
    *,
    # Data
    preset: str,  # folder of a pretrained encoder with its tokenizer
    train: Path,  # texts with triples
    validation: Path,  # the same, to choose the best epoch by
    test: Path | None = None,  # the same; its predictions are written to RUN_DIRECTORY/predictions.jsonl
    errors: Literal["raise", "skip"] = "raise",  # at the first faulty text; or skip those, and count them
    encoding: str | None = None,  # gbk, cp1252 or another, where it is not UTF-8
    scores: Literal["text", "place"] = "text",  # a triple is right by its words, as in DuIE; or only where they stand
    sequence_length: int = 128,  # tokens in a row; longer texts become overlapping windows
    run_directory: Path = Path("runs/finetune_triples"),
    # Model
    head_dim: int = 64,  # width of queries and keys
    efficient: bool = True,  # relations share queries and keys
    dropout: float = 0.1,
    dtype: Literal["float32", "mixed_bfloat16"] = "float32",  # faster where a processor multiplies bfloat16 itself
    num_frozen_blocks: int | None = None,  # embeddings and so many of the lowest blocks stay as they are
    lora_rank: int = 0,  # train products of matrices so narrow beside the encoder's own, which stay; 0 for none
    # Training
    epochs: int = 10,
    batch_size: int = 16,
    learning_rate: float = 5e-4,  # at its peak
    layerwise_decay: float = 0.8,  # a layer's learning rate as a share of that of the layer above it
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
    examples, relations = {}, None
    for part, file in files.items():  # train first: its relations are all that the model can learn
        examples[part] = data.read_triples(file, relations=relations, errors=errors, encoding=encoding)
        relations = examples["train"].relations
    options = dict(sequence_length=sequence_length, batch_size=batch_size, relations=relations, seed=seed)
    options["start_step"] = saving.step  # in the training part; 0 but for a run that goes on
    parts = ("train", "validation")
    datasets = {p: data.triple_dataset(examples[p], tokenizer, training=p == "train", **options) for p in parts}

    extractor = TripleExtractor.from_preset(
        preset, relations, head_dim=head_dim, efficient=efficient, dropout=dropout, dtype=dtype
    )
    extractor.encoder.expect_room_for(sequence_length)
    extractor.encoder.freeze_lowest(num_frozen_blocks)
    training.add_lora(extractor.encoder, lora_rank)
    training.add_adversarial_training(extractor, adversarial)
    steps = epochs * len(datasets["train"])
    schedule = training.WarmupLinearDecay(learning_rate, steps, warmup_steps=steps // 10)
    factors = training.layerwise_decay(extractor.encoder, layerwise_decay)
    extractor.compile(
        optimizer=training.AdamW(schedule, rate_factors=factors, use_ema=ema > 0, ema_momentum=ema),
        loss={name: training.SpanLoss() for name in OUTPUTS},
        weighted_metrics={name: [training.SpanF1(name="f1")] for name in OUTPUTS},
    )
    finder = inference.TripleFinder(extractor, tokenizer, sequence_length=sequence_length)

    def score(part, predicted):
        """Precision, recall and F1 of the triples found in a part."""
        true = examples[part].triples
        if scores == "text":
            true, predicted = examples[part].quoted(), examples[part].quoted(predicted)
        return training.triple_scores(true, predicted)["overall"]

    report = [
        *([keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if ema else []),
        callbacks.TaskScores(lambda: score("validation", finder.triples(examples["validation"]))),
        keras.callbacks.EarlyStopping("val_f1", mode="max", patience=epochs, restore_best_weights=True),
        callbacks.LearningRate(),
        callbacks.Throughput(),
        callbacks.StepTensorBoard(run_directory / "logs"),
        callbacks.ProgressLine("loss", "f1", "tokens_per_second"),
    ]
    # The dataset comes shuffled.
    options = dict(epochs=epochs, shuffle=False, verbose=0, callbacks=saving.after(report))
    with training.memory_advice(batch_size, sequence_length):
        extractor.fit(datasets["train"], validation_data=datasets["validation"], **options)
    training.merge_lora(extractor.encoder)
    extractor.save_to_preset(run_directory / "preset")
    tokenizer.save_to_preset(run_directory / "preset", model_max_length=extractor.encoder.max_sequence_length)

    results = {}
    for part in list(files)[1:]:
        predicted = finder.triples(examples[part])
        results[part] = score(part, predicted)
    if test:
        data.write_triples(run_directory / "predictions.jsonl", examples["test"], predicted)
    print(results)
    return results


if __name__ == "__main__":
    command_line.run(main)
