"""The parts that a model learns to write from."""

from bert_keras.generation_files import GenerationFiles


def test_validation_is_a_share_of_the_training_part_with_no_source_of_it(tmp_path):
    rows = [f"s{number // 2},t{number}" for number in range(20)]  # each source has two references
    (tmp_path / "train.csv").write_text("\n".join(["mr,ref", *rows]) + "\n")
    files = GenerationFiles(train=tmp_path / "train.csv", validation=0.2)
    parts = files.read()
    assert {part: len(some) for part, some in parts.items()} == {"train": 16, "validation": 4}
    assert not {*parts["train"].sources} & {*parts["validation"].sources}
    named = dict(source_column="mr", second_source_column="note", target_column="ref")
    (tmp_path / "noted.csv").write_text("mr,note,ref\na,b,c\nd,,e\n")
    noted = GenerationFiles(train=tmp_path / "noted.csv", validation=tmp_path / "noted.csv", **named).read()
    assert noted["train"].sources == ("a\nb", "d")
    assert files.learned_from == (tmp_path / "train.csv", None) and files.read() == parts
