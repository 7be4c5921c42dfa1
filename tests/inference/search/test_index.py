import json
import os
import zlib

import numpy as np
import pytest

from bert_keras.data import read_beir
from bert_keras.inference.search import Index, read_index_texts
from bert_keras.inference.search.growing_files import GrowingFiles

pytestmark = pytest.mark.slow_elsewhere

WORDS = ["cat", "dog", "cow", "hen", "ran", "sat", "ate", "saw"]


def encoder(texts):
    """A vector for each text that depends on its words, the same in every process."""
    vectors = np.zeros((len(texts), 70), "float32")
    for vector, text in zip(vectors, texts, strict=True):
        for word in text.split():
            vector += np.random.default_rng(zlib.crc32(word.encode())).normal(size=70)
    return vectors


def other_encoder(texts):
    return encoder([text[::-1] for text in texts])


def some_texts(number):
    random = np.random.default_rng(0)
    return [" ".join([*random.choice(WORDS, 3), str(i)]) for i in range(number)]


@pytest.fixture(scope="module")
def texts():
    return some_texts(200)


@pytest.fixture(scope="module")
def built(texts, tmp_path_factory):
    """An index for tests that change nothing."""
    return Index.build(tmp_path_factory.mktemp("built") / "index", texts, encoder, block_size=64)


@pytest.fixture
def small(tmp_path):
    return Index.build(tmp_path / "index", [("a", "the cat"), ("b", "the dog"), ("c", "a cow")], encoder)


def cosines(queries, texts):
    queries, vectors = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (encoder(queries), encoder(texts)))
    return queries @ vectors.T


def test_exact_search_finds_the_highest_cosines(built, texts):
    queries = ["cat ran", "hen saw cow"]
    right = cosines(queries, texts)
    for found, row in zip(built.search(queries, top_k=5), right, strict=True):
        best = np.argsort(-row, kind="stable")[:5]
        assert [one["id"] for one in found] == [str(i) for i in best]
        assert [one["text"] for one in found] == [texts[i] for i in best]
        np.testing.assert_allclose([one["score"] for one in found], row[best], atol=1e-5)


def test_one_query_gets_its_own_list(built):
    assert built.search("cat ran", 2) == built.search(["cat ran"], 2)[0]
    assert built.search([]) == []


def test_dot_products_are_those_of_the_encoder(texts, tmp_path):
    index = Index.build(tmp_path, texts[:20], encoder, similarity="dot")
    right = (encoder(["cat"]) @ encoder(texts[:20]).T)[0]
    assert index.search("cat", 1)[0]["score"] == pytest.approx(right.max(), rel=1e-5)


def test_int8_takes_a_quarter_and_finds_nearly_the_same(built, texts, tmp_path):
    index = Index.build(tmp_path, texts, encoder, dtype="int8")
    assert (tmp_path / "vectors").stat().st_size == 200 * 70
    queries = texts[:50]
    numbers, scores = index.find(queries, 10)
    right, exact = built.find(queries, 10)
    assert np.mean([len({*a} & {*b}) / 10 for a, b in zip(numbers, right)]) > 0.9
    np.testing.assert_allclose(scores, exact, atol=0.01)


def test_binary_search_is_rescored_by_the_vectors(built, texts):
    numbers, scores = built.find(texts[:50], 3, method="binary")
    assert (numbers[:, 0] == np.arange(50)).all()
    np.testing.assert_allclose(scores[:, 0], 1, atol=1e-5)


def test_loaded_it_finds_the_same(built, texts):
    again = Index.load(built._files.folder, encoder)
    assert again.search(texts[:9], 4) == built.search(texts[:9], 4)
    assert len(again) == 200 and again["7"] == {"id": "7", "text": texts[7]} and "200" not in again
    assert isinstance(again._vectors._arrays["vectors"], np.memmap)


