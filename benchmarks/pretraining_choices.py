"""Which family, objective, masking rule and layout of rows learns most in equal processor minutes?

Each run is the quickstart's: its corpus, sizes and learning rate, its task of eras afterwards. One thing, or a family,
is chosen otherwise. Minutes are the processor's for the whole process, on one thread, compiling included, which other
load disturbs least. The learning rate follows the share of them that is used.

What was learned is measured on the same held-out addresses, a passage a row, in three ways:
* `masked_accuracy`, of tokens at BERT's 15 %: comparable between runs with one kind of tokenizer, and no others.
* `bits_per_character`: whole words are masked, what stands between blanks, 15 % of the tokens and always by [MASK], and
  the bits that their tokens cost are divided by their characters. This is comparable between kinds of tokenizers, but
  that byte pairs have to guess capitals as well. Less is better.
* `era_accuracy`, after fine-tuning on 400 paragraphs: comparable between all.
Of ELECTRA the first two are the generator's. `own_` scores are of held-out rows as the run was trained with: those that
learn from pairs of texts lose a little where a row is one text. Runs of one seed fine-tune on the same paragraphs.

Run: python -m benchmarks.pretraining_choices --processor-minutes 4 --seeds 3 --only bert electra-style
Every finished run is a JSON line in the results; those that are there already are not run again.
"""

import dataclasses
import functools
import gc
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.finished_runs import add_run, finished_runs, mean_cell
from bert_keras import command_line, data, models, training
from bert_keras.finetuning import FineTuning
from bert_keras.pretraining import Pretraining

_START = Pretraining(  # recipes/quickstart.py
    sequence_length=64, mask_rate=0.25, size="tiny", dropout=0.0, batch_size=16, learning_rate=2e-3
)
_ALONE = dict(sentence_task="none")
FAMILIES = {
    "bert": {},
    "roberta-style": dict(family="roberta", **_ALONE),
    "albert-style": dict(family="albert", sentence_task="order", masking="ngrams", warm_start=False),
    "electra-style": dict(family="electra", objective="replaced_tokens"),
    "modernbert-style": dict(family="modernbert", mask_rate=0.3, warm_start=False, **_ALONE),
}
RULES = {  # on BERT
    "order": dict(sentence_task="order"),
    "no task on pairs": _ALONE,
    "words": dict(masking="words"),
    "ngrams": dict(masking="ngrams"),
    "spans": dict(masking="spans"),
    "mask rate 0.15": dict(mask_rate=0.15),
    "mask rate 0.3 to 0.15": dict(mask_rate=0.3, final_mask_rate=0.15),
    "no task, rows of documents": dict(rows="document", **_ALONE),
    "no task, packed rows": dict(rows="packed", **_ALONE),
    "no warm start": dict(warm_start=False),
}


def main(
    *,
    processor_minutes: float = 4.0,  # of pretraining
    seeds: int = 3,  # runs of each family: seeds 0, 1, 2
    seeds_of_rules: int = 1,  # runs of what is chosen otherwise on BERT
    only: tuple[str, ...] = (),  # families and rules by their whole names; none for all
    results: Path = Path("runs/pretraining_choices.jsonl"),
    corpora: Path = Path("runs/pretraining_choices"),  # gets a corpus for each kind of tokenizer
    vocabulary_size: int = 8192,
    changing_steps: int = 2500,  # in which the mask rate that changes gets to its last value
    finetuning_epochs: int = 8,
):
    if unknown := set(only) - {*FAMILIES, *RULES}:
        raise ValueError(f"Expected names among {', '.join([*FAMILIES, *RULES])}; received {', '.join(unknown)}")
    corpus = functools.cache(functools.partial(_corpus, corpora, vocabulary_size))
    options = dict(processor_minutes=processor_minutes, vocabulary_size=vocabulary_size)
    for seed in range(max(seeds, seeds_of_rules)):  # the first seed of all comes first
        for name, changes in (FAMILIES | RULES).items():
            run = {"choice": name, "seed": seed, **options}
            wanted = seed < (seeds if name in FAMILIES else seeds_of_rules) and (not only or name in only)
            if wanted and not finished_runs(results, **run):
                pretraining = dataclasses.replace(_START, seed=seed, **changes)
                run |= _scores(pretraining, corpus(pretraining.tokenizer_kind), processor_minutes, changing_steps,
                               finetuning_epochs)  # fmt: skip
                add_run(results, run)
    found = finished_runs(results, **options)
    print(table(found))
    return found


