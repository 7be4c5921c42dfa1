"""A preset of two small blocks whose tokenizer knows a few words and all letters, for recipes that fine-tune."""

import shutil
import string

import pytest


@pytest.fixture(scope="session")
def small_preset(tmp_path_factory):
    import keras

    from bert_keras.data import WordPieceTokenizer
    from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
    from bert_keras.models import BertEncoder

    keras.utils.set_random_seed(0)
    directory = tmp_path_factory.mktemp("preset")
    characters = [*string.ascii_lowercase, *string.digits, ".", ",", "?"]
    tokenizer = WordPieceTokenizer(
        [*SPECIAL_TOKENS, "good", "bad", "the", "was", "who", *characters, *(f"##{c}" for c in characters)]
    )
    encoder = BertEncoder(tokenizer.vocabulary_size, 1, 2, 8, 16, max_sequence_length=64)
    encoder.save_to_preset(directory)
    tokenizer.save_to_preset(directory)
    return directory


@pytest.fixture(scope="session")
def small_data_options():
    """Options for little data that every recipe that fine-tunes has, all at once."""
    options = "--num-frozen-blocks 0 --lora-rank 2 --layerwise-decay 0.9 --adversarial 1 --ema 0.9"
    return options.split()


@pytest.fixture(scope="session")
def marked_preset(tmp_path_factory, small_preset):
    """The preset with the markers in its vocabulary."""
    from bert_keras.data import WordPieceTokenizer

    directory = tmp_path_factory.mktemp("marked")
    shutil.copytree(small_preset, directory, dirs_exist_ok=True)
    tokens = WordPieceTokenizer.from_preset(small_preset).get_config()["vocabulary"]
    tokens[-2:] = ["$", "#"]
    WordPieceTokenizer(tokens).save_to_preset(directory)
    return directory