def test_queries_have_an_encoder_of_their_own_where_one_is_given(built, texts):
    index = Index.load(built._files.folder, encoder, query_encoder=lambda queries: encoder([q[7:] for q in queries]))
    assert index.search("query: cat ran", 3) == built.search("cat ran", 3)


def test_what_else_is_given_is_kept(tmp_path):
    index = Index.build(tmp_path, [{"id": "x", "text": "a cow", "page": 3, "tags": ["北"]}], encoder)
    assert index["x"] == {"id": "x", "text": "a cow", "page": 3, "tags": ["北"]}


# Added and removed


def test_added_texts_are_found_and_kept(small):
    small.add([("d", "a hen")])
    for index in (small, Index.load(small._files.folder, encoder)):
        assert index.search("a hen", 1)[0]["id"] == "d" and len(index) == 4


def test_removed_texts_are_not_found_and_may_come_again(small):
    small.remove(["b"])
    for index in (small, Index.load(small._files.folder, encoder)):
        for method in ("exact", "binary"):
            assert {one["id"] for one in index.search("the dog", method=method)} == {"a", "c"}
        assert len(index) == 2 and "b" not in index
    small.add([("b", "the dog again")])
    assert small.search("the dog", 1)[0]["text"] == "the dog again"
    assert Index.load(small._files.folder, encoder)["b"]["text"] == "the dog again"


def test_nothing_is_found_where_all_is_removed(small):
    small.remove(["a", "b", "c"])
    assert small.search("the dog") == []


def test_what_fails_to_be_added_leaves_the_index_as_it_was(small):
    for texts, message in (
        ([("d", "a hen"), ("a", "again")], "text 2: the id 'a' comes twice"),
        ([("d", "a hen"), ("d", "again")], "text 2: the id 'd' comes twice"),
    ):
        with pytest.raises(ValueError, match=message):
            small.add(texts, block_size=1)
        assert len(small) == 3 and "d" not in small and small.search("a hen", 1)[0]["id"] == "c"
    small.add([("d", "a hen")])
    assert Index.load(small._files.folder, encoder)["d"]["text"] == "a hen"


def test_an_unknown_id_is_not_removed(small):
    for ids, message in ((["a", "z"], "no text with the id 'z'"), ("ab", r"give \[id\]"), (["a", "a"], "once")):
        with pytest.raises(ValueError, match=message):
            small.remove(ids)
    assert len(small) == 3


def test_what_another_process_wrote_is_not_written_over(small):
    other = Index.load(small._files.folder, encoder)
    other.add([("d", "a hen")])
    with pytest.raises(ValueError, match="changed by another process"):
        small.add([("e", "a hen")])


# Stopped and gone on with


class Killed(Exception):
    pass


def killed_after(number):
    """An encoder whose process is stopped after so many calls."""
    calls = []

    def encode(texts):
        calls.append(len(texts))
        if len(calls) > number:
            raise Killed
        return encoder(texts)

    return encode, calls


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_stopped_build_resumes_and_ends_the_same(built, texts, tmp_path):
    with pytest.raises(Killed):  # one call for what the index notes of it, two blocks
        Index.build(tmp_path, texts, killed_after(3)[0], block_size=64)
    with pytest.raises(ValueError, match="half built: 128 texts"):
        Index.load(tmp_path, encoder)
    encode, calls = killed_after(99)
    Index.build(tmp_path, iter(texts), encode, block_size=64)
    assert calls == [3, 64, 8]
    assert files_of(tmp_path) == files_of(built._files.folder)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # none of the threads that there are holds a lock
@pytest.mark.filterwarnings("ignore:os.fork")  # of JAX, which bm25s imports where it is installed
def test_a_process_killed_while_it_writes_loses_one_block(built, texts, tmp_path):
    append, calls = GrowingFiles.append, []

    def killed(self, contents):
        calls.append(1)
        if len(calls) == 3:
            append(self, {"vectors": contents["vectors"][:100]})
            os._exit(9)
        append(self, contents)

    if not (process := os.fork()):
        try:
            GrowingFiles.append = killed
            Index.build(tmp_path, texts, encoder, block_size=64)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 9
    Index.build(tmp_path, texts, encoder, block_size=64)
    assert {k: v for k, v in files_of(tmp_path).items() if k != ".lock"} == files_of(built._files.folder)