def _corpus(directory, vocabulary_size, kind):
    """Prepare the addresses in the tokens of a kind, once: (folder, tokenizer, {part: report})."""
    parts, _ = data.read_eras()
    options = dict(vocabulary_size=vocabulary_size, passage_tokens=_START.sequence_length - 3, kind=kind)
    return directory / kind, *data.prepare_parts(parts, directory / kind, **options)


def _scores(pretraining, corpus, processor_minutes, changing_steps, finetuning_epochs):
    """Pretrain, look at what was learned, fine-tune."""
    import keras

    keras.utils.clear_session()
    gc.collect()  # of the run before
    training.set_random_seed(pretraining.seed)
    start = time.process_time()
    directory, tokenizer, reports = corpus
    options = dict(num_heads=4, max_sequence_length=pretraining.sequence_length, dtype="float32")
    options["kernel_initializer"] = models.narrow_initializer(pretraining.size)
    encoder = pretraining.encoder(tokenizer, **options)
    pretrainer = pretraining.pretrainer(encoder)
    pretraining.prepare(pretrainer, tokenizer, corpus=directory / "train")
    optimizer = training.AdamW(pretraining.learning_rate, beta_2=0.98)
    pretrainer.compile(optimizer, **pretraining.compile_options("float32"))
    schedule = training.WarmupLinearDecay(pretraining.learning_rate, 1000, warmup_steps=60)
    budget = training.callbacks.TimeBudget(processor_minutes, schedule, clock=time.process_time)
    train = pretraining.dataset(directory / "train", tokenizer, num_steps=changing_steps)
    options = dict(steps_per_epoch=250, epochs=100_000, callbacks=[budget], shuffle=False, verbose=0)
    pretrainer.fit(train, **options)
    steps = int(optimizer.iterations)
    tokens_a_step = np.mean([np.sum(x["padding_mask"].numpy() > 0) for x, _, _ in train.take(20)])

    def test(**changes):
        options = dict(training=False, batch_size=64, mask_rate=0.15) | changes
        return pretraining.dataset(directory / "test", tokenizer, **options).shard(3, 0)  # every third batch is enough

    trained = time.process_time()
    own = pretrainer.evaluate(test(), return_dict=True, verbose=0)
    same = dict(rows="passage", next_sentence=False, sentence_order=False, final_mask_rate=None)
    plain = test(masking="tokens", mask_token_rate=0.8, random_token_rate=0.1, **same)
    words = test(masking=_words_between_blanks(tokenizer.vocabulary, pretraining.sequence_length), **same)
    scores = {"steps": steps, "tokens_seen": int(steps * tokens_a_step)}
    scores["masked_accuracy"], _ = _restored(pretrainer, plain, tokenizer.vocabulary)
    scores["unigram_accuracy"] = data.unigram_accuracy(plain, reports["train"].most_frequent_id)
    scores["token_accuracy_in_words"], scores["bits_per_character"] = _restored(pretrainer, words, tokenizer.vocabulary)
    scores |= {
        f"own_{name}": score for name, score in own.items() if name.endswith(("accuracy", "recall", "precision"))
    }
    measured = time.process_time()
    scores["era_accuracy"] = _era_accuracy(encoder, tokenizer, finetuning_epochs, pretraining.seed)
    scores |= {"seconds_of_measuring": measured - trained, "seconds_of_eras": time.process_time() - measured}
    return scores | {"seconds": time.process_time() - start}


