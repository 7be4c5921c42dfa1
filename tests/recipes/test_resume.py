"""The pretraining recipe as a user's machine treats it: killed, told to stop, started again."""

import collections
import itertools
import json
import random
import signal
import time

import pytest

from bert_keras.finetuning import INSIDE

pytestmark = pytest.mark.slow
SAVING_OFTEN = {"every_steps": 3}


@pytest.fixture(scope="module")
def corpus(run_recipe, tmp_path_factory):
    directory = tmp_path_factory.mktemp("text")
    words = "president united congress people army southern treasury several states house".split()
    for number in range(40):
        chosen = random.Random(number)
        texts = (f"The {' '.join(chosen.choices(words, k=7))}. " for _ in range(30))
        (directory / f"{number:02}.txt").write_text("".join(texts))
    options = ["--output", directory / "corpus", "--vocabulary-size", 120, "--passage-tokens", 29]
    run_recipe("prepare_corpus.py", f"{directory}/*.txt", *options)
    return directory / "corpus"


@pytest.fixture
def shown(logged_points):
    """Function that gives all that TensorBoard shows of a run's training, by step, but how fast it was: each once."""

    def read(run_directory):
        points = sorted(point for point in logged_points(run_directory / "logs") if point[0] != "results")
        assert len({point[:3] for point in points}) == len(points)
        return [point for point in points if point[1] != "step/tokens_per_second"]

    return read


def stop_at(process, directory, step, number):
    """Sends a signal once a state of the step, or of a later one, is there."""
    while process.poll() is None:
        saved = [int(path.name[5:]) for path in (directory / "state").glob("step-*")]
        if max(saved, default=0) >= step:
            process.send_signal(number)
            break
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("backend", "options"),
    [
        ("tensorflow", ()),
        ("tensorflow", ("--no-xla", "--sentence-task", "none", "--rows", "packed")),
        ("tensorflow", ("--no-xla", "--objective", "next_tokens", "--rows", "packed")),
        ("tensorflow", ("--masking", "spans", "--span-boundaries")),
        *((backend, ("--watch", *INSIDE)) for backend in ("tensorflow", "jax", "torch")),
        *((backend, ("--objective", "replaced_tokens")) for backend in ("tensorflow", "jax", "torch")),
    ],
)
def test_killed_and_stopped_it_ends_as_if_it_had_not_been(start_recipe, shown, corpus, tmp_path, backend, options):
    pytest.importorskip(backend)

    def begin(name):
        return start_recipe(
            "pretrain.py", "--corpus", corpus, "--run-directory", tmp_path / name, "--size", "tiny",
            "--sequence-length", 32, "--steps", 120, "--warmup-steps", 4, "--steps-per-report", 40, "--batch-size", 8,
            "--validation-batches", 2, "--save-minutes", 0, "--no-warm-start", *options, backend=backend,
        )  # fmt: skip

    begin("unbroken").finish()
    stopped = begin("stopped")
    stop_at(stopped, tmp_path / "stopped", 1, signal.SIGKILL)
    stopped.finish(-signal.SIGKILL)
    stopped = begin("stopped")
    stop_at(stopped, tmp_path / "stopped", 30, signal.SIGTERM)
    assert "Go on with:" in stopped.finish(128 + signal.SIGTERM)
    assert "resuming at step" in begin("stopped").finish()
    assert shown(tmp_path / "stopped") == shown(tmp_path / "unbroken")
    unbroken, stopped = (sorted(tmp_path.glob(f"{name}/preset/**/*.safetensors")) for name in ("unbroken", "stopped"))
    assert len(unbroken) == (2 if "replaced_tokens" in options else 1)
    assert [path.read_bytes() for path in stopped] == [path.read_bytes() for path in unbroken]


def test_the_quickstart_goes_on_within_its_budget_and_starts_anew_when_it_is_finished(
    start_recipe, run_recipe, tmp_path
):
    words = ["".join(letters) for letters in itertools.product("bdfgk", "aeiou", "lmnr", "aou")]
    for number in range(20):
        chosen = random.Random(number)
        sentences = (" ".join(chosen.choices(words, k=8)) + ". " for _ in range(40))
        (tmp_path / f"{number:02}.txt").write_text("".join(sentences))
    options = ["--corpus", tmp_path / "*.txt", "--run-directory", tmp_path, "--minutes", 1.5, "--vocabulary-size", 400]
    killed = start_recipe("quickstart.py", *options, saving=SAVING_OFTEN)
    stop_at(killed, tmp_path, 1, signal.SIGKILL)
    killed.finish(-signal.SIGKILL)
    assert "resuming at step" in run_recipe("quickstart.py", *options)
    assert (tmp_path / "results.json").is_file() and not (tmp_path / "state").exists()
    assert seconds_of_training(tmp_path) < 90


