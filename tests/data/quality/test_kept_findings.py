"""A check of data that is stopped goes on with the check that was not finished."""

import pytest

from bert_keras.data import check_parts, checked_part, read_examples
from bert_keras.data.quality.kept_findings import KeptFindings


@pytest.fixture
def parts():
    """A leak, a near leak and a repetition."""
    train = [("a cat sat on the mat all day", "1"), ("so good", "1"), ("so bad", "0"), ("So bad", "0")]
    held_out = [("SO GOOD", "1"), ("a cat sat on the mat all day long", "0")]
    read = [read_examples(rows, text_column=0, label_column=1) for rows in (train, held_out)]
    return [checked_part(examples, name) for examples, name in zip(read, ("train", "validation"))]


def test_a_stopped_call_goes_on_with_the_check_that_was_not_finished(parts, tmp_path):
    whole, sought = list(check_parts(parts)), []

    def stop_at_scripts(name):
        if name == "scripts":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(check_parts(parts, directory=tmp_path, on_check=stop_at_scripts))
    assert list(check_parts(parts, directory=tmp_path, on_check=sought.append)) == whole
    assert sought[0] == "scripts" and sought[-1] == "nearly repeated texts: validation"
    assert {found.check for found in whole} >= {"leaks", "near_leaks", "duplicates"}


def test_a_repeated_call_seeks_nothing(parts, tmp_path):
    found = list(check_parts(parts, directory=tmp_path))
    assert list(check_parts(parts, directory=tmp_path, on_check=pytest.fail)) == found


def test_an_option_repeats_the_checks_that_it_changes(parts, tmp_path):
    list(check_parts(parts, directory=tmp_path))
    sought = []
    list(check_parts(parts, directory=tmp_path, on_check=sought.append, fewest_of_class=1, sequence_length=6))
    assert sought == ["classes", "lengths and unknown tokens"]


def test_other_examples_are_checked_anew_and_the_old_findings_go(parts, tmp_path):
    list(check_parts(parts, directory=tmp_path))
    files, sought = sorted(tmp_path.iterdir()), []
    assert len(files) == 10
    list(check_parts(parts[:1], directory=tmp_path, on_check=sought.append))
    assert len(sought) == 8 and not {*files} & {*tmp_path.iterdir()}


def test_texts_with_half_a_surrogate_pair_are_kept(tmp_path):
    part = checked_part(read_examples([("a \ud800", "1"), ("A \ud800", "0")], text_column=0, label_column=1), "train")
    found = list(check_parts([part], directory=tmp_path))
    assert list(check_parts([part], directory=tmp_path)) == found and found[0].check == "conflicts"


def test_a_file_that_is_none_of_its_own_is_refused(parts, tmp_path):
    list(check_parts(parts, directory=tmp_path))
    for path in tmp_path.iterdir():
        path.write_text("[]")
    with pytest.raises(ValueError, match="holds no findings of a check, remove it"):
        list(check_parts(parts, directory=tmp_path))


def test_two_checks_of_one_name_are_kept_apart(parts, tmp_path):
    kept = KeptFindings(tmp_path, parts, [("train", {}), ("train", {})])
    kept.save(0, [])
    assert kept.load(0) == [] and kept.load(1) is None
