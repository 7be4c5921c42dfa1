"""What is frozen stays so when a model is saved, copied by its config, or gets another vocabulary."""

import keras
import pytest

from bert_keras.models import TextClassifier, TokenClassifier, change_vocabulary

pytestmark = pytest.mark.slow_elsewhere


def trained(model):
    return [variable.path.split("/", 1)[1] for variable in model.trainable_variables]


def freeze_lowest(model):
    model.encoder.freeze_lowest(1)


def freeze_encoder(model):
    model.encoder.trainable = False


def freeze_part(model):
    model.encoder.encoder_blocks[1].attention.trainable = False


@pytest.mark.parametrize("freeze", [freeze_lowest, freeze_encoder, freeze_part])
def test_frozen_layers_come_back_frozen(make_encoder, tmp_path, freeze):
    model = TextClassifier(make_encoder(), 3)
    number = len(model.trainable_variables)
    freeze(model)
    assert len(model.trainable_variables) < number
    model.save(tmp_path / "model.keras")
    assert trained(keras.saving.load_model(tmp_path / "model.keras")) == trained(model)
    assert trained(type(model).from_config(model.get_config())) == trained(model)
    assert trained(change_vocabulary(model, [[index] for index in range(30)])) == trained(model)


def test_an_encoder_alone_keeps_them_too(make_encoder):
    encoder = make_encoder()
    encoder.freeze_lowest(1)
    assert trained(type(encoder).from_config(encoder.get_config())) == trained(encoder)


def test_a_config_of_earlier_freezes_nothing_and_one_of_another_model_is_refused(make_encoder):
    tagger = TokenClassifier(make_encoder(pooler=False), 3)
    config = tagger.get_config()
    assert config.pop("frozen_layers") == []
    assert len(TokenClassifier.from_config(config).trainable_variables) == len(tagger.trainable_variables)
    with pytest.raises(ValueError, match="no layer bert_encoder/other, which its config says is frozen"):
        TokenClassifier.from_config(config | {"frozen_layers": ["bert_encoder/other"]})
