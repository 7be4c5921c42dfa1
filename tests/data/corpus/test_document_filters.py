import sys
import types

import pytest

from bert_keras.data.corpus.document_filters import DocumentFilters


@pytest.fixture
def languages(monkeypatch):
    """A package that takes the first word of a text for its language."""
    package = types.ModuleType("py3langid")
    package.rank = lambda text: [("en", -1.0), ("de", -2.0)]
    package.classify = lambda text: (text.split()[0], -1.0)
    monkeypatch.setitem(sys.modules, "py3langid", package)
    _forget()
    yield
    _forget()


def _forget():
    from bert_keras.data.corpus import languages

    languages._known_languages.cache_clear()


def test_of_several_faults_the_first_is_told():
    filters = DocumentFilters(scripts=["latin", "greek"], quality=["few_words", "curly_brackets"])
    reason = "documents with fewer than half of their letters latin or greek"
    assert filters.fault(["Да {да} no"]) == (reason, "33 % of the letters")
    assert filters.fault(["no {}"]) == ("documents of fewer than 50 words", "2 words")
    assert filters.fault(["no " * 50 + "}"]) is None
    assert filters.fault(["no " * 50 + "{"]) == ("documents with a curly bracket", "1 of them")


def test_without_filters_everything_passes():
    assert DocumentFilters().fault(["{"]) is None and DocumentFilters().settings == {}


def test_settings_name_each_rule():
    filters = DocumentFilters(scripts=["han"], quality=["c4"])
    assert filters.settings["scripts"] == ["han"] and "lorem_ipsum" in filters.settings["quality"]


def test_documents_in_other_languages_are_told(languages):
    filters = DocumentFilters(languages=["en", "fr"][:1])
    assert filters.fault(["en is this"]) is None
    assert filters.fault(["de ist das"]) == ("documents in another language than en", "language de")
    with pytest.raises(ValueError, match="there is no language 'fr'; there are de, en"):
        DocumentFilters(languages=["en", "fr"])


def test_languages_without_the_package_are_told_what_to_install(monkeypatch):
    _forget()
    monkeypatch.setitem(sys.modules, "py3langid", None)
    with pytest.raises(ImportError, match=r"needs the package py3langid: pip install 'bert-keras\[language\]'"):
        DocumentFilters(languages=["en"])


def test_the_real_package_knows_languages():
    pytest.importorskip("py3langid")
    filters = DocumentFilters(languages=["de", "zh"])
    assert filters.fault(["Der Hund lief über die Straße und bellte laut."]) is None
    assert filters.fault(["我坐在垫子上看书。"]) is None
    assert filters.fault(["The dog ran over the road and barked."])[1] == "language en"


def test_a_name_alone_is_told_to_be_a_list():
    with pytest.raises(ValueError, match="scripts must be a list of names, received 'latin'"):
        DocumentFilters(scripts="latin")
