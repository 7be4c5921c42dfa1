"""Fonts: Pillow's own alone, as on a machine without others."""

import pytest

from bert_keras.training.drawing import lettering


def _forget():
    lettering._fonts.cache_clear()
    lettering._has_letter.cache_clear()


@pytest.fixture
def without_other_fonts(monkeypatch):
    """Pretend that the machine has no fonts."""
    monkeypatch.setattr(lettering, "_FONTS", ())
    _forget()
    yield
    _forget()
