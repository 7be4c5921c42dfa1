"""The unigram tokenizer against `sentencepiece`, `tokenizers` and transformers, on random texts of 16 classes."""

import importlib.util
import random
import unicodedata
from pathlib import Path

import pytest

from bert_keras.data import UnigramTokenizer, train_unigram_vocabulary

_spec = importlib.util.spec_from_file_location("unigram_reference", Path(__file__).with_name("unigram_reference.py"))
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)

OPTIONS = {
    "albert": {},
    "albert, cased": {"lower_case": False, "strip_accents": False},
    "xlm-roberta": {},
}


@pytest.fixture(scope="module", params=OPTIONS)
def tokenizer(request):
    generator = random.Random(0)
    texts = [reference.random_text(generator, name) for name in reference.CLASSES for _ in range(40)]
    texts = [text.translate(dict.fromkeys(range(0xFDD0, 0xFDF0))) for text in texts]
    texts += [" ".join(generator.choices(reference.WORDS, k=9)) for _ in range(100)]
    family = request.param.split(",")[0]
    vocabulary = train_unigram_vocabulary(texts, 4000, family=family, **OPTIONS[request.param])
    return UnigramTokenizer(vocabulary, **OPTIONS[request.param])


def ordered(tokens):
    """Tokens of one letter repeated, such as `ll` and `l`, the shorter first.

    Either order is as probable; sums of four bytes in the kernel and of eight elsewhere may break the tie differently.
    """
    found = []
    for token in tokens:
        place = len(found)
        while place and len(set(found[place - 1] + token)) == 1 and len(found[place - 1]) > len(token):
            place -= 1
        found.insert(place, token)
    return found


def has_marks(text, tokenizer):
    """Whether `tokenizers` applies the character map to more or less than SentencePiece: to a letter and its marks."""
    extends = any("\u1100" <= c <= "\u11ff" or tokenizer.strip_accents and "\uac00" <= c <= "\ud7a3" for c in text)
    extends |= not {"\uff9e", "\uff9f"}.isdisjoint(text)  # marks of half a width, which are no marks by their category
    return extends or any(unicodedata.category(c)[0] == "M" for c in unicodedata.normalize("NFD", text))


def compare(tokenizer, texts):
    """Assert that all is equal but what is known to differ; return how often that did."""
    vocabulary, rules = tokenizer.vocabulary, {}
    if vocabulary.family.name == "albert":
        rules = {"lower_case": tokenizer.lower_case, "strip_accents": tokenizer.strip_accents}
    peer = reference.tokenizers_peer(vocabulary, **rules).encode_batch(texts, add_special_tokens=False)
    plain = UnigramTokenizer.from_config(tokenizer.get_config() | {"split_special_tokens": True})
    ids, starts, ends = (part.to_list() for part in tokenizer.tokenize_with_offsets(texts))
    assert ids == tokenizer(texts).to_list()
    differing = {"order": 0, "marks": 0, "removed": 0}

    def tokens(row):
        return ordered(vocabulary.tokens[index] for index in row)

    for text, row, theirs in zip(
        texts, plain(texts).to_list(), reference.sentencepiece_ids(vocabulary, texts, **rules), strict=True
    ):
        if row != theirs:
            assert tokens(row) == tokens(theirs), ascii(text)
            differing["order"] += 1
    for text, row, *places, theirs in zip(texts, ids, starts, ends, peer, strict=True):
        if has_marks(text, tokenizer):
            differing["marks"] += row != theirs.ids or list(zip(*places)) != theirs.offsets
        elif row != theirs.ids:
            assert tokens(row) == tokens(theirs.ids), ascii(text)
        elif list(zip(*places)) != theirs.offsets:
            # Behind a removed character at the beginning of a text, those of `tokenizers` lag.
            assert "" in map(vocabulary.model.character_map.of_character, text), ascii(text)
            differing["removed"] += 1
    return differing


@pytest.mark.parametrize("name", reference.CLASSES)
def test_random_texts(tokenizer, name):
    generator = random.Random(name)
    differing = compare(tokenizer, [reference.random_text(generator, name, reference.SPECIALS) for _ in range(42)])
    assert differing["order"] <= 1


@pytest.mark.slow
@pytest.mark.parametrize("name", reference.CLASSES)
def test_very_many_random_texts(tokenizer, name):
    generator, ordered_otherwise = random.Random(1), 0
    for _ in range(6):
        texts = [reference.random_text(generator, name, reference.SPECIALS) for _ in range(700)]
        ordered_otherwise += compare(tokenizer, texts)["order"]
    assert ordered_otherwise <= 42


@pytest.mark.slow
def test_transformers_reads_the_preset(tokenizer, tmp_path):
    transformers = pytest.importorskip("transformers")
    generator = random.Random(3)
    texts = [reference.random_text(generator, "words", reference.SPECIALS) for _ in range(50)]
    texts += ["a [MASK] <mask> b", "``fox'' 5, (quick) - ﬁne"]
    tokenizer.save_to_preset(tmp_path, model_max_length=64)
    for path in (tmp_path, tmp_path / "theirs"):
        peer = transformers.AutoTokenizer.from_pretrained(path)
        ours = UnigramTokenizer.from_preset(path)
        assert peer.model_max_length == 64 and peer.mask_token_id == ours.vocabulary.mask_id
        assert len(peer) == ours.vocabulary_size
        assert peer(texts, add_special_tokens=False)["input_ids"] == tokenizer(texts).to_list() == ours(texts).to_list()
        first, second = tokenizer(texts[:2]).to_list()
        assert peer(*texts[:2])["input_ids"] == ours.vocabulary.row_layout.row(first, second)
        assert ours.get_config() == tokenizer.get_config()
        peer.save_pretrained(tmp_path / "theirs")