def test_a_finished_build_is_given_back(built, texts):
    encode, calls = killed_after(1)  # that it is the same encoder is looked at
    assert len(Index.build(built._files.folder, texts, encode, block_size=64)) == 200


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda texts: ["other", *texts[1:]], "of other texts"),
        (lambda texts: texts[:-1], "of other texts"),
        (lambda texts: [*texts, "more"], "of fewer texts"),
    ],
)
def test_other_texts_are_not_taken_for_the_same(built, texts, change, message):
    with pytest.raises(FileExistsError, match=message):
        Index.build(built._files.folder, change(texts), encoder)


def test_other_options_are_not_taken_for_the_same(built, texts):
    with pytest.raises(FileExistsError, match="other options: .'dtype': 'float32'"):
        Index.build(built._files.folder, texts, encoder, dtype="int8")


def test_the_first_text_that_is_another_is_named(small):
    for texts, message in (
        ([("a", "the cat"), ("b", "THE DOG"), ("c", "A COW")], r"for 'b' \(text 2\) it has another text.*update=True"),
        ([("a", "the cat"), ("d", "the dog"), ("c", "a cow")], r"for 'd' \(text 2\) it has no text"),
        ([("a", "the cat"), ("b", "the dog")], "it has 'c', which is not given"),
    ):
        with pytest.raises(FileExistsError, match=message):
            Index.build(small._files.folder, texts, encoder)
    small.remove(["b"])
    with pytest.raises(FileExistsError, match=r"for 'b' \(text 2\) it has no text"):
        Index.build(small._files.folder, [("a", "the cat"), ("b", "the dog"), ("c", "a cow")], encoder)
    assert len(Index.build(small._files.folder, [("a", "the cat"), ("c", "a cow")], encoder)) == 2


# Updated


def test_an_update_encodes_what_is_new_and_removes_what_is_gone(small, caplog):
    caplog.set_level("INFO", "bert_keras.inference.search")
    texts = [("d", "a hen"), ("b", "the dog ate"), ("c", "a cow")]
    encode, calls = killed_after(9)
    index = Index.build(small._files.folder, texts, encode, update=True)
    assert calls == [3, 2] and "1 texts added, 1 changed, 1 gone" in caplog.text  # 3 sentences know the encoder again
    for one in (index, Index.load(small._files.folder, encoder), Index.build(small._files.folder, texts, encoder)):
        assert len(one) == 3 and "a" not in one and one["b"]["text"] == "the dog ate"
        found = [found["id"] for found in one.search("the dog ate", 9)]
        assert found[0] == "b" and sorted(found) == ["b", "c", "d"]


def test_a_stopped_update_resumes(texts, tmp_path):
    Index.build(tmp_path, texts[:100], encoder, block_size=32)
    others = [text + " ran" if number % 2 else text for number, text in enumerate(texts)][10:]
    others = [(str(number), text) for number, text in enumerate(others, 10)]
    with pytest.raises(Killed):
        Index.build(tmp_path, others, killed_after(2)[0], block_size=32, update=True)
    with pytest.raises(FileExistsError, match="of other texts"):
        Index.build(tmp_path, texts[:100], encoder)
    encode, calls = killed_after(9)
    index = Index.build(tmp_path, others, encode, block_size=32, update=True)
    assert calls == [3, 32, 32, 32, 17] and len(index) == 190  # 145 new or changed, 32 of them before
    assert {id: index[id]["text"] for id in index._numbers} == dict(others)
    assert index.find(["cat ran"], 5)[1] == pytest.approx(
        Index.build(tmp_path / "new", others, encoder).find(["cat ran"], 5)[1]
    )