def seconds_of_training(directory):
    """From the first point of the curves to the last, less what no process was there for."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    times = collections.defaultdict(list)
    for path in directory.glob("logs/pretraining/train/events.*"):  # a process may have several files
        process = path.name.split(".")[-2]
        times[process] += [event.wall_time for event in EventFileLoader(str(path)).Load() if event.step]
    return sum(max(each) - min(each) for each in times.values() if each)


def labelled(path, num_rows):
    rows = (
        f"the {'old' if number % 2 else 'united'} house number {number % 7}\tname{number % 2}"
        for number in range(num_rows)
    )
    path.write_text("sentence\tlabel\n" + "\n".join(rows) + "\n")
    return path


def test_a_classifier_told_to_stop_ends_as_if_it_had_not_been(start_recipe, run_recipe, corpus, tmp_path):
    options = ["--size", "tiny", "--sequence-length", 32, "--steps", 2, "--warmup-steps", 1, "--steps-per-report", 2]
    options += ["--run-directory", tmp_path / "pretrained", "--no-warm-start", "--validation-batches", 1]
    run_recipe("pretrain.py", "--corpus", corpus, *options)
    train, validation = labelled(tmp_path / "train.tsv", 640), labelled(tmp_path / "validation.tsv", 12)
    options = ["--preset", tmp_path / "pretrained" / "preset", "--train", train, "--validation", validation]
    options += ["--sequence-length", 16, "--epochs", 3, "--batch-size", 8, "--watch", "confusion", "examples"]

    def begin(name):
        return start_recipe("finetune_classifier.py", *options, "--run-directory", tmp_path / name)

    begin("unbroken").finish()
    stopped = begin("stopped")
    while not list(tmp_path.glob("stopped/logs/train/events.*")) and stopped.poll() is None:  # it trains
        time.sleep(0.02)
    stopped.send_signal(signal.SIGTERM)
    stopped.finish(128 + signal.SIGTERM)
    assert "resuming at step" in begin("stopped").finish()
    unbroken, stopped = (tmp_path / name / "preset" / "model.safetensors" for name in ("unbroken", "stopped"))
    assert stopped.read_bytes() == unbroken.read_bytes()


# Files for the recipes with so many examples, no two alike: who went on with the wrong ones would end otherwise.


def tags(count):
    return "".join(f"{n} B-{'ab'[n % 2]}\nwas O\n{'good' if n % 3 else 'bad'} O\n\n" for n in range(count))


def relations(count):
    labels = "Is(e1,e2)", "Other"
    return "".join(f'{n}\t"<e1>{n}</e1> was <e2>good</e2>"\n{labels[n % 2]}\n\n' for n in range(count))


def triples(count):
    rows = ({"text": f"{n} was good", "spo_list": [[str(n), "ab"[n % 2], "good"]]} for n in range(count))
    return "".join(json.dumps(row) + "\n" for row in rows)


def choices(count):
    return "sent1,sent2,ending0,ending1,label\n" + "".join(f"{n} was,who,good,bad,{n % 2}\n" for n in range(count))


def questions(count):
    paragraphs = []
    for n in range(count):
        context = f"{n} was good . b{n} was bad ."
        answer = {"text": f"b{n}", "answer_start": context.index("b")}
        asked = [{"id": str(n), "question": "who was bad ?", "answers": [answer]}]
        paragraphs.append({"context": context, "qas": asked})
    return json.dumps({"version": "1.1", "data": [{"title": "", "paragraphs": paragraphs}]})


def sources(count):
    return "source,target\n" + "".join(f"{n} was,{'good' if n % 3 else 'bad'} {n}\n" for n in range(count))


def mined(count):
    rows = ({"query": f"who was {n}", "positive": f"{n} was good", "negatives": [f"{n} was bad"]} for n in range(count))
    return "".join(json.dumps(row) + "\n" for row in rows)


# Of each recipe its examples, the suffix of their file, and options for short rows.
EXAMPLES = {
    "finetune_tagger.py": (tags, "txt", ("--watch", "confusion", "spans", *INSIDE)),
    "finetune_relations.py": (relations, "txt", ("--watch", "calibration")),
    "finetune_triples.py": (triples, "jsonl", ("--watch", "spans", *INSIDE)),
    "finetune_generator.py": (
        sources, "csv", ("--measures", "distinct-2", "--best", "perplexity", "--max-new-tokens", 8)
    ),
    "finetune_multiple_choice.py": (choices, "csv", ("--choice-columns", "ending0", "ending1", "--watch", "examples")),
    "finetune_sentence_encoder.py": (
        mined, "jsonl", ("--mini-batch-size", 3, "--matryoshka-dims", 8, 4, "--watch", "projector", "layers")
    ),
    "finetune_cross_encoder.py": (mined, "jsonl", ("--watch", "precision_recall")),
    "finetune_question_answering.py": (
        questions, "json", ("--stride", 4, "--max-question-tokens", 8, "--max-answer-tokens", 4, "--watch", "layers")
    ),
}  # fmt: skip


@pytest.mark.parametrize("recipe", EXAMPLES)
def test_killed_in_the_middle_of_an_epoch_every_recipe_ends_as_if_it_had_not_been(
    start_recipe, shown, marked_preset, tmp_path, recipe
):
    examples, suffix, more = EXAMPLES[recipe]
    options = ["--preset", marked_preset, "--sequence-length", 32, "--epochs", 2, "--batch-size", 2, *more]
    for part, count in ("train", 120), ("validation", 2):
        (tmp_path / f"{part}.{suffix}").write_text(examples(count))
        options += [f"--{part}", tmp_path / f"{part}.{suffix}"]

    def begin(name):
        return start_recipe(recipe, *options, "--run-directory", tmp_path / name, saving=SAVING_OFTEN)

    begin("unbroken").finish()
    killed = begin("killed")
    stop_at(killed, tmp_path / "killed", 6, signal.SIGKILL)
    killed.finish(-signal.SIGKILL)
    assert ", epoch 1, from" in begin("killed").finish()  # of 60 steps each, or more
    assert shown(tmp_path / "killed") == shown(tmp_path / "unbroken")
    unbroken, killed = (tmp_path / name / "preset" / "model.safetensors" for name in ("unbroken", "killed"))
    assert killed.read_bytes() == unbroken.read_bytes()
