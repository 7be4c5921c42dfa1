"""Corpus preparation that is killed, everywhere it can be, and goes on."""

import itertools
import json
import logging
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from bert_keras.data.corpus import preparation as corpus_module
from bert_keras.data.corpus import workers as corpus_workers
from bert_keras.data.corpus.preparation import prepare_corpus
from bert_keras.data.corpus.shard_writer import ShardWriter
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer

OPTIONS = {"passage_tokens": 13, "records_per_shard": 2}


class Killed(BaseException):
    pass


def content_of(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.fixture(scope="module")
def tokenizer(vocabulary):
    return WordPieceTokenizer(vocabulary, split_special_tokens=True)  # one that need not be built anew each time


@pytest.fixture
def source(tmp_path, documents, monkeypatch):
    monkeypatch.setattr(corpus_module, "_CHUNK_CHARACTERS", 300)
    for number, document in enumerate(documents[:3]):
        (tmp_path / f"{number}.txt").write_text(f"{document}\n\n{documents[0]}")  # a duplicate in each
    return tmp_path / "*.txt"


@pytest.fixture
def expected(tmp_path, source, tokenizer):
    prepare_corpus(source, tmp_path / "unbroken", tokenizer, **OPTIONS)
    return content_of(tmp_path / "unbroken")


def prepare_killed_at(call, monkeypatch, *arguments, **options):
    """Kills the preparation at the n-th write to disk: nothing is cleaned up. Whether there were so many."""
    calls = itertools.count(1)
    with monkeypatch.context() as patch:
        for name in ("fsync", "replace", "unlink"):
            real = getattr(os, name)

            def act(*arguments, real=real, **options):
                if next(calls) >= call:
                    raise Killed
                return real(*arguments, **options)

            patch.setattr(os, name, act)
        patch.setattr(ShardWriter, "__exit__", lambda *arguments: None)
        try:
            prepare_corpus(*arguments, **OPTIONS, **options, if_exists="reuse")
        except Killed:
            return True
    return False


def test_killed_at_any_write_it_goes_on_to_the_same_bytes(tmp_path, source, expected, tokenizer, monkeypatch):
    for call in itertools.count(1):
        out = tmp_path / f"killed{call}"
        was_killed = prepare_killed_at(call, monkeypatch, source, out, tokenizer)
        prepare_corpus(source, out, tokenizer, **OPTIONS, if_exists="reuse")
        assert {name: content for name, content in content_of(out).items() if name[0] != "."} == expected
        if not was_killed:
            break
    assert call > 20


def test_killed_again_and_again_it_comes_to_an_end(tmp_path, source, expected, tokenizer, monkeypatch):
    calls = itertools.count(7)
    while prepare_killed_at(next(calls), monkeypatch, source, tmp_path / "out", tokenizer):
        pass
    assert content_of(tmp_path / "out").items() >= expected.items()


def test_what_packs_texts_and_sentences_goes_on_to_the_same_bytes(tmp_path, documents, tokenizer, monkeypatch):
    monkeypatch.setattr(corpus_module, "_CHUNK_CHARACTERS", 300)
    sentences = [document.split(". ") for document in documents]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": "\n".join(lines)}) + "\n" for lines in sentences[:2]))
    (tmp_path / "b.json").write_text(json.dumps([{"text": documents[2]}, {"text": documents[0]}], indent=1))
    (tmp_path / "c").write_text(
        "".join(f'<doc id="1" url="u" title="d1x2">\nd1x2\n\n{d}\n</doc>\n' for d in documents[3:5])
    )
    (tmp_path / "d.txt").write_text("\n\n".join("\n".join(lines) for lines in sentences[4:]))
    source = [tmp_path / name for name in ("a.jsonl", "b.json", "c", "d.txt")]
    prepare_corpus(source, tmp_path / "unbroken", tokenizer, **OPTIONS)
    for call in (5, 12, 19):
        assert prepare_killed_at(call, monkeypatch, source, tmp_path / f"killed{call}", tokenizer)
        prepare_corpus(source, tmp_path / f"killed{call}", tokenizer, **OPTIONS)
        assert content_of(tmp_path / f"killed{call}") == content_of(tmp_path / "unbroken")


def test_without_near_duplicates_and_faults_it_goes_on_to_the_same_bytes(tmp_path, documents, tokenizer, monkeypatch):
    monkeypatch.setattr(corpus_module, "_CHUNK_CHARACTERS", 300)
    texts = [*documents[:3], documents[0].replace("d0x59", "d1x1"), documents[3], "{d3x1}", documents[4]]
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.txt").write_text(text)
    source, options = tmp_path / "*.txt", {"near_duplicates": 0.8, "scripts": ["latin"], "quality": ["curly_brackets"]}

    def prepare(out, run=prepare_corpus, *arguments, **others):
        return run(*arguments, source, out, tokenizer, **options, left_out=out / "left_out.jsonl", **others)

    report = prepare(tmp_path / "unbroken", **OPTIONS)
    assert report.dropped == {"near-duplicate documents": 1, "documents with a curly bracket": 1}
    expected = content_of(tmp_path / "unbroken")
    assert {json.loads(line)["document"] for line in expected["left_out.jsonl"].splitlines()} == {3, 5}
    for call in itertools.count(5, 7):
        out = tmp_path / f"killed{call}"
        was_killed = prepare(out, prepare_killed_at, call, monkeypatch)
        prepare(out, **OPTIONS, if_exists="reuse")
        content = content_of(out)
        assert {name: content[name] for name in content if name[0] != "."} == expected
        if not was_killed:
            break
    assert call > 20


def test_what_is_complete_is_not_tokenized_again(tmp_path, source, tokenizer, monkeypatch, caplog):
    encode, encoded = corpus_workers.encode_chunk, []

    def count(chunk, *arguments):
        if len(encoded) == 2:
            raise Killed
        encoded.append(chunk)
        return encode(chunk, *arguments)

    monkeypatch.setattr(corpus_workers, "encode_chunk", count)
    with pytest.raises(Killed):
        prepare_corpus(source, tmp_path / "out", tokenizer, **OPTIONS)
    before = [document for chunk in encoded for document, _ in chunk]
    encoded.clear()
    with caplog.at_level(logging.WARNING):
        monkeypatch.setattr(corpus_workers, "encode_chunk", lambda *x: (encoded.append(x[0]), encode(*x))[1])
        prepare_corpus(source, tmp_path / "out", tokenizer, **OPTIONS)
    assert "going on after" in caplog.text
    after = [document for chunk in encoded for document, _ in chunk]
    assert before[0] not in after


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_broken_off_while_it_looks_for_its_shards_it_keeps_them(
    tmp_path, source, expected, tokenizer, monkeypatch, error
):
    out = tmp_path / "out"
    assert prepare_killed_at(12, monkeypatch, source, out, tokenizer)
    complete = sorted(out.glob(".passages-*.tmp"))[:2]  # and one that was under way

    def fail(*arguments):
        raise error

    with monkeypatch.context() as patch, pytest.raises(error):
        patch.setattr(ShardWriter, "_find", fail)
        prepare_corpus(source, out, tokenizer, **OPTIONS)
    assert sorted(out.glob(".passages-*.tmp")) == complete
    prepare_corpus(source, out, tokenizer, **OPTIONS)
    assert content_of(out) == expected


def test_other_options_begin_anew(tmp_path, source, tokenizer, monkeypatch):
    assert prepare_killed_at(12, monkeypatch, source, tmp_path / "out", tokenizer)
    options = OPTIONS | {"passage_tokens": 20}
    prepare_corpus(source, tmp_path / "out", tokenizer, **options)
    prepare_corpus(source, tmp_path / "other", tokenizer, **options)
    assert content_of(tmp_path / "out") == content_of(tmp_path / "other")


@pytest.mark.parametrize("damage", ["shard", "no shard", "progress", "tally"])
def test_damaged_progress_is_made_anew(tmp_path, source, expected, tokenizer, monkeypatch, caplog, damage):
    out = tmp_path / "out"
    assert prepare_killed_at(12, monkeypatch, source, out, tokenizer)
    shard, progress = out / ".passages-00000.tmp", out / ".progress.json"
    if damage == "shard":
        shard.write_bytes(shard.read_bytes()[:-1])
    elif damage == "no shard":
        shard.unlink()
    elif damage == "progress":
        progress.write_bytes(progress.read_bytes()[:50])
    else:
        progress.write_text(progress.read_text().replace("token_counts", "tokens"))
    prepare_corpus(source, out, tokenizer, **OPTIONS)
    assert content_of(out) == expected
    assert "damaged" in caplog.text


@pytest.mark.slow
def test_a_killed_process_goes_on(tmp_path, source, expected, tokenizer):
    tokenizer.save_to_preset(tmp_path / "preset")
    program = f"""
        import os, signal
        from bert_keras import data
        from bert_keras.data.corpus import preparation as corpus
        corpus._CHUNK_CHARACTERS = 300
        real, calls = os.replace, []
        def replace(*arguments):
            calls.append(arguments)
            if len(calls) == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            real(*arguments)
        os.replace = replace
        tokenizer = data.WordPieceTokenizer.from_preset({str(tmp_path / "preset")!r})
        data.prepare_corpus({str(source)!r}, {str(tmp_path / "out")!r}, tokenizer, **{OPTIONS!r})
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    prepare_corpus(source, tmp_path / "out", tokenizer, **OPTIONS)
    assert content_of(tmp_path / "out") == expected
