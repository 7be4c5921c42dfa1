"""How many tokens a second become masked batches, from text on, on all cores?

Ours reads a prepared corpus, as training does, and makes sentence pairs and masks anew each time; `preparing` is what
comes once before it: text to that corpus. The peers tokenize in every epoch: transformers' fast tokenizer and its
collator; KerasHub's BertMaskedLMPreprocessor; tensorflow-text's BERT tokenizer and `mask_language_model`, as in Model
Garden. All make rows of one length with up to 15 % masks, and count the tokens of the text.

Run: python -m benchmarks.pretraining_pipeline
"""

from benchmarks.interleave import Candidate, interleave
from benchmarks.texts import lines, vocabulary_file
from bert_keras import command_line
from bert_keras.freed_memory import keep_freed_memory

_HERE = "benchmarks.pretraining_pipeline:"


def main(
    *,
    sequence_length: int = 128,
    batch_size: int = 64,
    num_lines: int = 8000,  # of text; each becomes a row for the peers
    rounds: int = 5,  # of which the median counts
    only: tuple[str, ...] = (),  # parts of the names of those to measure; none for all
):
    shape = {
        "sequence_length": sequence_length,
        "batch_size": batch_size,
        "num_lines": num_lines,
        "vocabulary": str(vocabulary_file()),
    }
    candidates = [
        Candidate("bert_keras, from a prepared corpus", _HERE + "bert_keras", shape, ("tensorflow",)),
        Candidate("bert_keras, preparing", _HERE + "bert_keras_preparing", shape, ("tensorflow",)),
        Candidate("keras_hub BertMaskedLMPreprocessor", _HERE + "keras_hub", shape, ("keras_hub", "tensorflow_text")),
        Candidate("tensorflow_text mask_language_model", _HERE + "tensorflow_text", shape, ("tensorflow_text",)),
        Candidate("transformers tokenizer and collator", _HERE + "transformers", shape, ("transformers", "torch")),
    ]
    case = f"{num_lines} lines, batches of {batch_size} x {sequence_length}"
    return interleave("pretraining pipeline", case, candidates, unit="tokens", rounds=rounds, only=only)


def bert_keras(*, sequence_length, batch_size, num_lines, vocabulary):
    """An epoch of `pretraining_dataset`."""
    import os
    import tempfile

    import numpy as np

    from bert_keras.data import Vocabulary, WordPieceTokenizer, prepare_corpus, pretraining_dataset

    os.environ["KERAS_BACKEND"] = "tensorflow"
    keep_freed_memory()  # as recipes do
    tokenizer = WordPieceTokenizer(Vocabulary.load(vocabulary))
    directory = tempfile.mkdtemp()
    _write(lines()[:num_lines], directory)
    prepare_corpus([directory + "/*.txt"], directory + "/corpus", tokenizer, passage_tokens=sequence_length - 3)
    dataset = pretraining_dataset(
        directory + "/corpus",
        tokenizer.vocabulary,
        sequence_length=sequence_length,
        batch_size=batch_size,
        training=False,  # one epoch, the same work
    )
    num_tokens = sum(int(np.sum(x["padding_mask"].numpy() > 0)) for x, _, _ in dataset)

    def run():
        for _ in dataset:
            pass
        return num_tokens

    return run


def bert_keras_preparing(*, sequence_length, batch_size, num_lines, vocabulary):
    """`prepare_corpus`, from text files to shards."""
    import tempfile

    from bert_keras.data import Vocabulary, WordPieceTokenizer, prepare_corpus

    keep_freed_memory()
    tokenizer = WordPieceTokenizer(Vocabulary.load(vocabulary))
    texts = tempfile.mkdtemp()
    _write(lines()[:num_lines], texts)

    def run():
        directory = tempfile.mkdtemp()
        report = prepare_corpus(
            [texts + "/*.txt"], directory + "/corpus", tokenizer, passage_tokens=sequence_length - 3
        )
        return report.num_tokens

    return run


