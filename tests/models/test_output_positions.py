import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.models import BertPretrainer, TextClassifier
from bert_keras.training import pretraining_losses

POSITIONS = np.array([[0, 3, 1], [0, 2, 2]], "int32")


@pytest.mark.parametrize(
    "options", [{}, {"normalize_first": True, "pooler": False}, {"num_layers": 1}, {"num_layers": 0}]
)
def test_chosen_outputs_equal_those_of_all(make_encoder, rows, outputs_of, sizes, options):
    encoder = make_encoder(**options)
    all_outputs = outputs_of(encoder, rows)
    few = outputs_of(encoder, rows | {"output_positions": POSITIONS})
    expected = np.take_along_axis(all_outputs["sequence_output"], POSITIONS[..., None], axis=1)
    np.testing.assert_allclose(few["sequence_output"], expected, atol=1e-5)
    assert ("pooled_output" in few) == encoder.pooler
    if encoder.pooler:
        np.testing.assert_allclose(few["pooled_output"], all_outputs["pooled_output"], atol=1e-5)


def test_gradients_equal_those_of_all(make_encoder, pretraining_rows, untraced):
    def weights_after_a_step(few):
        pretrainer = BertPretrainer(make_encoder(dropout=0.0))
        model = pretrainer
        if not few:
            heads = [pretrainer.get_layer(name) for name in ("masked_lm_head", "sentence_pair_head")]
            inputs = pretrainer.input
            encoded = pretrainer.encoder({name: inputs[name] for name in pretrainer.encoder.input})
            mlm = heads[0](encoded["sequence_output"], inputs["mask_positions"])
            model = keras.Model(inputs, {"mlm": mlm, "nsp": heads[1](encoded["pooled_output"])})
        model.compile(optimizer=keras.optimizers.SGD(0.1), loss=pretraining_losses(), **untraced)
        y = {"mlm": np.array([[7, 8, 9], [11, 12, 0]], "int32"), "nsp": np.array([0, 1], "int32")}
        weights = {"mlm": np.array([[1, 1, 1], [1, 1, 0]], "float32"), "nsp": np.ones(2, "float32")}
        model.train_on_batch(pretraining_rows, y, weights)
        return [ops.convert_to_numpy(weight) for weight in pretrainer.trainable_weights]

    for few, expected in zip(weights_after_a_step(True), weights_after_a_step(False), strict=True):
        np.testing.assert_allclose(few, expected, atol=1e-5)


@pytest.mark.parametrize("pooling", ["pooled", "first", "mean"])
def test_a_classifier_sees_what_it_saw(make_encoder, rows, outputs_of, pooling):
    encoder = make_encoder()
    classifier = TextClassifier(encoder, 2, pooling=pooling)
    outputs, head = outputs_of(encoder, rows), classifier.head_layer
    mask = rows["padding_mask"][..., None]
    seen = {
        "pooled": outputs["pooled_output"],
        "first": outputs["sequence_output"][:, 0],
        "mean": (outputs["sequence_output"] * mask).sum(1) / mask.sum(1),
    }[pooling]
    np.testing.assert_allclose(outputs_of(classifier, rows), ops.convert_to_numpy(head(seen)), atol=1e-5)