def test_an_update_makes_the_index_or_ends_a_stopped_build(texts, tmp_path):
    with pytest.raises(Killed):
        Index.build(tmp_path, texts, killed_after(2)[0], block_size=64, update=True)
    assert len(Index.build(tmp_path, texts[:90], encoder, update=True)) == 90
    with pytest.raises(ValueError, match="no examples"):
        Index.build(tmp_path, [], encoder, update=True)
    assert len(Index.load(tmp_path, encoder)) == 90


# Other methods


def test_words_are_searched_without_an_encoder(tmp_path):
    pytest.importorskip("bm25s")
    index = Index.build(tmp_path, ["the cat sat", "a dog ran"])
    with pytest.raises(ValueError, match=r"by 'bm25': index.prepare\('bm25'\), or .*--prepare bm25"):
        index.search("dog", method="bm25")
    index.prepare("bm25")
    for one in (index, Index.load(tmp_path)):
        assert [found["id"] for found in one.search("dog", method="bm25")] == ["1"]
    index.add([("x", "a dog sat")])
    with pytest.raises(ValueError, match="for the 1 texts that were added since"):
        index.search("dog", method="bm25")
    index.prepare("bm25")
    (tmp_path / "bm25" / "data").rename(tmp_path / "away")
    with pytest.raises(FileNotFoundError) as raised:
        Index.load(tmp_path).search("dog", method="bm25")
    assert "bm25, and prepare it again" in raised.value.__notes__[0]
    (tmp_path / "away").rename(tmp_path / "bm25" / "data")
    index.remove(["1"])
    assert [found["id"] for found in index.search("dog", method="bm25")] == ["x"]
    with pytest.raises(ValueError, match="built without an encoder"):
        index.search("dog")


def test_the_graph_finds_the_same_and_grows(texts, tmp_path):
    pytest.importorskip("faiss")
    index = Index.build(tmp_path, texts[:150], encoder)
    index.prepare("approximate")
    index.add([(f"new {i}", text) for i, text in enumerate(texts[150:])])
    with pytest.raises(ValueError, match="added since"):
        index.search("cat", method="approximate")
    index.prepare("approximate")
    index.remove(["3", "new 3"])
    for one in (index, Index.load(tmp_path, encoder)):
        numbers, scores = one.find(texts, 5, method="approximate")
        right, exact = one.find(texts, 5)
        assert np.mean(numbers == right) > 0.95 and not np.isin(numbers, [3, 153]).any()
        np.testing.assert_allclose(scores[numbers == right], exact[numbers == right], atol=1e-6)


def test_several_methods_are_fused_by_ranks(built):
    queries = ["cat ran", "hen"]
    numbers, scores = built.find(queries, 3, method=("exact", "binary"))
    assert (numbers == built.find(queries, 3)[0]).all()
    np.testing.assert_allclose(scores[0], 2 / (60 + np.arange(1, 4)), rtol=1e-6)


def longest_first(queries, texts):
    """Scores a pair by the length of the text."""
    assert len(queries) == len(texts)
    return [len(text) for text in texts]


def test_candidates_are_reranked(small):
    found = small.search("a cow", 2, reranker=longest_first)
    assert [(one["id"], one["score"]) for one in found] == [("a", 7.0), ("b", 7.0)]


@pytest.mark.parametrize("method", ["exact", ("exact", "binary")])
@pytest.mark.parametrize("top_k, options, number", [(3, {"num_candidates": 7}, 7), (3, {}, 100), (120, {}, 120)])
def test_a_reranker_reads_as_many_texts_as_there_are_candidates(built, method, top_k, options, number):
    read = []

    def reranker(queries, texts):
        read.extend(texts)
        return np.arange(len(texts))

    found = built.search("cat ran", top_k, method=method, reranker=reranker, **options)
    assert len(read) == number
    assert [one["text"] for one in found] == read[::-1][:top_k]