def _write(texts, directory):
    # A document a file, of 100 lines.
    for number, start in enumerate(range(0, len(texts), 100)):
        with open(f"{directory}/{number:05}.txt", "w", encoding="utf-8") as file:
            file.write("\n".join(texts[start : start + 100]) + "\n")


def keras_hub(*, sequence_length, batch_size, num_lines, vocabulary):
    """KerasHub's preprocessor inside tf.data."""
    import keras_hub
    import numpy as np
    import tensorflow as tf

    from bert_keras.data import without_autotuner

    preprocess = keras_hub.models.BertMaskedLMPreprocessor(
        keras_hub.models.BertTokenizer(vocabulary, lowercase=True),
        sequence_length=sequence_length,
        mask_selection_length=-(-sequence_length * 15 // 100),
    )
    dataset = tf.data.Dataset.from_tensor_slices(lines()[:num_lines]).batch(batch_size)
    dataset = dataset.map(preprocess, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    dataset = without_autotuner(dataset)  # as ours: the end of an epoch would wait for it
    num_tokens = sum(int(np.sum(x["padding_mask"].numpy())) for x, _, _ in dataset)

    def run():
        for _ in dataset:
            pass
        return num_tokens

    return run


def tensorflow_text(*, sequence_length, batch_size, num_lines, vocabulary):
    """Model Garden's way: the BERT tokenizer, and masking of ragged rows."""
    import tensorflow as tf
    import tensorflow_text as text

    from bert_keras.data import Vocabulary, without_autotuner

    ids = Vocabulary.load(vocabulary)
    tokenizer = text.BertTokenizer(vocabulary, lower_case=True, token_out_type=tf.int32)
    predictions = -(-sequence_length * 15 // 100)
    selector = text.RandomItemSelector(predictions, 0.15, unselectable_ids=[ids.cls_id, ids.sep_id, ids.pad_id])
    chooser = text.MaskValuesChooser(len(ids), ids.mask_id, 0.8)

    def make(batch):
        tokens = text.WaterfallTrimmer(sequence_length - 2).trim([tokenizer.tokenize(batch).merge_dims(1, 2)])
        tokens, segments = text.combine_segments(tokens, ids.cls_id, ids.sep_id)
        masked, positions, labels = text.mask_language_model(tokens, selector, chooser)
        rows, mask = text.pad_model_inputs(masked, sequence_length)
        segments, _ = text.pad_model_inputs(segments, sequence_length)
        positions, weights = text.pad_model_inputs(positions, predictions)
        labels, _ = text.pad_model_inputs(labels, predictions)
        return rows, mask, segments, positions, labels, weights

    dataset = tf.data.Dataset.from_tensor_slices(lines()[:num_lines]).batch(batch_size)
    dataset = dataset.map(make, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    dataset = without_autotuner(dataset)
    num_tokens = sum(int(tf.reduce_sum(mask)) for _, mask, *_ in dataset)

    def run():
        for _ in dataset:
            pass
        return num_tokens

    return run


def transformers(*, sequence_length, batch_size, num_lines, vocabulary):
    """BertTokenizerFast on batches, and DataCollatorForLanguageModeling in numpy."""
    from transformers import BertTokenizerFast, DataCollatorForLanguageModeling

    tokenizer = BertTokenizerFast(vocabulary)
    collate = DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15, return_tensors="np")
    texts = lines()[:num_lines]

    def run():
        num_tokens = 0
        for start in range(0, len(texts), batch_size):
            rows = tokenizer(
                texts[start : start + batch_size],
                truncation=True,
                padding="max_length",
                max_length=sequence_length,
                return_special_tokens_mask=True,
            )
            batch = collate([{name: rows[name][k] for name in rows} for k in range(len(rows["input_ids"]))])
            num_tokens += int(batch["attention_mask"].sum())
        return num_tokens

    return run


if __name__ == "__main__":
    command_line.run(main)
