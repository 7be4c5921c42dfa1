"""How fast is our exact tokenizer beside its peers, on English lines in batches of 256?

The peers do not all compute the same: tensorflow-text folds full-width and compatibility characters, KerasHub keeps
control characters, Hugging Face drops private-use characters and lowers a final sigma by itself. Ours follows Google.

Run: python -m benchmarks.tokenization
"""

import os

from benchmarks.interleave import Candidate, interleave
from benchmarks.texts import lines, vocabulary_file
from bert_keras import command_line

_HERE = "benchmarks.tokenization:"


def main(
    *,
    rounds: int = 5,  # of which the median counts
    vocabulary_size: int = 8192,  # trained on the same text
    batch_size: int = 256,  # lines
    only: tuple[str, ...] = (),  # parts of the names of those to measure; none for all
):
    arguments = {"vocabulary": str(vocabulary_file(vocabulary_size)), "batch_size": batch_size}
    candidates = [
        Candidate("bert_keras", _HERE + "bert_keras", arguments, ("tensorflow_text",)),
        Candidate("bert_keras, with offsets", _HERE + "bert_keras_offsets", arguments, ("tensorflow_text",)),
        Candidate("tensorflow_text FastBertTokenizer", _HERE + "fast_bert", arguments, ("tensorflow_text",)),
        Candidate("keras_hub WordPieceTokenizer", _HERE + "keras_hub", arguments, ("keras_hub", "tensorflow_text")),
        Candidate("tokenizers encode_batch", _HERE + "tokenizers", arguments, ("tokenizers",)),
    ]
    size = sum(len(line.encode()) for line in lines()) / 1e6
    case = f"{size:.1f} MB of English, {len(lines())} lines, vocabulary of {vocabulary_size}"
    return interleave("tokenization", case, candidates, unit="bytes", rounds=rounds, only=only)


def _in_graph(tokenize, batch_size):
    import tensorflow as tf

    from bert_keras.data import without_autotuner

    dataset = tf.data.Dataset.from_tensor_slices(lines()).batch(batch_size)
    dataset = dataset.map(tokenize, num_parallel_calls=os.cpu_count()).prefetch(4)
    dataset = without_autotuner(dataset)  # all of them: a quarter of a pass was waiting for it to end
    size = sum(len(line.encode()) for line in lines())

    def run():
        for _ in dataset:
            pass
        return size

    return run


def bert_keras(*, vocabulary, batch_size):
    """Ours, inside tf.data."""
    from bert_keras.data import Vocabulary, WordPieceTokenizer

    return _in_graph(WordPieceTokenizer(Vocabulary.load(vocabulary)), batch_size)


def bert_keras_offsets(*, vocabulary, batch_size):
    """Ours with the characters that each token stands for."""
    import tensorflow as tf

    from bert_keras.data import Vocabulary, WordPieceTokenizer

    tokenizer = WordPieceTokenizer(Vocabulary.load(vocabulary))
    return _in_graph(lambda texts: tf.stack(tokenizer.tokenize_with_offsets(texts), -1), batch_size)


def fast_bert(*, vocabulary, batch_size):
    """The kernel that ours uses, with its own rules for characters."""
    import tensorflow as tf
    import tensorflow_text

    from bert_keras.data import Vocabulary

    tokens = list(Vocabulary.load(vocabulary).tokens)
    tokenizer = tensorflow_text.FastBertTokenizer(tokens, lower_case_nfd_strip_accents=True, token_out_type=tf.int32)
    return _in_graph(tokenizer.tokenize, batch_size)


def keras_hub(*, vocabulary, batch_size):
    """KerasHub's tokenizer, inside tf.data."""
    import keras_hub

    tokenizer = keras_hub.tokenizers.WordPieceTokenizer(vocabulary=vocabulary, lowercase=True, strip_accents=True)
    return _in_graph(tokenizer, batch_size)


def tokenizers(*, vocabulary, batch_size):
    """Hugging Face's tokenizer in Rust, on all cores, all lines at once."""
    from tokenizers import BertWordPieceTokenizer

    tokenizer = BertWordPieceTokenizer(vocabulary, lowercase=True)
    size = sum(len(line.encode()) for line in lines())

    def run():
        tokenizer.encode_batch(lines(), add_special_tokens=False)
        return size

    return run


if __name__ == "__main__":
    command_line.run(main)
