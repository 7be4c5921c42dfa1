"""What the documents say is true: the code of each page runs from top to bottom, and what a page names is there."""

import collections
import json
import pathlib
import re
import shlex
import shutil

import pytest

from bert_keras import command_line, data, models
from bert_keras.data import (
    read_beir,
    read_generation,
    read_matching,
    read_qrels,
    read_questions,
    read_relations,
    read_run,
    read_smart,
    read_tagged_sentences,
    read_triples,
)

ROOT = pathlib.Path(__file__).parents[1]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "recipes" / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    if path.name != "lab-notes.md"  # what was true when it was noted
}
CODE = {
    name: re.findall(r"^```(python|bash)\n(.*?)^```", page, re.DOTALL | re.MULTILINE) for name, page in PAGES.items()
}
SLOW = (
    "docs/classify.md",
    "docs/explain.md",
    "docs/family.md",
    "docs/generate.md",
    "docs/own-layers.md",
    "docs/own-model.md",
    "docs/pretrain.md",
    "docs/questions.md",
    "docs/relations.md",
    "docs/tags.md",
    "docs/vectors.md",
    "docs/watch.md",
)

# What takes hours, in sizes that take a second: {page: {what it says: what is run}}.
SMALLER = collections.defaultdict(dict) | {
    "README.md": {
        "8192": "300", '"mini"': '"tiny"', "passage_tokens=125": "passage_tokens=29", "batch_size=32": "batch_size=2",
        "sequence_length=128": "sequence_length=32",
        "steps_per_epoch=200, epochs=100": "steps_per_epoch=1, epochs=1",
    },
    "docs/own-layers.md": {"GatedMean(384)": "GatedMean(8)"},
    "docs/family.md": {
        "--kind byte_pair": "--kind byte_pair --vocabulary-size 300 --passage-tokens 29 --validation-every 3",
        "--steps 20000": "--steps 2 --warmup-steps 1 --batch-size 2 --sequence-length 32 --no-xla --size tiny"
        " --no-warm-start",  # so few different tokens
    },
    "docs/generate.md": {
        "--run-directory runs/generator": "--run-directory runs/generator --epochs 1 --max-new-tokens 4"
        " --measures distinct-2",
        "--kind byte_pair": "--kind byte_pair --vocabulary-size 300 --passage-tokens 29 --validation-every 3",
        "--size small": "--size tiny --steps 2 --warmup-steps 1 --batch-size 2 --sequence-length 32 --no-xla"
        " --no-warm-start",
    },
    "docs/pretrain.md": {
        "--vocabulary-size 16000": "--vocabulary-size 300 --passage-tokens 29 --validation-every 3",
        "--vocabulary runs/encoder": "--vocabulary runs/encoder --passage-tokens 29 --validation-every 3",
        "--max-hours 2": "--steps 2 --warmup-steps 1 --batch-size 2 --sequence-length 32",
        "--steps 20000": "--steps 2 --warmup-steps 1 --batch-size 2 --sequence-length 32 --no-xla",
        "--size mini": "--size tiny",
    },
    "docs/vectors.md": {"--validation 0.2": "--validation 0.2 --epochs 1 --batch-size 8 --sequence-length 16"},
    "docs/search.md": {
        "--output runs/index": "--output runs/index --prepare none",  # bm25s need not be here
        "--validation 0.2": "--validation 0.2 --epochs 1 --batch-size 8 --sequence-length 16",
    },
}  # fmt: skip
# What is so when a page's code has run.
THEN = collections.defaultdict(tuple) | {
    "README.md": (
        "'accuracy' in json.loads(Path('runs/finetune_classifier/results.json').read_text())['scores']['validation']",
        "len(Path('runs/predict/predictions.jsonl').read_text().splitlines()) == 2",
        "type(encoder.encoder_blocks[1].attention).__name__ == 'MeanAttention'",
    ),
    "docs/own-layers.md": (
        "all(type(model.encoder.encoder_blocks[-1].attention) is GatedMean for model in (again, tagger))",
        "Path('runs/exported/saved_model.pb').exists()",
    ),
    "docs/own-model.md": (
        "{values.shape for values in batch.values()} == {(4, 32)}",
        "np.allclose(model.predict(batch, verbose=0), again.predict(batch, verbose=0), rtol=1e-5)",
        "read(read_texts) == ReviewReader(reviewer, tokenizer)(read_texts)",
        "np.mean([row == {'opinion': o, 'words': w} for row, (_, o, w) in zip(read(read_texts), reviews)]) > 0.7",
        "read('we loved the wine')['words'] in 'we loved the wine'",
    ),
    "docs/search.md": ("answer['answer'] in Path(answer['document']).read_text()", "len(index) > 8"),
    "docs/reliability.md": ("callbacks.SaveAndResume('runs/mine/state').step > 0",),
}  # fmt: skip


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory):
    """A folder with what the pages take for granted: a pretrained encoder, and a small file of each kind."""
    folder = tmp_path_factory.mktemp("stand_ins")
    words = sorted(set(re.findall(r"[A-Za-z]+", " ".join(PAGES.values()))))
    tokenizer = data.WordPieceTokenizer(data.train_vocabulary([" ".join([*words, "$", "#"])], 600, min_frequency=1))
    encoder = models.BertEncoder(tokenizer.vocabulary_size, 1, 2, 8, 16)
    presets = {
        "runs/encoder": (encoder, None),
        "fetched": (models.BertPretrainer(encoder), None),
        "uncased_L-12_H-768_A-12": (encoder, "google"),
    }
    for name, (model, form) in presets.items():
        model.save_to_preset(folder / name, format=form)
        tokenizer.save_to_preset(folder / name)
    models.QuestionAnswerer(encoder).save_to_preset(folder / "runs" / "reader")
    tokenizer.save_to_preset(folder / "runs" / "reader")
    models.PrefixLM.from_preset(folder / "runs" / "encoder").save_to_preset(folder / "runs" / "writer")
    tokenizer.save_to_preset(folder / "runs" / "writer")
    models.TextClassifier(encoder, 2).save(folder / "runs" / "model.keras")

    rows = [f"{'good' if i % 2 else 'bad'} soup {i},the {i}th,{'pos' if i % 2 else 'neg'},{i % 5}" for i in range(20)]
    tagged = "\n".join(f"{name} B-person\nwon O\nthe O\nsoup O\n" for name in ("Ada", "Lin", "Max"))
    answer = {"id": "1", "text": "The cat", "answer_start": 0}
    asked = {"context": "The cat sat.", "qas": [{"id": "q1", "question": "Who sat?", "answers": [answer]}]}
    related = [{"text": f"A [E1]cat[/E1] {word} a [E2]box[/E2].", "label": word} for word in ("in", "on")]
    triple = {"text": "Ada won", "triple_list": [["Ada", "did", "won"]]}
    files = {
        "reviews.csv": "\n".join(["review,title,label,stars", *rows]),
        "new.csv": "id,review\n1,what a soup\n2,never again\n",
        "topics.csv": "text,topics\ncold soup,taste\nthe soup,taste;price\nnever,\n",
        **{f"restaurants{part}.csv": "mr,ref\nname[Aromi],Aromi is a pub.\n" for part in ("", "_dev")},
        "train.conll": tagged,
        "dev.conll": tagged,
        "trees.conllu": "1\tsoup\t_\t_\t_\t_\t2\tnsubj\t_\t_\n2\twon\t_\t_\t_\t_\t0\troot\t_\t_\n\n",
        "texts.txt": "Ada won\nthe soup\n",
        "spans.jsonl": json.dumps({"text": "Ada won", "spans": [{"start": 0, "end": 3, "label": "person"}]}),
        "squad.json": json.dumps({"version": "1.1", "data": [{"title": "t", "paragraphs": [asked]}]}),
        "relations.jsonl": "\n".join(map(json.dumps, related)),
        "triples.jsonl": json.dumps(triple),
        "pairs.csv": "question,answer\n" + "".join(f"is soup {i} good,the soup {i} is bad\n" for i in range(20)),
    }
    files |= {
        f"my/{n}.txt": " ".join(f"Sentence {i} of text {n} is word{i * n % 50} and ends." for i in range(60))
        for n in range(8)
    }
    (folder / "my").mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def in_stand_ins(stand_ins, tmp_path, monkeypatch):
    """The test's own copy of that folder is the working directory, and what would be fetched is there."""
    shutil.copytree(stand_ins, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *arguments, **options: str(tmp_path / "fetched"))
    monkeypatch.setattr("kagglehub.model_download", lambda *arguments: str(tmp_path / "fetched"))