def test_fewer_candidates_than_texts_that_shall_be_found_are_refused(built):
    for options in ({"reranker": longest_first}, {"method": ("exact", "binary")}):
        with pytest.raises(ValueError, match="num_candidates of at least top_k=10, received 3"):
            built.search("cat ran", 10, num_candidates=3, **options)
    assert len(built.search("cat ran", 10, num_candidates=3)) == 10  # nothing is fused or reranked


def test_a_reranker_without_a_number_for_each_pair_is_refused(small):
    with pytest.raises(ValueError, match="finite scores from the reranker"):
        small.search("a cow", reranker=lambda queries, texts: [np.nan] * len(texts))


# What is refused


@pytest.mark.parametrize(
    "texts, message",
    [
        (["a cat", " \u200b"], "text 2: the text of '1' is empty"),
        ([("a", "x"), ("a", "y")], "text 2: the id 'a' comes twice"),
        ([(3, "x")], "text 1: the id is 3, expected a str"),
        ([("a", None)], "the text of 'a' is None"),
        ([{"id": "a"}], "a dict with id and text"),
        ("a cat", "read_index_texts"),
        ([], "no examples"),
        ([{"id": "a", "text": "b", "x": {1}}], "no JSON"),
    ],
)
def test_texts_that_cannot_be_indexed_are_named(tmp_path, texts, message):
    with pytest.raises(ValueError, match=message):
        Index.build(tmp_path / "index", texts, encoder)


def test_or_they_are_skipped_and_counted(tmp_path, caplog):
    texts = [("a", "the cat"), ("a", "y"), (3, "x"), ("b", ""), ("c", "the dog"), ("d", "zero")]

    def zero_for_zero(texts):
        return encoder(texts) * np.array([[text != "zero"] for text in texts])

    index = Index.build(tmp_path, texts, zero_for_zero, errors="skip")
    assert len(index) == 2 and index.search("the dog", 1)[0]["id"] == "c"
    assert "skipped 4 of 6" in caplog.text and "1 vectors of zeros or NaN" in caplog.text
    index.add([("d", "a cow")])  # the id was not taken


def test_a_vector_of_nan_names_its_text(tmp_path):
    def broken(texts):
        return encoder(texts) + np.array([[np.nan if "cow" in text else 0] for text in texts], "float32")

    with pytest.raises(ValueError, match="text 2: the encoder gives 'y' a vector of zeros or NaN"):
        Index.build(tmp_path, [("x", "the cat"), ("y", "a cow")], broken)
    with pytest.raises(ValueError, match="gives 'a cow' a vector of zeros or NaN"):
        Index.build(tmp_path / "other", [("x", "the cat")], broken).search("a cow")


@pytest.mark.parametrize("query", ["", " \u200b", None])
def test_an_empty_query_is_named(built, query):
    with pytest.raises(ValueError, match="query 2"):
        built.search(["cat", query])


def test_methods_that_there_are_not_are_named(built):
    with pytest.raises(ValueError, match="received 'fuzzy'"):
        built.search("cat", method="fuzzy")
    with pytest.raises(ValueError, match="top_k must be at least 1"):
        built.search("cat", top_k=0)
    with pytest.raises(ValueError, match="have to be prepared"):
        built.prepare("exact")


def test_another_encoder_is_refused(built, texts):
    folder = built._files.folder
    with pytest.raises(ValueError, match="built with another encoder: a sentence's vector"):
        Index.load(folder, other_encoder)
    with pytest.raises(ValueError, match="70 numbers, those of this one 3"):
        Index.load(folder, lambda texts: np.ones((len(texts), 3), "float32"))
    with pytest.raises(ValueError, match="built with another encoder"):
        Index.build(folder, texts, other_encoder)
    with pytest.raises(ValueError, match="an array of shape"):
        Index.load(folder, lambda texts: [1])
    with pytest.raises(ValueError, match="loaded without its encoder"):
        Index.load(folder).search("cat")


