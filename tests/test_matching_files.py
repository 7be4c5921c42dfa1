import json

import pytest

from bert_keras.matching_files import MatchingFiles

SICK = "sentence_A\tsentence_B\trelatedness_score\tentailment_judgment\na\tb\t4.5\tYES\na\tc\t1\tNO\nd\te\t3\tNO\n"


@pytest.fixture
def sick(tmp_path):
    (tmp_path / "sick.txt").write_text(SICK)
    return tmp_path / "sick.txt"


def test_pairs_are_scored_and_brought_to_0_to_1(sick):
    files = MatchingFiles(train=sick, validation=sick, score_range=(0, 5))
    assert {part: some.labels for part, some in files.read().items()} == dict.fromkeys(
        ("train", "validation"), (0.9, 0.2, 0.6)
    )


def test_an_encoder_is_trained_on_matches_and_chosen_by_scores(sick):
    parts = MatchingFiles(train=sick, validation=sick, match_score=3).read()
    assert parts["train"].texts == (("a", "b"), ("d", "e")) and parts["train"].labels is None
    assert parts["validation"].kind == "scores"
    columns = dict(text_columns=("sentence_A", "sentence_B"), label_column="entailment_judgment")
    parts = MatchingFiles(train=sick, validation=sick, match_label="YES", **columns).read()
    assert parts["train"].texts == (("a", "b"),) and parts["validation"].kind == "scores"


def test_classes_of_validation_are_numbered_as_those_of_training(sick, tmp_path):
    (tmp_path / "dev.txt").write_text("\n".join(line for line in SICK.split("\n") if "NO" not in line))
    columns = dict(text_columns=("sentence_A", "sentence_B"), label_column="entailment_judgment")
    parts = MatchingFiles(train=sick, validation=tmp_path / "dev.txt", **columns).read()
    assert parts["train"].labels == (1, 0, 0) and parts["validation"].labels == (1,)


def test_a_folder_is_trained_on_by_its_pairs_and_searched_in(tmp_path):
    for name, text in (("corpus", "the cat"), ("queries", "who")):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"_id": name, "text": text}))
    (tmp_path / "qrels").mkdir()
    for split in ("train", "dev"):
        (tmp_path / "qrels" / f"{split}.tsv").write_text("queries corpus 1\n")
    files = MatchingFiles(train=tmp_path, validation=tmp_path)
    parts = files.read()
    assert parts["train"].texts == (("who", "the cat"),) and parts["validation"].documents == {"corpus": "the cat"}
    assert files.learned_from == (tmp_path, tmp_path)


def test_a_share_of_training_is_for_validation_and_no_anchor_is_in_both(tmp_path):
    rows = [{"anchor": f"a{i // 2}", "positive": f"p{i}"} for i in range(40)]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    files = MatchingFiles(train=tmp_path / "pairs.jsonl", validation=0.2)
    parts = files.read()
    assert [len(parts[part]) for part in ("train", "validation")] == [32, 8]
    assert not {texts[0] for texts in parts["train"].texts} & {texts[0] for texts in parts["validation"].texts}
    assert files.read() == parts and files.learned_from == (tmp_path / "pairs.jsonl", None)


def test_missing_parts_and_matches_are_said(sick):
    with pytest.raises(ValueError, match="Expected --train and --validation.*received no --validation"):
        MatchingFiles(train=sick).read()
    with pytest.raises(ValueError, match="no pair has a score of 6 or more; the highest is 4.5"):
        MatchingFiles(train=sick, validation=sick, match_score=6).read()
    with pytest.raises(ValueError, match="expected label= of pairs of classes or least_score= of pairs with scores"):
        MatchingFiles(train=sick, validation=sick, match_label="YES").read()
