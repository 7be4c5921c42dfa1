import numpy as np
from keras import ops

from bert_keras.layers import AttentionMask


def attention_mask(rows):
    return ops.convert_to_numpy(AttentionMask()(np.array(rows, "int32"))).astype(int).tolist()


def test_keras_own_checks(check_layer):
    check_layer(
        AttentionMask,
        {},
        input_data=np.array([[1, 1, 0], [1, 2, 2]], "int32"),
        expected_output_shape=(2, 3, 3),
        expected_output_dtype="bool",
        run_training_check=False,
    )


def test_padding_is_seen_by_nobody_and_sees_every_token():
    assert attention_mask([[1, 1, 0]]) == [[[1, 1, 0], [1, 1, 0], [1, 1, 0]]]


def test_packed_sequences_see_themselves_alone():
    assert attention_mask([[1, 2, 2, 0]]) == [[[1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [1, 1, 1, 0]]]


def test_a_bool_mask_is_taken_as_well():
    mask = ops.convert_to_numpy(AttentionMask()(np.array([[True, False]])))
    assert mask.tolist() == [[[True, False], [True, False]]]
