import keras
import numpy as np
import pytest

from bert_keras.training import MaskedLMLoss, pretraining_losses

LABELS = np.array([[1, 2, 0], [3, 0, 0]], "int32")
LOGITS = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")
WEIGHTS = np.array([[1, 1, 0], [1, 0, 0]], "float32")


def log_probabilities():
    return LOGITS - np.log(np.exp(LOGITS).sum(-1, keepdims=True))


def test_it_is_the_mean_over_real_predictions():
    expected = -np.mean([log_probabilities()[i, j, LABELS[i, j]] for i, j in [(0, 0), (0, 1), (1, 0)]])
    assert float(MaskedLMLoss()(LABELS, LOGITS, sample_weight=WEIGHTS)) == pytest.approx(expected, rel=1e-5)


def test_more_unused_slots_change_nothing():
    wider = [np.concatenate([x, x[:, -1:]], axis=1) for x in (LABELS, LOGITS, WEIGHTS)]
    narrow = float(MaskedLMLoss()(LABELS, LOGITS, sample_weight=WEIGHTS))
    assert float(MaskedLMLoss()(*wider[:2], sample_weight=wider[2])) == pytest.approx(narrow, rel=1e-6)


def test_without_any_real_prediction_it_is_zero():
    assert float(MaskedLMLoss()(LABELS, LOGITS, sample_weight=0 * WEIGHTS)) == 0.0


def test_without_weights_every_slot_counts():
    ones = float(MaskedLMLoss()(LABELS, LOGITS, sample_weight=np.ones_like(WEIGHTS)))
    assert float(MaskedLMLoss()(LABELS, LOGITS)) == pytest.approx(ones, rel=1e-6)


def test_logits_of_lower_precision_are_taken_in_float32():
    loss = MaskedLMLoss()(LABELS, keras.ops.cast(LOGITS, "bfloat16"), sample_weight=WEIGHTS)
    assert keras.backend.standardize_dtype(loss.dtype) == "float32"
    assert float(loss) == pytest.approx(float(MaskedLMLoss()(LABELS, LOGITS, sample_weight=WEIGHTS)), rel=1e-2)


def test_it_is_serialised():
    loss = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(MaskedLMLoss(name="mlm")))
    assert (type(loss), loss.name, loss.reduction) == (MaskedLMLoss, "mlm", "mean_with_sample_weight")


def test_logs_have_the_losses_apart(small_pretrainer, pretraining_batch):
    x, y, w = pretraining_batch()
    logs = small_pretrainer().evaluate(x, y, sample_weight=w, batch_size=8, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(logs["mlm_loss"] + logs["nsp_loss"], rel=1e-6)
    outputs = small_pretrainer().predict(x, verbose=0)
    assert logs["mlm_loss"] == pytest.approx(float(MaskedLMLoss()(y["mlm"], outputs["mlm"], w["mlm"])), rel=1e-5)


def test_there_is_one_loss_without_next_sentences(small_pretrainer, pretraining_batch):
    assert list(pretraining_losses(next_sentence=False)) == ["mlm"]
    x, y, w = pretraining_batch()
    model = small_pretrainer(next_sentence=False)
    logs = model.evaluate(
        x, {"mlm": y["mlm"]}, sample_weight={"mlm": w["mlm"]}, batch_size=8, verbose=0, return_dict=True
    )
    outputs = model.predict(x, verbose=0)
    assert logs["loss"] == pytest.approx(float(MaskedLMLoss()(y["mlm"], outputs["mlm"], w["mlm"])), rel=1e-5)
    assert "mlm_accuracy" in logs


def test_no_label_is_left_out_of_the_masked_lm_loss_as_weight_0_is():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(2, 3, 7)).astype("float32"), rng.integers(0, 7, size=(2, 3))
    is_used = np.array([[1, 1, 0], [0, 1, 1]], "float32")
    log_probabilities = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    expected = -(np.take_along_axis(log_probabilities, labels[..., None], -1)[..., 0] * is_used).sum() / is_used.sum()
    marked = np.where(is_used > 0, labels, -100)
    loss = MaskedLMLoss()
    for received in (loss(labels, logits, is_used), loss(marked, logits), loss(marked, logits, is_used)):
        assert float(received) == pytest.approx(expected, rel=1e-5)
    with pytest.raises(ValueError, match="labels of masked_lm_loss must be from 0 to 6"):
        loss(labels + 7, logits)
