import itertools

import pytest
import tensorflow as tf

from bert_keras.data.pretraining.record_order import shuffled_records

COUNTS = [5, 3, 7, 1, 6]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder, number, names = tmp_path_factory.mktemp("records"), 0, []
    for shard, count in enumerate(COUNTS):
        names.append(str(folder / f"{shard}.tfrecord"))
        with tf.io.TFRecordWriter(names[-1]) as writer:
            for _ in range(count):
                writer.write(str(number).encode())
                number += 1
    return names


def stream(files, num_records, **options):
    options = {"stream": tf.constant(1, tf.int64), "shuffle_shards": 2, **options}
    dataset = shuffled_records(files, COUNTS, **options).unbatch()
    return [int(record) for record in itertools.islice(dataset.as_numpy_iterator(), num_records)]


@pytest.fixture(scope="module")
def records(files):
    """More than three epochs."""
    return stream(files, 80)


def test_every_epoch_has_every_record_once_in_another_order(records):
    epochs = [records[:22], records[22:44], records[44:66]]
    assert all(sorted(epoch) == list(range(22)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2] != list(range(22))


def test_the_order_is_the_seeds(files, records):
    assert stream(files, 22) == records[:22]
    assert stream(files, 22, stream=tf.constant(2, tf.int64)) != records[:22]


@pytest.mark.parametrize("start", [1, 5, 21, 22, 57])
def test_starting_later_leaves_out_the_beginning_only(files, records, start):
    assert stream(files, 80 - start, start=start) == records[start:]


@pytest.mark.parametrize("shuffle_shards", [3, 99])
def test_any_number_of_shards_can_be_mixed(files, shuffle_shards):
    records = stream(files, 1000, shuffle_shards=shuffle_shards, num_epochs=2)
    assert len(records) == 44
    assert sorted(records[:22]) == list(range(22))


def test_shards_before_the_start_are_not_opened(files):
    order = stream(files, 22, shuffle_shards=1)
    first_shard = next(shard for shard, end in enumerate(itertools.accumulate(COUNTS)) if order[0] < end)
    without = [name if shard != first_shard else "/missing" for shard, name in enumerate(files)]
    start = COUNTS[first_shard]
    assert stream(without, 22 - start, shuffle_shards=1, start=start) == order[start:]


def test_a_single_shard_is_shuffled_in_each_epoch_anew(files):
    dataset = shuffled_records(files[2:3], COUNTS[2:3], stream=tf.constant(1, tf.int64)).unbatch()
    records = [int(record) for record in dataset.take(21).as_numpy_iterator()]
    epochs = [tuple(records[start : start + 7]) for start in (0, 7, 14)]
    assert all(sorted(epoch) == list(range(8, 15)) for epoch in epochs)
    assert len({*epochs, tuple(range(8, 15))}) == 4


def test_shards_come_in_another_order_in_each_epoch(files):
    sizes = [stream(files, 88, shuffle_shards=1)[epoch : epoch + 22] for epoch in (0, 22, 44, 66)]
    bounds = list(itertools.accumulate(COUNTS))
    orders = {tuple(dict.fromkeys(next(i for i, b in enumerate(bounds) if x < b) for x in epoch)) for epoch in sizes}
    assert len(orders) > 1


@pytest.mark.parametrize("start", [0, 30])
def test_neighbours_come_with_a_record_up_to_the_end_of_its_file(files, records, start):
    options = dict(stream=tf.constant(1, tf.int64), shuffle_shards=2, start=start, num_neighbours=2)
    rows = shuffled_records(files, COUNTS, **options).unbatch().take(30).as_numpy_iterator()
    ends = list(itertools.accumulate(COUNTS))
    for row, record in zip(rows, records[start:], strict=False):
        end = next(end for end in ends if record < end)
        assert row.tolist() == [str(x).encode() if x < end else b"" for x in range(record, record + 3)]
