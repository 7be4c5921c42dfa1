"""Pretrain on a prepared corpus: BERT's masked LM, beside it a task on pairs of texts; replaced tokens; or GPT.

Data        what prepare_corpus.py wrote
Paper       Devlin et al., 2019: 15 % masks of which 80/10/10, AdamW, linear warm-up and decay, dropout 0.1
Reached     presidential addresses, --size tiny --max-hours 0.1, 2 cores: 1 462 steps, masked accuracy 0.232 held out,
            next sentence still at chance (0.493). quickstart.py gets 0.354 and 0.698 in 4.5 minutes, with rows of 64,
            batches of 16, a learning rate of 2e-3, no dropout and a quarter of the tokens masked
Run         python recipes/pretrain.py --corpus runs/corpus --size mini
Stopped     by Ctrl-C, SIGTERM or a crash, the same command resumes it: docs/reliability.md
Watch       tensorboard --logdir runs/pretrain
Variations  --sentence-task order: which of two texts comes first, as ALBERT; none: rows of one text, as RoBERTa
            --objective replaced_tokens: ELECTRA's; preset/generator fills masks then;
            next_tokens with --rows packed: GPT's, a model that writes (docs/generate.md)
            --family roberta, electra, albert, ...: whose parts; sizes are the family's
            --masking words, ngrams (ALBERT), spans (SpanBERT, with --span-boundaries); --final-mask-rate
            --rows packed --sentence-task none: short texts fill rows, none sees another; no padding
            --init PRESET continues from a pretrained encoder, on text of your own domain;
            --no-warm-start begins from random weights, as the paper does;
            pretraining.encoder(..., attention=...) with a layer of your own: the preset is model.keras then, and
            every recipe takes it as --preset (docs/checkpoints.md)
"""

from pathlib import Path

from bert_keras import command_line, data, training
from bert_keras.pretraining import Pretraining
from bert_keras.run_folder import RunFolder


def main(
    *,
    # Data
    corpus: Path = Path("runs/corpus"),  # from prepare_corpus.py: tokenizer, train and validation shards
    run_directory: Path = Path("runs/pretrain"),
    init: str | None = None,  # preset to continue from; none: new weights
    pretraining: Pretraining = Pretraining(),
    # Training
    steps: int = 20_000,  # with max_hours only what share of them warms up, and when final_mask_rate is reached
    warmup_steps: int = 1_000,  # fewer than steps
    max_hours: float | None = None,  # by the clock instead of steps; the schedule is fitted into them
    save_minutes: float = 10.0,  # between two states that a stopped run resumes from
    steps_per_report: int = 200,  # between two lines of the log, with a validation each
    validation_batches: int = 20,
    probes: tuple[str, ...] = (),  # sentences with [MASK], or beginnings of texts: TensorBoard shows the guesses
):
    options = locals() | {"corpus": data.CorpusReport.load(corpus / "train").checksum}
    schedule = training.WarmupLinearDecay(pretraining.learning_rate, steps, warmup_steps)
    run = RunFolder(options, preset=init, apart_from_training=("probes", "save_minutes"))
    saving = run.saving(every_minutes=save_minutes)
    training.set_random_seed(pretraining.seed)
    tokenizer = data.tokenizer_of(init or corpus)  # a corpus in other tokens is refused
    train = pretraining.dataset(corpus / "train", tokenizer, start_step=saving.step, num_steps=steps)
    held_out = pretraining.dataset(corpus / "validation", tokenizer, training=False)
    x = next(iter(train.map(lambda x, *_: x)))
    print("One row as the model sees it:", tokenizer.detokenize(x["token_ids"][:1])[0].numpy().decode(), sep="\n")

    dtype = pretraining.dtype(saving)
    if init is None:
        positions = max(512, pretraining.sequence_length)
        encoder = pretraining.encoder(tokenizer, max_sequence_length=positions, dtype=dtype)
        pretrainer = pretraining.pretrainer(encoder)
    else:
        pretrainer = pretraining.load(init, dtype=dtype)
    pretraining.prepare(pretrainer, tokenizer, preset=run.preset, corpus=None if init else corpus / "train")
    pretrainer.encoder.summary()
    optimizer = training.AdamW(pretraining.learning_rate if max_hours else schedule)
    pretrainer.compile(optimizer, **pretraining.compile_options(dtype))
    predictor = pretraining.predictor(pretrainer, tokenizer)
    shown = dict(predictor=predictor, probes=probes, held_out=held_out)
    report = pretraining.callbacks(run.logs, saving=saving, **shown)
    if max_hours:
        report.insert(0, training.callbacks.TimeBudget(60 * max_hours, schedule))
    num_reports = max(1, round(steps / steps_per_report))
    rows_at_once = 1 if pretraining.split_batches else pretraining.batch_size
    with training.memory_advice(rows_at_once, pretraining.sequence_length):
        pretrainer.fit(
            train,
            steps_per_epoch=steps_per_report if max_hours else steps // num_reports,
            epochs=10**6 if max_hours else num_reports,
            validation_data=held_out.take(validation_batches).cache(),
            callbacks=saving.after(report),
            shuffle=False,  # the dataset comes shuffled
            verbose=0,
        )
    run.save_preset(pretrainer, tokenizer)
    return run.finish({"validation": pretrainer.evaluate(held_out, return_dict=True, verbose=0)})


if __name__ == "__main__":
    command_line.run(main)
