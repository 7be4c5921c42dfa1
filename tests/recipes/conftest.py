"""A preset of two small blocks whose tokenizer knows a few words and all letters, for recipes that fine-tune."""

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
