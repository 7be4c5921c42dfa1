from bert_keras.data.files.checksum import files_checksum


def test_the_checksum_of_a_folder_is_that_of_what_is_in_it(tmp_path):
    (tmp_path / "a.txt").write_text("Ada")
    (tmp_path / "a.ann").write_text("T1\tper 0 3\tAda\n")
    whole = files_checksum(tmp_path)
    assert whole == files_checksum(tmp_path / "a.ann", tmp_path / "a.txt")
    (tmp_path / "a.ann").write_text("T1\tloc 0 3\tAda\n")
    assert files_checksum(tmp_path) != whole
