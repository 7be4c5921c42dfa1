"""The predictor of a preset, and the files that it is given."""

import json
import pathlib

import keras
import numpy as np
import pytest

from bert_keras import data, inference, models
from bert_keras.data import WordPieceTokenizer
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.inference import load_predictor, read_inputs

pytestmark = pytest.mark.slow_elsewhere

TOKENIZER = [*SPECIAL_TOKENS, "$", "#", *"abcdefghijklmnopqrstuvwxyz"]
HEADS = {
    "Embedder": lambda encoder: encoder,
    "FillMask": lambda encoder: models.BertPretrainer(encoder, next_sentence=False),
    "Classifier": lambda encoder: models.TextClassifier(encoder, 2, labels=("no", "yes")),
    "Tagger": lambda encoder: models.TokenClassifier(encoder, 3, labels=("O", "B-x", "I-x")),
    "SpanFinder": lambda encoder: models.SpanTagger(encoder, ("x", "y"), head_dim=4),
    "QuestionAnswerer": lambda encoder: models.QuestionAnswerer(encoder),
    "RelationExtractor": lambda encoder: models.RelationClassifier(encoder, 2, labels=("r", "s")),
    "TripleFinder": lambda encoder: models.TripleExtractor(encoder, ("r",), head_dim=4),
    "Chooser": lambda encoder: models.MultipleChoice(encoder),
    "Generator": lambda encoder: models.PrefixLM(
        models.BertEncoder.from_config(encoder.get_config() | {"attention_pattern": "prefix", "pooler": False})
    ),
}


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    """Function that writes a small preset with the head of a predictor, once each."""
    made = {}

    def make(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            keras.utils.set_random_seed(0)
            pooler = name not in (
                "FillMask",
                "Tagger",
                "SpanFinder",
                "QuestionAnswerer",
                "RelationExtractor",
                "TripleFinder",
            )
            encoder = models.BertEncoder(len(TOKENIZER), 1, 2, 8, 16, max_sequence_length=64, pooler=pooler)
            HEADS[name](encoder).save_to_preset(made[name])
            WordPieceTokenizer(TOKENIZER).save_to_preset(made[name])
        return made[name]

    return make


@pytest.mark.parametrize("name", HEADS)
def test_each_preset_gives_the_predictor_of_its_head(preset, name):
    predictor = load_predictor(preset(name))
    assert type(predictor) is getattr(inference, name)


ARGUMENTS = {  # further ones, for two texts
    "QuestionAnswerer": (["d e", "f"],),
    "Chooser": ([["d", "e"], ["f", "g"]],),
}


@pytest.mark.parametrize("name", HEADS)
def test_texts_are_a_list_or_any_other_iterable_or_a_file_or_rows(preset, name, tmp_path):
    options = {"max_new_tokens": 4} if name == "Generator" else {}
    predictor, others = load_predictor(preset(name), **options), ARGUMENTS.get(name, ())
    texts = [{"FillMask": f"{text} [MASK]", "RelationExtractor": f"<e1>{text}</e1> <e2>c</e2>"}.get(name, text)
             for text in ("a b", "c")]  # fmt: skip
    expected = json.dumps(predictor(texts, *others), default=np.ndarray.tolist)
    sources = [tuple(texts), iter(texts), (text for text in texts)]
    if name != "QuestionAnswerer":  # a file of questions is one in SQuAD's format
        (tmp_path / "texts.txt").write_text("".join(f"{text}\n" for text in texts))
        sources.append(tmp_path / "texts.txt")
    for source in sources:
        assert json.dumps(predictor(source, *others), default=np.ndarray.tolist) == expected
    if not others:
        assert json.dumps(predictor(predictor.rows(iter(texts))), default=np.ndarray.tolist) == expected
    assert len(predictor([], *([] for _ in others))) == 0
    third = "to be a str, received 3 .int., number 2 of 2"
    for source, message in ((["a", 3], third), (None, "received None"), (7, "received 7")):
        with pytest.raises(ValueError, match=message):
            predictor(source, *others)


def test_lines_of_a_text_file_are_texts(preset, tmp_path):
    (tmp_path / "a.txt").write_text("a b\nc\n")
    rows, (texts,) = read_inputs(load_predictor(preset("Classifier")), tmp_path / "a.txt")
    assert texts == ["a b", "c"] and rows == [{"text": "a b"}, {"text": "c"}]


def test_a_table_wants_the_name_of_its_text_column(preset, tmp_path):
    (tmp_path / "a.csv").write_text('id,first,second\n1,a b,c\n2,b,"d, e"\n')
    classifier = load_predictor(preset("Classifier"))
    with pytest.raises(ValueError, match="a.csv is a table: say which of its columns is the text"):
        read_inputs(classifier, tmp_path / "a.csv")
    rows, arguments = read_inputs(classifier, tmp_path / "a.csv", text_column="first", second_text_column="second")
    assert rows[1] == {"text": "b", "second_text": "d, e"} and arguments == (["a b", "b"], ["c", "d, e"])
    assert len(classifier(*arguments)) == 2


def test_questions_are_read_in_squads_format_without_answers_and_from_tables(preset, tmp_path):
    answerer = load_predictor(preset("QuestionAnswerer"))
    qas = [{"id": "q1", "question": "a?"}]
    squad = {"data": [{"title": "t", "paragraphs": [{"context": "b c", "qas": qas}]}]}
    (tmp_path / "a.json").write_text(json.dumps(squad))
    (tmp_path / "a.tsv").write_text("q\tp\na?\tb c\n")
    from_squad, squad_arguments = read_inputs(answerer, tmp_path / "a.json")
    from_table, table_arguments = read_inputs(answerer, tmp_path / "a.tsv", text_column="q", second_text_column="p")
    assert from_squad == [{"id": "q1"} | from_table[0]]
    assert answerer(*squad_arguments) == answerer(*table_arguments)


def test_marked_entities_and_columns_of_words_are_read_as_their_tasks_files(preset, tmp_path):
    (tmp_path / "a.txt").write_text('7\t"<e1>a</e1> b <e2>c</e2>"\n')
    rows, (examples,) = read_inputs(load_predictor(preset("RelationExtractor")), tmp_path / "a.txt")
    assert rows == [{"id": "7", "text": "a b c"}] and examples.first_spans == ((0, 1),)
    (tmp_path / "a.conll").write_text("a O\nb O\n\nc O\n")
    rows, (texts,) = read_inputs(load_predictor(preset("Tagger")), tmp_path / "a.conll")
    assert texts == ["a b", "c"]


def test_choices_are_picked_as_the_model_scores_them(preset, tmp_path):
    chooser = load_predictor(preset("Chooser"), batch_size=2)
    best = chooser(["a", "b", "c"], [["d", "e"], ["f g", "h"], ["i", "j k l"]])
    logits = chooser.logits(data.Choices(("a",), (("d", "e"),)))
    assert best[0]["choice"] == int(np.argmax(logits[0])) and best[0]["text"] == "de"[best[0]["choice"]]
    assert 0.5 <= best[0]["score"] <= 1 and chooser("a", ["d", "e"])["choice"] == best[0]["choice"]
    (tmp_path / "a.csv").write_text("t,x,y\na,d,e\n")
    rows, arguments = read_inputs(chooser, tmp_path / "a.csv", text_column="t", choice_columns=("x", "y"))
    assert rows == [{"text": "a", "choices": ("d", "e")}] and chooser(*arguments)[0]["choice"] == best[0]["choice"]


@pytest.mark.parametrize(
    ("texts", "choices", "message"),
    [
        (["a"], None, "a list of choices for each of 1 texts, received 0"),
        (["a", "b"], [["c", "d"], ["e"]], r"equally many for each text; received \[1, 2\]"),
        (["a"], [["b", 3]], "each choice to be a str, received 3 .int., number 2 of 2"),
    ],
)
def test_choices_that_do_not_fit_are_refused(preset, texts, choices, message):
    with pytest.raises(ValueError, match=message):
        load_predictor(preset("Chooser"))(texts, choices)


def test_dialogues_are_read_from_the_column_of_their_turns(preset, tmp_path):
    write = load_predictor(preset("Generator"), max_new_tokens=4)
    (tmp_path / "a.jsonl").write_text('{"history": ["a", "b"]}\n{"history": ["c"]}\n')
    rows, (examples,) = read_inputs(write, tmp_path / "a.jsonl", text_column="history")
    assert rows == [{"text": ("a", "b")}, {"text": ("c",)}]
    assert write(examples) == write([("a", "b"), ("c",)])


@pytest.mark.parametrize("text_column", [None, "turns"])
def test_a_dialogue_of_training_is_written_from_without_its_last_turn(preset, tmp_path, caplog, text_column):
    write = load_predictor(preset("Generator"), max_new_tokens=4)
    (tmp_path / "a.jsonl").write_text('{"turns": ["a", "b", "c"]}\n' * 2)
    rows, (examples,) = read_inputs(write, tmp_path / "a.jsonl", text_column=text_column)
    assert rows == [{"text": ("a", "b"), "target": "c"}] * 2 and "the last is the target" in caplog.text
    assert examples == data.GenerationExamples((("a", "b"),) * 2)


def test_sources_are_told_by_their_columns_and_empty_ones_are_kept_and_counted(preset, tmp_path, caplog):
    write = load_predictor(preset("Generator"), max_new_tokens=4)
    (tmp_path / "a.csv").write_text("mr,ref\na b,c\n,d\n")
    (tmp_path / "a.txt").write_text("a b\n\n")
    rows, (examples,) = read_inputs(write, tmp_path / "a.csv")
    assert rows == [{"text": "a b"}, {"text": " "}] and len(write(examples)) == 2
    _, (of_lines,) = read_inputs(write, tmp_path / "a.txt")
    assert of_lines == examples and caplog.text.count("1 of 2 rows: an empty text") == 2
    (tmp_path / "b.csv").write_text("x,y\na,b\n")
    with pytest.raises(ValueError, match="b.csv is a table: say which of its columns is the text.*; known are source"):
        read_inputs(write, tmp_path / "b.csv")


@pytest.mark.parametrize("columns", [{}, {"text_column": "instruction", "second_text_column": "input"}])
def test_what_is_written_from_an_instruction_is_about_its_input(preset, tmp_path, columns):
    (tmp_path / "a.csv").write_text("instruction,input,output\na,b c,\nb,,\n")  # nobody knows what is to be written
    rows, (examples,) = read_inputs(load_predictor(preset("Generator")), tmp_path / "a.csv", **columns)
    assert rows == [{"text": "a\nb c"}, {"text": "b"}] and examples.sources == ("a\nb c", "b")


def test_the_name_of_a_file_is_no_text_and_a_table_no_list_of_texts(preset, tmp_path):
    (tmp_path / "a.csv").write_text("text\na\n")
    for name in ("Classifier", "Tagger", "SpanFinder", "Embedder"):
        predictor = load_predictor(preset(name))
        with pytest.raises(ValueError, match=r"is the name of a file: give pathlib.Path\("):
            predictor(str(tmp_path / "a.csv"))
        with pytest.raises(ValueError, match="a.csv is a table, not a text a line"):
            predictor(tmp_path / "a.csv")
    with pytest.raises(ValueError, match=r"Expected each text to be a str, received \['a', 'b'\] \(list\)"):
        load_predictor(preset("Tagger"))([["a", "b"]])


def test_spans_in_json_are_read_as_the_taggers_own_files(preset, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "a b", "label": [[0, 1, "x"]]}\n')
    rows, (texts,) = read_inputs(load_predictor(preset("Tagger")), tmp_path / "a.jsonl")
    assert texts == ["a b"]


def test_a_head_of_pretraining_alone_has_no_predictor_and_its_encoder_loads():
    discriminator = pathlib.Path(__file__).parents[1] / "golden" / "tiny_families" / "ElectraForPreTraining"
    with pytest.raises(ValueError, match="is a ReplacedTokenDetector, which has no predictor: .* Fine-tune it"):
        load_predictor(discriminator)
    assert models.BertEncoder.from_preset(discriminator).hidden_dim == 4
