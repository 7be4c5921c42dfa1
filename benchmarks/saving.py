"""What does a saved state cost the training?

`SaveAndResume` saves at the beginning of every other block of steps. What such a block takes longer than the one before
it is the whole cost: the copy, and what the writing thread takes from the steps beside it. It is shown as
a share of the ten minutes between two states that are the default.

Run: python -m benchmarks.saving --size base --steps 12
"""

import statistics
import tempfile
import time

import keras
import numpy as np

from bert_keras import command_line
from bert_keras.models import BertEncoder, BertPretrainer
from bert_keras.training import AdamW, pretraining_losses, pretraining_metrics
from bert_keras.training.callbacks import SaveAndResume

_INTERVAL = 600.0  # seconds, the default of SaveAndResume


def main(
    *,
    size: str = "mini",
    batch_size: int = 8,
    sequence_length: int = 128,
    steps: int = 40,  # of a block, which must take longer than writing a state
    rounds: int = 5,  # pairs of blocks
):
    encoder = BertEncoder.from_size(size, 30522)
    model = BertPretrainer(encoder)
    model.compile(AdamW(1e-4), pretraining_losses(), weighted_metrics=pretraining_metrics())
    times = []  # at the ends of blocks: of the clock, and of the processor

    def note(batch, logs):  # before a state is saved
        if (batch + 1) % steps == 0:
            times.append((time.perf_counter(), time.process_time()))

    with tempfile.TemporaryDirectory() as directory:
        saving = SaveAndResume(directory, every_steps=2 * steps)
        clock = keras.callbacks.LambdaCallback(on_train_batch_end=note)
        x, y, weight = (_repeated(part, batch_size) for part in _row(sequence_length))
        model.fit(
            _batches(x, y, weight), steps_per_epoch=(2 * rounds + 1) * steps, verbose=0, callbacks=[clock, saving]
        )
        num_bytes = sum(path.stat().st_size for path in next(saving.states.directory.glob("step-*")).iterdir())
    results = {"state_gigabytes": num_bytes / 1e9}
    for name, column in zip(("seconds", "core_seconds"), zip(*times)):
        blocks = np.diff(column)  # all but the first, in which the step is compiled
        without, with_state = blocks[0::2], blocks[1::2]
        results[f"block_{name}"] = float(np.median(without))
        results[f"state_{name}"] = statistics.median(with_state - without)
        results[f"state_{name}_of_all_rounds"] = [round(float(cost), 2) for cost in with_state - without]
    results["percent_of_time"] = 100 * results["state_seconds"] / _INTERVAL
    for name, value in results.items():
        print(f"{name:34}{value if isinstance(value, list) else format(value, '.2f')}")
    return results


def _row(length):
    ids = np.arange(1000, 1000 + length, dtype="int32")
    inputs = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1, "mask_positions": np.arange(20)}
    return inputs, {"mlm": ids[:20], "nsp": np.int32(0)}, {"mlm": np.ones(20, "float32"), "nsp": np.float32(1)}


def _repeated(row, batch_size):
    return keras.tree.map_structure(lambda x: np.repeat(np.asarray(x)[None], batch_size, axis=0), row)


def _batches(*batch):
    while True:
        yield batch


if __name__ == "__main__":
    command_line.run(main)
