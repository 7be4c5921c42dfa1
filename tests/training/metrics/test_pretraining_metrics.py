import numpy as np
import pytest

from bert_keras.training import pretraining_metrics


def test_unused_slots_do_not_count(small_pretrainer, pretraining_batch):
    x, y, w = pretraining_batch()
    model = small_pretrainer()
    logs = model.evaluate(x, y, sample_weight=w, batch_size=4, verbose=0, return_dict=True)
    outputs = model.predict(x, verbose=0)
    correct = outputs["mlm"].argmax(-1) == y["mlm"]
    assert logs["mlm_accuracy"] == pytest.approx(np.average(correct, weights=w["mlm"]), rel=1e-6)
    assert logs["nsp_accuracy"] == pytest.approx(np.mean(outputs["nsp"].argmax(-1) == y["nsp"]), rel=1e-6)


def test_every_model_gets_its_own_metrics():
    assert pretraining_metrics()["mlm"][0] is not pretraining_metrics()["mlm"][0]
