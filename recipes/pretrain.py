"""Pretrain BERT on a prepared corpus: masked LM and next sentence prediction together.

Data        what prepare_corpus.py wrote
Paper       Devlin et al., 2019: 15 % masks of which 80/10/10, AdamW, linear warm-up and decay, dropout 0.1
Reached     presidential addresses, --size tiny --max-hours 0.1, 2 cores: 1 462 steps, masked accuracy 0.232 held out,
            next sentence still at chance (0.493). quickstart.py gets 0.354 and 0.698 in 4.5 minutes, with rows of 64,
            batches of 16, a learning rate of 2e-3, no dropout and a quarter of the tokens masked
Run         python recipes/pretrain.py --corpus runs/corpus --size mini
Stopped     by Ctrl-C, SIGTERM or a crash, the same command resumes it: docs/reliability.md
Watch       tensorboard --logdir runs/pretrain
Variations  --init PRESET continues from a pretrained encoder, on text of your own domain;
            --no-warm-start begins from random weights, as the paper does;
            BertEncoder.from_size(..., attention=...) with a layer of your own: the preset is model.keras then, and
            every recipe takes it as --preset (docs/checkpoints.md)
"""

from pathlib import Path

from bert_keras import command_line, data, inference, models, training
from bert_keras.run_folder import RunFolder


def main(
    *,
    # Data
    corpus: Path = Path("runs/corpus"),  # from prepare_corpus.py: tokenizer, train and validation shards
    run_directory: Path = Path("runs/pretrain"),
    sequence_length: int = 128,  # tokens in a row, special ones included
    mask_rate: float = 0.15,  # share of tokens to guess
    next_sentence: bool = True,  # train next sentence prediction, too
    # Model
    init: str | None = None,  # preset to continue from; none: new weights
    size: str = "mini",  # tiny, mini, small, medium, base or large, where there is no preset
    dropout: float = 0.1,
    warm_start: bool = True,  # without a preset, begin with co-occurrence vectors, and heads that look at neighbours
    # Training
    steps: int = 20_000,  # with max_hours only what share of them warms up
    warmup_steps: int = 1_000,  # fewer than steps
    batch_size: int = 32,  # rows a step
    split_batches: bool = False,  # train one that does not fit into memory in parts: the same steps, but slower
    learning_rate: float = 5e-4,  # at its peak
    xla: bool = True,  # compile the whole step on a CPU too, in float32: it begins later, and is faster then
    max_hours: float | None = None,  # by the clock instead of steps; the schedule is fitted into them
    save_minutes: float = 10.0,  # between two states that a stopped run resumes from
    steps_per_report: int = 200,  # between two lines of the log, with a validation each
    validation_batches: int = 20,
    probes: tuple[str, ...] = (),  # sentences with [MASK], whose guesses TensorBoard shows
    seed: int = 0,
):
    options = locals() | {"corpus": data.CorpusReport.load(corpus / "train").checksum}
    run = RunFolder(options, preset=init, apart_from_training=("probes", "save_minutes"))
    saving = run.saving(every_minutes=save_minutes)
    training.set_random_seed(seed)
    tokenizer = data.WordPieceTokenizer.from_preset(init or corpus)  # a corpus in other tokens is refused

    def dataset(part, **options):
        return data.pretraining_dataset(
            corpus / part, tokenizer.vocabulary, sequence_length=sequence_length, batch_size=batch_size,
            mask_rate=mask_rate, next_sentence=next_sentence, seed=seed, **options,
        )  # fmt: skip

    train = dataset("train", start_step=saving.step)
    validation = dataset("validation", training=False).take(validation_batches).cache()
    schedule = training.WarmupLinearDecay(learning_rate, steps, warmup_steps)
    x, _, _ = next(iter(train))
    print("One row as the model sees it:", tokenizer.detokenize(x["token_ids"][:1])[0].numpy().decode(), sep="\n")

    dtype = saving.remember("dtype", training.fastest_dtype_policy)  # measured, so another time it might be another
    if init is None:
        encoder = models.BertEncoder.from_size(
            size,
            tokenizer.vocabulary_size,
            max_sequence_length=max(512, sequence_length),
            dropout=dropout,
            pooler=next_sentence,  # nothing else would train it
            dtype=dtype,
        )
        pretrainer = models.BertPretrainer(encoder, next_sentence=next_sentence)
    else:
        pretrainer = models.BertPretrainer.from_preset(init, next_sentence=next_sentence, dropout=dropout, dtype=dtype)
    # What would be refused after the last step is refused before the first.
    pretrainer.encoder.expect_room_for(sequence_length, tokenizer.vocabulary_size)
    pretrainer.expect_savable(run.preset)
    if init is None and warm_start:
        vectors = data.cooccurrence_vectors(corpus / "train", tokenizer.vocabulary, pretrainer.encoder.hidden_dim)
        models.warm_start(pretrainer.encoder, vectors)
    pretrainer.encoder.summary()
    pretrainer.compile(
        optimizer=training.AdamW(learning_rate if max_hours else schedule),
        loss=training.pretraining_losses(next_sentence=next_sentence),
        weighted_metrics=training.pretraining_metrics(next_sentence=next_sentence),
        jit_compile=training.fastest_compilation(dtype) if xla else "auto",
    )
    callbacks = training.callbacks
    report = [callbacks.LearningRate(), callbacks.GradientNorm(), callbacks.Throughput(), callbacks.Perplexity()]
    report.append(callbacks.SkippedSteps(saving))  # those whose gradients are not finite
    if split_batches:
        report.append(callbacks.MicroBatches())
    if max_hours:
        report.insert(0, callbacks.TimeBudget(60 * max_hours, schedule))
    if probes:
        report.append(callbacks.FillMaskProbe(inference.FillMask(pretrainer, tokenizer), probes, run.logs))
    shown = ("mlm_loss", "mlm_accuracy", "nsp_accuracy") if next_sentence else ("loss", "mlm_accuracy")
    line = callbacks.ProgressLine(*shown, "tokens_per_second")
    num_reports = max(1, round(steps / steps_per_report))
    with training.memory_advice(1 if split_batches else batch_size, sequence_length):
        pretrainer.fit(
            train,
            steps_per_epoch=steps_per_report if max_hours else steps // num_reports,
            epochs=10**6 if max_hours else num_reports,
            validation_data=validation,
            shuffle=False,  # the dataset comes shuffled
            verbose=0,
            callbacks=saving.after([*report, callbacks.StepTensorBoard(run.logs), line]),
        )
    pretrainer.save_to_preset(run.preset)
    tokenizer.save_to_preset(run.preset, model_max_length=pretrainer.encoder.max_sequence_length)
    scores = pretrainer.evaluate(dataset("validation", training=False), return_dict=True, verbose=0)
    return run.finish({"validation": scores})


if __name__ == "__main__":
    command_line.run(main)