@pytest.mark.parametrize(
    "page",
    [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name, code in CODE.items() if code],
)
def test_the_code_of_a_page_runs_from_top_to_bottom(page, in_stand_ins):
    scope, unused = {}, dict(SMALLER[page])
    for language, code in CODE[page]:
        for large, small in SMALLER[page].items():
            if large in code:
                code = code.replace(large, small)
                unused.pop(large, None)
        if language == "python":
            exec(compile(code, page, "exec"), scope)
        else:
            for line in code.replace("\\\n", " ").splitlines():
                run_command(line)
    assert not unused
    for fact in THEN[page]:
        assert eval(fact, scope | {"json": json, "Path": pathlib.Path}), fact


def run_command(line):
    """Runs a recipe in this process."""
    python, path, *words = shlex.split(line, comments=True)
    assert python == "python" and path.startswith("recipes/"), line
    command_line.run(command_line.load_script(ROOT / path).main, words)


def anchors(page):
    """What a link may end in, as GitHub makes it of a headline."""
    headlines = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", headline.lower()).replace(" ", "-") for headline in headlines}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_headline_that_a_page_links_to_is_there(page):
    for path, headline in re.findall(r"\]\(([^):#]*)#?([^):]*)\)", PAGES[page]):
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), path
        assert not headline or headline in anchors(target.read_text(encoding="utf-8")), headline


