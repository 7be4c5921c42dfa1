"""docs/own-model.md keeps its word: its code runs from top to bottom."""

import pathlib
import re

import numpy as np
import pytest

from bert_keras import data
from bert_keras.models import BertEncoder

PAGE = (pathlib.Path(__file__).parents[1] / "docs" / "own-model.md").read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.slow_elsewhere
def test_a_model_around_the_encoder_is_trained_saved_and_loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = re.findall(r"[a-z]+", SNIPPETS[0])
    tokenizer = data.WordPieceTokenizer(data.train_vocabulary(words, 200, min_frequency=1))
    encoder = BertEncoder.from_size("tiny", tokenizer.vocabulary_size, max_sequence_length=32)
    encoder.save_to_preset("runs/preset")
    tokenizer.save_to_preset("runs/preset")
    scope = {}
    for snippet in SNIPPETS:
        exec(snippet, scope)
    batch = scope["batch"]
    assert {name: values.shape for name, values in batch.items()} == dict.fromkeys(batch, (4, 32))
    predictions = [scope[name].predict(batch, verbose=0) for name in ("model", "again")]
    np.testing.assert_allclose(*predictions, rtol=1e-5)
