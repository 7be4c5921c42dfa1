import pytest

from bert_keras.training.callbacks import FillMaskProbe

pytestmark = pytest.mark.slow_elsewhere
event_accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


def test_a_table_is_written_before_training_and_after_each_epoch(small_pretrainer, pretraining_batch, tmp_path):
    calls = []

    def fill_mask(sentences, top_k):
        calls.append(top_k)
        return [[[("st|tes", 0.876), ("[UNK]", 0.1)]], [[("a", 0.5), ("b", 0.3)], [("c", 0.2), ("d", 0.1)]]]

    x, y, w = pretraining_batch(4)
    probe = FillMaskProbe(fill_mask, ["the united [MASK]", "[MASK] and [MASK]"], tmp_path, top_k=2)
    small_pretrainer().fit(x, y, sample_weight=w, batch_size=2, epochs=2, verbose=0, callbacks=[probe])
    accumulator = event_accumulator.EventAccumulator(str(tmp_path / "train"))
    accumulator.Reload()
    events = accumulator.Tensors("fill_mask")
    assert [event.step for event in events] == [0, 2, 4]
    assert accumulator.summary_metadata["fill_mask"].plugin_data.plugin_name == "text"
    assert calls == [2, 2, 2]
    assert events[0].tensor_proto.string_val[0].decode().splitlines() == [
        "| sentence | 1 | 2 |",
        "| --- | --- | --- |",
        "| the united &#91;MASK&#93; | st&#124;tes 0.88 | &#91;UNK&#93; 0.10 |",
        "| &#91;MASK&#93; and &#91;MASK&#93; | a 0.50 | b 0.30 |",
        "| &#91;MASK&#93; and &#91;MASK&#93; | c 0.20 | d 0.10 |",
    ]