def test_every_page_is_two_clicks_from_readme():
    linked = set(re.findall(r"\]\(([^):#]+\.md)", PAGES["README.md"]))
    assert linked >= set(PAGES) - {"README.md"}


@pytest.mark.parametrize("page", PAGES)
def test_every_option_and_target_of_make_that_a_page_names_is_there(page):
    sources = [path for room in ("recipes", "bert_keras", "benchmarks") for path in (ROOT / room).glob("*.py")]
    known = set(re.findall(r"\w+", "".join(path.read_text(encoding="utf-8") for path in sources)))
    for option in set(re.findall(r"(?<![\w-])--([a-z-]+)\b", PAGES[page])) - {"help", "logdir"}:
        assert {option.replace("-", "_"), option.removeprefix("no-").replace("-", "_")} & known, option
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)(?:$|`)", PAGES[page], re.MULTILINE)) <= set(targets)


SECTIONS = PAGES["docs/files.md"].split("\n## ")
EXAMPLES = {
    (section.split("\n")[0], name): text
    for section in SECTIONS
    for name, text in re.findall(r"`([\w.]+)`[^\n]*:\n\n```\w+\n(.*?)```", section, re.DOTALL)
}


def of(section):
    return {name: text for (title, name), text in EXAMPLES.items() if title == section}


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        (tmp_path / "brat.txt").write_text("Ada smiled")
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


@pytest.mark.parametrize("name", of("Tags and spans"))
def test_examples_of_tags_and_spans_are_read(write, name):
    is_upos = name.endswith(".conllu")
    column = "my:ner" if name.endswith(".conllup") else None
    path = write(name, of("Tags and spans")[name])
    sentences = read_tagged_sentences(path, scheme=None if is_upos else "BIO", tag_column=column)
    assert sentences.words[0][:2] == ("Ada", "smiled")
    assert sentences.tags[0][:2] == (("PROPN", "VERB") if is_upos else ("B-person", "O"))


@pytest.mark.parametrize("name", of("Relations"))
def test_examples_of_relations_are_read(write, name):
    examples = read_relations(write(name, of("Relations")[name]))
    ((start, end),), ((other_start, other_end),) = examples.first_spans, examples.second_spans
    assert (examples.texts[0][start:end], examples.texts[0][other_start:other_end]) == ("cat", "box")


@pytest.mark.parametrize("name", of("Triples"))
def test_examples_of_triples_are_read(write, name):
    assert read_triples(write(name, of("Triples")[name])).quoted() == [[("Ada", "won", "did")]]


@pytest.mark.parametrize("name", of("Questions"))
def test_examples_of_questions_are_read(write, name):
    (question,) = read_questions(write(name, of("Questions")[name]))
    (answer,) = question.answers
    assert (question.question, answer.text, answer.start) == ("Who sat?", "The cat", 0)


@pytest.mark.parametrize("name", of("Sources and targets"))
def test_examples_of_sources_and_targets_are_read(write, name):
    examples = read_generation(write(name, of("Sources and targets")[name]))
    assert examples.targets[0] in ("Aromi is a coffee shop.", "3", "A cat sat.", "No.", "Behind the church.")


@pytest.mark.parametrize("name", of("Texts that match"))
def test_examples_of_texts_that_match_are_read(write, name):
    assert read_matching(write(name, of("Texts that match")[name])).texts[0][:2] == ("a cat sat", "a kitten sat")


def test_examples_of_collections_are_read(tmp_path):
    for name, text in of("Collections").items():
        path = tmp_path / ("qrels" if name == "test.tsv" else "") / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    collection = read_beir(tmp_path)
    assert (collection.queries, collection.documents) == ({"q1": "who sat"}, {"d1": "Cats A cat sat."})
    assert collection.qrels == read_qrels(tmp_path / "qrels.txt") == {"q1": {"d1": 1}}
    assert read_run(tmp_path / "run.txt") == {"q1": {"d1": 12.5}}
    assert read_smart(tmp_path / "cran.all") == {"d1": "A cat sat."}


def test_every_format_has_its_example():
    titles = ("Tags and spans", "Relations", "Triples", "Questions", "Texts that match", "Collections")
    assert [len(of(name)) for name in titles] == [13, 4, 4, 5, 6, 6]
