"""Model files of SentencePiece: read as its own reader reads them, and refused where they are damaged."""

import math
import random
from pathlib import Path

import pytest

from bert_keras.data.tokenization.character_map import CharacterMap
from bert_keras.data.tokenization.sentencepiece_model import CONTROL, NORMAL, UNKNOWN, SentencePieceModel

GOLDEN = Path(__file__).parents[2] / "golden" / "unigram"  # made by make_unigram.py
FILES = [GOLDEN / "albert" / "spiece.model", GOLDEN / "xlm_roberta" / "sentencepiece.bpe.model"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_sentencepiece_reads_the_same(path):
    sentencepiece = pytest.importorskip("sentencepiece")
    model = SentencePieceModel.load(path)
    for content in (path.read_bytes(), model.serialize()):
        peer = sentencepiece.SentencePieceProcessor(model_proto=content)
        ids = range(peer.vocab_size())
        assert model.pieces == tuple(peer.id_to_piece(index) for index in ids)
        assert model.scores == tuple(peer.get_score(index) for index in ids)
        assert [kind == CONTROL for kind in model.types] == [peer.is_control(index) for index in ids]
        assert model.types.index(UNKNOWN) == peer.unk_id()
    assert SentencePieceModel.parse(model.serialize()) == model


def test_characters_become_what_the_file_says():
    characters = SentencePieceModel.load(FILES[0]).character_map.of_characters()
    expected = {"ﬁ": "fi", "½": "1⁄2", "…": "...", "Ａ": "A", "¨": " \u0308", "\t": " ", "\n": " ", "\xa0": " "}
    assert characters == {ord(key): value for key, value in (expected | {"\u2581": " ", "\x01": ""}).items()}


def test_every_file_that_is_cut_short_is_refused(tmp_path):
    content = FILES[0].read_bytes()
    for length in range(len(content)):
        with pytest.raises(ValueError, match="cut short"):
            SentencePieceModel.parse(content[:length])
    (tmp_path / "spiece.model").write_bytes(content[:1000])
    with pytest.raises(ValueError, match=r"spiece\.model: the file is cut short or damaged: expected"):
        SentencePieceModel.load(tmp_path / "spiece.model")


def test_a_damaged_file_is_refused_or_read(tmp_path):
    generator, content, refused = random.Random(0), FILES[1].read_bytes(), 0
    for _ in range(2000):
        damaged = bytearray(content)
        for _ in range(generator.choice([1, 2, 5])):
            damaged[generator.randrange(len(damaged))] = generator.randrange(256)
        try:
            SentencePieceModel.parse(bytes(damaged))
        except ValueError:
            refused += 1
    assert 500 < refused < 2000  # changed letters and scores are a model, too


def spec(field, value):
    return bytes([field << 3 & 127 | (128 if field > 15 else 0), *([field >> 4] if field > 15 else []), value])


@pytest.mark.parametrize(
    ("trainer", "normalizer", "message"),
    [
        (spec(3, 2), b"", "of type BPE"),
        (spec(3, 3), b"", "of type word"),
        (spec(3, 9), b"", "of type 9"),
        (spec(24, 1), b"", "treat_whitespace_as_suffix must be false"),
        (spec(35, 1), b"", "byte_fallback must be false"),
        (b"", spec(3, 0), "add_dummy_prefix must be true"),
        (b"", spec(4, 0), "remove_extra_whitespaces must be true"),
        (b"", spec(5, 0), "escape_whitespaces must be true"),
        (b"\x1a\x01\x02", b"", "field 3 must be a number"),
    ],
)
def test_a_model_of_other_rules_is_refused(trainer, normalizer, message):
    piece = b"\x0a\x07\x0a\x03<u>\x18\x02"
    content = piece + bytes([18, len(trainer)]) + trainer + bytes([26, len(normalizer)]) + normalizer
    with pytest.raises(ValueError, match=message):
        SentencePieceModel.parse(content)


@pytest.mark.parametrize(
    ("pieces", "scores", "types", "message"),
    [
        (["<unk>", "a", "a"], [0, 0, 0], [UNKNOWN, NORMAL, NORMAL], "piece 2, 'a', already is piece 1"),
        (["<unk>", ""], [0, 0], [UNKNOWN, NORMAL], "piece 1 must be text"),
        (["<unk>", "a"], [0, math.nan], [UNKNOWN, NORMAL], "score of piece 1, 'a', must be a finite number"),
        (["<unk>", "a"], [0, -math.inf], [UNKNOWN, NORMAL], "finite number"),
        (["a"], [0], [NORMAL], "one piece must stand for what is unknown"),
        (["a", "b"], [0, 0], [UNKNOWN, UNKNOWN], r"received \['a', 'b'\]"),
        (["a", "b"], [0], [UNKNOWN, NORMAL], "equally many"),
    ],
)
def test_pieces_that_do_not_fit_are_refused(pieces, scores, types, message):
    with pytest.raises(ValueError, match=message):
        SentencePieceModel(pieces, scores, types)


def test_a_character_map_that_leads_out_of_its_bounds_is_refused():
    content = SentencePieceModel.load(FILES[0]).character_map.content
    size = int.from_bytes(content[:4], "little")
    for damaged, message in (
        (content[:-1], "does not end"),
        (content[: size + 4], "expected a multiple"),
        (content[:3], "expected a multiple"),
        (b"\xff\xff\xff\xff" + content[4:], "expected a multiple"),
        (content[:4] + b"\xff\xff\xff\x7f" + content[8:], "out of its bounds"),
        (content[:4] + b"\xff\xff\xff\xff" + content[8:], "out of its bounds"),
        (content[:-2] + b"\xff\0", "not UTF-8"),
    ):
        with pytest.raises(ValueError, match=message):
            CharacterMap(damaged)
