"""The parts that a model learns to write from."""

from bert_keras.generation_files import GenerationFiles


def test_validation_is_a_share_of_the_training_part_with_no_source_of_it(tmp_path):
    rows = [f"s{number // 2},t{number}" for number in range(20)]  # each source has two references
    (tmp_path / "train.csv").write_text("\n".join(["mr,ref", *rows]) + "\n")
    files = GenerationFiles(train=tmp_path / "train.csv", validation=0.2)
    parts = files.read()
    assert {part: len(some) for part, some in parts.items()} == {"train": 16, "validation": 4}
    assert not {*parts["train"].sources} & {*parts["validation"].sources}
    assert files.learned_from == (tmp_path / "train.csv", None) and files.read() == parts
