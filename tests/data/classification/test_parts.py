from bert_keras.data.classification.examples import Examples
from bert_keras.data.classification.parts import class_counts, warn_of_parts


def test_counts_every_class_of_every_part():
    train = Examples(("a", "b", "c"), labels=(0, 1, 1), label_names=("no", "yes"))
    parts = {
        "train": train,
        "validation": Examples(("d",), labels=(1,), label_names=("no", "yes")),
        "test": Examples(("e",)),
    }
    assert [line.split() for line in class_counts(parts).split("\n")] == [
        ["class", "train", "validation", "test"], ["no", "1", "0"], ["yes", "2", "1"], ["all", "3", "1", "1"],
    ]  # fmt: skip


def test_of_numbers_the_range_is_told():
    lines = class_counts({"train": Examples(("a", "b"), labels=(1.0, 4.0)), "test": Examples(("c",))}).split("\n")
    assert [line.split() for line in lines] == [
        ["number", "train", "test"], ["min", "1"], ["mean", "2.5"], ["max", "4"], ["all", "2", "1"],
    ]  # fmt: skip


def test_says_what_parts_lack_and_share(caplog):
    names = ("no", "so", "yes")
    train = Examples(("a", "b", "c", "a"), labels=(0, 1, 2, 2), label_names=names)
    warn_of_parts({"train": train, "validation": Examples(("b", "d"), labels=(1, 1), label_names=names)})
    assert "train: 1 texts have several labels, the first: 'a'" in caplog.text
    assert "validation: no example of 2 of 3 classes: 'no', 'yes'" in caplog.text
    assert "validation: 1 texts are in training, too, the first: 'b'" in caplog.text


def test_sound_parts_are_passed_over(caplog):
    part = Examples(("a", "b"), labels=((0, 1), ()), label_names=("x", "y"))
    warn_of_parts({"train": part, "validation": Examples(("c",), labels=((0, 1),), label_names=("x", "y"))})
    assert not caplog.text