@pytest.mark.parametrize("name", ["vectors", "bits", "texts.jsonl", "ends", "header.json"])
def test_a_damaged_file_is_named(small, name):
    path = small._files.folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{name}.*(damaged|JSON|expected)"):
        Index.load(small._files.folder, encoder)
    path.write_bytes(content[:-5])
    with pytest.raises(ValueError, match=name):
        Index.load(small._files.folder, encoder, verify=False)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=f"{name} is missing.*[bB]uild it"):
        Index.load(small._files.folder, encoder, verify=False)


def test_a_folder_of_something_else_is_refused(tmp_path):
    GrowingFiles.create(tmp_path, "another kind", 1, ["a"])
    with pytest.raises(ValueError, match="expected bert_keras index, version 1; found 'another kind'"):
        Index.load(tmp_path, encoder)


# Files


def test_texts_are_read_from_files_with_their_ids(tmp_path):
    (tmp_path / "a.jsonl").write_text(
        json.dumps({"_id": "d1", "title": "Cats", "text": "purr", "year": 3}) + "\n" + json.dumps({"text": "no id"})
    )
    (tmp_path / "b.tsv").write_text("id\ttext\nd2\tdogs bark\n")
    (tmp_path / "c.txt").write_text("one line\n\nanother\n")
    found = [(one.id, one.text, one.further) for one in read_index_texts(tmp_path)]
    assert found == [
        ("d1", "Cats purr", {"year": 3}),
        (f"{tmp_path}/a.jsonl:2", "no id", {}),
        ("d2", "dogs bark", {}),
        (f"{tmp_path}/c.txt:1", "one line", {}),
        (f"{tmp_path}/c.txt:3", "another", {}),
    ]
    whole = list(read_index_texts(tmp_path / "c.txt", whole_files=True))
    assert [(one.id, one.text) for one in whole] == [(f"{tmp_path}/c.txt", "one line\n\nanother")]


def test_documents_with_titles_are_read_as_a_collection_reads_them(tmp_path):
    documents = [(None, "purr"), ("Cats", "purr"), (" Cats", "purr "), (" ", "purr"), ("Cats", ""), (3, "purr")]
    rows = [{"_id": f"d{n}", "title": title, "text": text} for n, (title, text) in enumerate(documents)]
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "queries.jsonl").write_text(json.dumps({"_id": "q1", "text": "who purrs"}))
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("q1 d1 1")
    texts = {one.id: one.text for one in read_index_texts(tmp_path / "corpus.jsonl")}
    assert texts == read_beir(tmp_path).documents
    assert list(texts.values()) == ["purr", "Cats purr", "Cats purr", "purr", "Cats", "purr"]
    assert {one.id: one.text for one in read_index_texts(tmp_path)} == texts  # without queries and judgements


@pytest.mark.parametrize(
    "name, content", [("a.txt", "a café"), ("a.tsv", "id\ttext\nx\ta café"), ("a.jsonl", '{"text": "a café"}')]
)
def test_files_are_read_in_their_encoding(tmp_path, name, content):
    (tmp_path / name).write_bytes(content.encode("cp1252"))
    with pytest.raises(ValueError, match="encoding='cp1252'"):
        list(read_index_texts(tmp_path / name))
    for whole_files in (False, True):
        (found,) = read_index_texts(tmp_path / name, encoding="cp1252", whole_files=whole_files)
        assert found.text == "a café"


def test_a_faulty_row_is_told_with_its_place(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "a", "text": "x"}\n{"id": "b"}\n')
    with pytest.raises(ValueError, match="a.jsonl:2: expected an object with text"):
        list(read_index_texts(path))
    assert [one.id for one in read_index_texts(path, errors="skip")] == ["a"]
    with pytest.raises(ValueError, match="a.jsonl:1: the id 'a' comes twice"):
        Index.build(tmp_path / "index", [*read_index_texts(path, errors="skip")] * 2, encoder)