def _words_between_blanks(vocabulary, sequence_length):
    """Return the rule that masks whole words with the marks before and behind them, all by [MASK]."""
    options = dict(mask_rate=0.15, mask_token_rate=1.0, random_token_rate=0.0)
    rule = data.WholeWordMasking(vocabulary, -(-sequence_length * 15 // 100), **options)
    # WordPiece has a word of its own for each punctuation mark; the other kinds say before which token a blank stands.
    is_mark = [not any(map(str.isalnum, token)) and token[0] not in "Ġ▁" for token in vocabulary.tokens]
    begins = ~(np.asarray(vocabulary.continues_word) | is_mark)

    def masking(token_ids, seed):
        import tensorflow as tf

        return rule(token_ids, seed, begins_word=tf.gather(tf.constant(begins), token_ids))

    return masking


def _restored(pretrainer, dataset, vocabulary):
    """Return the share of masked tokens that are guessed, and the bits that a masked character costs."""
    from keras import losses, ops

    num_characters = np.array([len(token.removeprefix("##").lstrip("Ġ▁")) for token in vocabulary.tokens])
    right = tokens = nats = characters = 0.0
    for x, y, weights in dataset:
        logits, labels, weights = pretrainer(x, training=False)["mlm"], y["mlm"].numpy(), weights["mlm"].numpy()
        right += np.sum(weights * (np.argmax(ops.convert_to_numpy(logits), axis=-1) == labels))
        loss = losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        nats += np.sum(weights * ops.convert_to_numpy(loss))
        tokens, characters = tokens + np.sum(weights), characters + np.sum(weights * num_characters[labels])
    return float(right / tokens), float(nats / np.log(2) / characters)


def _era_accuracy(encoder, tokenizer, epochs, seed):
    """Fine-tune the encoder as the quickstart does."""
    _, examples = data.read_eras(seed=seed)
    fine_tuning, labels = FineTuning(epochs=epochs, learning_rate=5e-4, seed=seed), examples["test"].label_names
    rows = {part: data.TextRows(some, tokenizer, sequence_length=64) for part, some in examples.items()}
    datasets = fine_tuning.datasets(rows)
    pooling = None if encoder.pooler else "first"  # nothing trained a pooler in rows of one text
    classifier = models.TextClassifier(encoder, len(labels), labels=labels, pooling=pooling)
    optimizer = fine_tuning.optimizer(encoder, len(datasets["train"]))
    classifier.compile(optimizer, training.classification_loss(), weighted_metrics=["accuracy"])
    with tempfile.TemporaryDirectory() as logs:
        options = fine_tuning.fit_options(fine_tuning.callbacks(logs, best="val_accuracy", shown=("accuracy",)))
        classifier.fit(datasets["train"], validation_data=datasets["validation"], **options)
    return classifier.evaluate(datasets["test"], return_dict=True, verbose=0)["accuracy"]


def table(found):
    """Return the runs as a table in Markdown: the mean of the seeds and, of several, the standard deviation.

    Args:
        found: list of dicts, the lines of the results.
    """
    columns = ("masked_accuracy", "own_mlm_accuracy", "unigram_accuracy", "bits_per_character", "era_accuracy")
    columns += ("own_rtd_recall",)
    lines = [f"| | seeds | steps | million tokens | {' | '.join(columns)} |", f"|---|{'---:|' * (3 + len(columns))}"]
    for name in [name for name in FAMILIES | RULES if any(run["choice"] == name for run in found)]:
        runs = [run for run in found if run["choice"] == name]
        steps, tokens = (statistics.mean(run[key] for run in runs) for key in ("steps", "tokens_seen"))
        cells = [mean_cell([run[column] for run in runs if column in run]) for column in columns]
        lines.append(f"| {name} | {len(runs)} | {steps:,.0f} | {tokens / 1e6:.2f} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    command_line.run(main)
