"""KerasHub's tokenizer files: read as those of the family in another layout, refused where they ask for other rules."""

import json
import shutil
from pathlib import Path

import pytest

from bert_keras.data import tokenizer_of
from bert_keras.data.tokenization.byte_alphabet import ALPHABET

GOLDEN = Path(__file__).parents[2] / "golden"
BYTE_PAIRS = ["<s>", "<pad>", "</s>", "<unk>", *ALPHABET, "an", "Ġan", "<mask>"]  # 0 to 3, 256 bytes, 260 to 262
CONFIGS = {"config": {"add_prefix_space": False}, "class_name": "RobertaTokenizer"}


@pytest.fixture
def assets(tmp_path):
    """Function from the content of `tokenizer.json` to the folder for a preset's vocabulary."""

    def make(content):
        folder = tmp_path / "assets" / "tokenizer"
        folder.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tokenizer.json").write_text(json.dumps(content))
        return folder

    return make


@pytest.fixture
def roberta(assets, tmp_path):
    """Function from the content of `tokenizer.json` to a RoBERTa's preset."""

    def make(content):
        folder = assets(content)
        ids = {token: index for index, token in enumerate(BYTE_PAIRS)}
        (folder / "vocabulary.json").write_text(json.dumps(ids))
        (folder / "merges.txt").write_text("a n\nĠ an\n", encoding="utf-8")
        return tmp_path

    return make


def test_byte_pairs(roberta):
    tokenizer = tokenizer_of(roberta(CONFIGS))
    assert tokenizer(["an an", "an<mask>"]).to_list() == [[260, 261], [260, 262]]
    assert tokenizer.vocabulary.row_layout.row([260], [261]) == [0, 260, 2, 2, 261, 2]
    with_space = tokenizer_of(roberta(CONFIGS | {"config": {"add_prefix_space": True}}))
    assert with_space("an an").numpy().tolist() == [261, 261]


@pytest.mark.parametrize(("folder", "file"), [("albert", "spiece.model"), ("xlm_roberta", "sentencepiece.bpe.model")])
def test_sentence_pieces(assets, tmp_path, folder, file):
    (tmp_path / "ours").mkdir()
    shutil.copy(GOLDEN / "unigram" / folder / file, tmp_path / "ours")
    ours = tokenizer_of(tmp_path / "ours")
    shutil.copy(
        GOLDEN / "unigram" / folder / file,
        assets({"class_name": ours.vocabulary.family.tokenizer_class, "config": {"add_bos": False}}) / "vocabulary.spm",
    )
    theirs = tokenizer_of(tmp_path)
    assert theirs.vocabulary.tokens == ours.vocabulary.tokens
    texts = json.loads((GOLDEN / "unigram" / "texts.json").read_text())["texts"]
    assert theirs(texts).to_list() == ours(texts).to_list()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class_name": "GPT2Tokenizer"}, "class_name must be RobertaTokenizer, received 'GPT2Tokenizer'"),
        ({"config": 3}, "expected the config of a tokenizer of KerasHub"),
        ({"config": {"add_prefix_space": "no"}}, "add_prefix_space must be true or false, received 'no'"),
        ({"config": {"add_eos": True}}, "add_eos must be false"),
    ],
)
def test_other_rules_are_refused(roberta, change, message):
    with pytest.raises(ValueError, match=f"tokenizer.json: {message}"):
        tokenizer_of(roberta(CONFIGS | change))


def test_a_model_of_the_other_family_is_refused(assets, tmp_path):
    folder = assets({"class_name": "AlbertTokenizer", "config": {}})
    shutil.copy(GOLDEN / "unigram" / "xlm_roberta" / "sentencepiece.bpe.model", folder / "vocabulary.spm")
    with pytest.raises(ValueError, match="class_name must be XLMRobertaTokenizer, received 'AlbertTokenizer'"):
        tokenizer_of(tmp_path)


def test_missing_merges_are_named(roberta):
    preset = roberta(CONFIGS)
    (preset / "assets" / "tokenizer" / "merges.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"merges.txt, .*assets/tokenizer"):
        tokenizer_of(preset)
