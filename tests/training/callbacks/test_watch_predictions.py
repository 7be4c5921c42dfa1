"""What TensorBoard is given of a validation part: by small predictions, without a model where none is needed."""

import dataclasses
import html
import logging

import keras
import numpy as np
import pytest

from bert_keras.training.callbacks import EventWriter, WatchPredictions
from bert_keras.training.callbacks.watching import (
    ClassPredictions,
    Judgements,
    Mark,
    Predictions,
    SpanPredictions,
    Watched,
    compare_spans,
    confusion_matrix,
    span_picture,
)
from bert_keras.training.callbacks.watching.calibration import expected_calibration_error
from bert_keras.training.callbacks.watching.confusion_matrix import count_confusions
from bert_keras.training.callbacks.watching.span_table import marked_text
from bert_keras.training.drawing.lettering import SIZE

event_accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
ALL = ("confusion", "precision_recall", "calibration", "examples", "spans")


@pytest.fixture(scope="module")
def model():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    return model


@pytest.fixture
def written(model, tmp_path):
    """Function that has views written once, and gives what TensorBoard reads of them."""

    def write(predictions, views):
        callback = WatchPredictions(Watched(lambda: predictions, ALL), views, tmp_path)
        callback.set_model(model)
        callback.on_epoch_end(0)
        callback.on_train_end()
        return read(tmp_path / "validation")

    return write


def read(directory):
    accumulator = event_accumulator.EventAccumulator(str(directory), {"tensors": 0})
    accumulator.Reload()
    return accumulator


def text_of(found, tag):
    return found.Tensors(tag)[-1].tensor_proto.string_val[0].decode()


def row(text, *others):
    """A row of the table of examples: labels and numbers are kept from being broken over lines."""
    return " | ".join([f"| {text}", *(f"<pre>{other}</pre>" for other in others)]) + " |"


def classes_of(scores, truths, labels=("bad", "good", "never"), **options):
    texts = [f"text {number}" for number in range(len(scores))]
    return ClassPredictions(texts, np.array(scores), np.array(truths), labels, **options)


THREE = classes_of([[0.7, 0.2, 0.1], [0.1, 0.9, 0.0], [0.4, 0.3, 0.3]], [0, 0, 1])


def test_each_view_is_written_once_an_epoch_of_predictions_that_are_made_once(model, tmp_path):
    spans = SpanPredictions(["Ada slept"], [[Mark(0, 3, "person", "right")]])
    calls = []

    def predict():
        calls.append(1)
        return Predictions(THREE, spans=spans)

    callback = WatchPredictions(Watched(predict, ALL), ALL, tmp_path)
    model.fit(np.ones((2, 1)), np.ones((2, 1)), batch_size=1, epochs=2, verbose=0, callbacks=[callback])
    found = read(tmp_path / "validation")
    assert len(calls) == 2
    images, texts = ["calibration/reliability", "confusion_matrix"], ["most_doubtful", "surest_wrong", "worst"]
    curves = ["precision_recall/bad", "precision_recall/good"]  # none of a class that never occurs
    tags = [*images, "calibration/ece", *curves, *(f"examples/{name}" for name in texts), "spans", "spans_in_colour"]
    assert sorted(found.Tags()["tensors"]) == sorted(tags)
    assert all([event.step for event in found.Tensors(tag)] == [2, 4] for tag in tags)


def test_examples_are_chosen_by_loss_by_confidence_of_the_wrong_and_by_doubt(written):
    found = written(Predictions(THREE), ("examples",))
    first = {name: text_of(found, f"examples/{name}").splitlines()[2] for name in ("worst", "surest_wrong")}
    assert first == dict.fromkeys(first, row("text 1", "bad", "good", "0.900", "2.303"))
    assert text_of(found, "examples/most_doubtful").splitlines()[2] == row("text 2", "good", "bad", "0.400", "1.204")


def test_where_nothing_is_wrong_the_table_says_so(written):
    found = written(Predictions(classes_of([[1.0]], [0], ["only"])), ("examples", "confusion", "calibration"))
    assert text_of(found, "examples/surest_wrong") == "no text of validation is wrong"
    assert found.Tensors("calibration/ece")[0].tensor_proto.float_val[0] == 0


def test_texts_stand_in_the_tables_as_they_are(written):
    texts = ClassPredictions(["a | <b>b</b>\r\n*c*"], np.array([[1.0]]), np.array([0]), ["<i>"])
    cells = text_of(written(Predictions(texts), ("examples",)), "examples/worst").splitlines()[2]
    assert cells == row(
        "a &#124; &lt;b&gt;b&lt;/b&gt;&#13;&#10;&#42;c&#42;", "&lt;i&gt;", "&lt;i&gt;", "1.000", "0.000"
    )


def test_a_label_stays_whole_and_a_long_answer_does_not(written):
    labels = ["a label of some twenty-one", "short"]
    texts = ClassPredictions(["so"], np.array([[0.5, 0.5]]), np.array([1]), labels)
    cells = text_of(written(Predictions(texts), ("examples",)), "examples/worst").splitlines()[2]
    assert cells.startswith("| so | <pre>short</pre> | a label of some twenty-one | <pre>")


def test_confusions_are_counted_by_class_by_label_and_by_ranges_of_numbers():
    counts, rows, _, wholes = count_confusions(THREE)
    assert (counts.tolist(), wholes.ravel().tolist()) == ([[1, 1, 0], [1, 0, 0], [0, 0, 0]], [2, 1, 0])
    several = classes_of([[0.9, 0.6], [0.2, 0.5], [0.1, 0.1]], [[1, 0], [1, 1], [0, 0]], ["a", "b"])
    assert count_confusions(several)[0].tolist() == [[1, 1, 0, 1], [1, 0, 1, 1]]  # found, missed, invented, neither
    numbers = classes_of([-1.0, 0.55, 9.0], [0.0, 0.5, 1.0], None)
    counts, rows, *_ = count_confusions(numbers)
    assert (rows[0], np.argwhere(counts).tolist()) == ("0 to 0.1", [[0, 0], [5, 5], [9, 9]])
    counts, rows, *_ = count_confusions(classes_of([1.0, 1.5, 9.0], [1.5, 1.5, 1.5], None))
    assert (rows[0], rows[9], np.argwhere(counts).tolist()) == ("1 to 1.1", "1.9 to 2", [[5, 0], [5, 5], [5, 9]])


def test_labels_with_line_ends_and_tabs_have_all_views(written):
    labels = ["two\nlines", "a\ttab", "</pre>"]
    found = written(
        Predictions(dataclasses.replace(THREE, labels=labels)), ("confusion", "precision_recall", "examples")
    )
    assert {"confusion_matrix", "precision_recall/two\nlines", "examples/worst"} <= {*found.Tags()["tensors"]}


def test_each_of_a_hundred_classes_has_its_row_and_name_in_the_picture(written, monkeypatch):
    sizes = []

    def draw(*arguments, size, **options):
        sizes.append(size)
        return np.zeros((1, 1, 3), "uint8")

    monkeypatch.setattr(confusion_matrix, "heat_map", draw)
    for count in (2, 100):
        labels = [str(number) for number in range(count)]
        written(Predictions(classes_of([[1.0] + [0.0] * (count - 1)], [0], labels)), ("confusion",))
    assert sizes[0] == 480 and sizes[1] // 100 > SIZE  # pixels of a row, and the height of its letters


def test_the_calibration_error_is_that_of_its_definition():
    rng = np.random.default_rng(0)
    confidences, are_right = rng.random(500), rng.random(500) < 0.7
    expected = 0.0
    for number in range(15):  # section 2 of Guo et al.: the interval is open below
        inside = (confidences > number / 15) & (confidences <= (number + 1) / 15)
        if inside.any():
            expected += inside.sum() / 500 * abs(are_right[inside].mean() - confidences[inside].mean())
    assert expected_calibration_error(confidences, are_right) == pytest.approx(expected, abs=1e-12)
    assert expected_calibration_error(np.ones(4), np.ones(4, bool)) == 0.0


def test_several_labels_count_as_decisions_of_their_own_and_as_one_answer():
    several = classes_of([[0.9, 0.8], [0.6, 0.1]], [[1, 0], [1, 0]], ["a", "b"])
    confidences, are_right = several.decisions()
    assert confidences.tolist() == [0.9, 0.8, 0.6, 0.9] and are_right.tolist() == [True, False, True, True]
    judged = several.judgements()
    assert (judged.truths, judged.answers) == (["a", "a"], ["a, b", "a"])
    assert judged.are_right.tolist() == [False, True] and judged.confidences.tolist() == [0.8, 0.6]


def test_numbers_have_a_worst_but_nothing_right_or_wrong(written):
    found = written(Predictions(classes_of([1.0, 4.0], [1.5, 1.0], None)), ("examples", "confusion"))
    assert sorted(found.Tags()["tensors"]) == ["confusion_matrix", "examples/worst"]
    assert text_of(found, "examples/worst").splitlines()[2] == row("text 1", "1", "4", "9.000")


def test_scores_that_are_no_numbers_are_left_out_and_counted(written, caplog):
    half = classes_of([[np.nan, 0.5], [0.4, 0.6]], [0, 1], ["a", "b"])
    with caplog.at_level(logging.WARNING):
        found = written(Predictions(half), ("confusion", "examples"))
        assert "1 of 2 examples of validation have NaN" in caplog.text
    assert text_of(found, "examples/worst").splitlines()[2:] == [row("text 1", "b", "b", "0.600", "0.511")]
    nothing = Judgements(["a"], ["b"], ["c"], np.array([np.nan]), np.array([False]), np.array([np.nan]))
    assert Predictions(judgements=nothing).finite() is None


def test_spans_are_right_missed_or_invented_wherever_they_lie():
    marks = [Mark(*span, verdict) for span, verdict in compare_spans([(0, 15, "org")], [(0, 15, "org"), (8, 15, "x")])]
    assert marked_text("Bank of England.", marks) == (
        '<strong>&#91;Bank of </strong><a href="#text">&#91;England&#93;&#93;</a>✗x✓org.'
    )
    far = marked_text("a" * 500 + "b", [Mark(500, 501, "", "missed")])
    assert far == "..." + "a" * 120 + '<a href="#text">&#91;b&#93;</a>○'
    assert marked_text("so", [Mark(0, 0, "no answer", "invented")]).endswith('<a href="#text">&#91;&#93;</a>✗no answer')


def test_what_tensorboard_makes_of_marks_keeps_them(written):
    plugin_util = pytest.importorskip("tensorboard.plugin_util")
    spans = SpanPredictions(["<Ada> slept"], [[Mark(0, 5, "person", "missed")]], ["who | what?"])
    page = plugin_util.markdown_to_safe_html(text_of(written(Predictions(spans=spans), ("spans",)), "spans"))
    page = html.unescape(page)
    assert '<a href="#text">[<Ada>]</a>○person slept' in page
    assert "<td><pre>1</pre></td>\n<td>who | what?</td>" in page and "0 right ✓, 0 invented ✗, 1 missed ○" in page


def test_the_picture_of_spans_has_the_place_of_each_mark_and_of_a_mark_without_place(monkeypatch):
    drawn = {}

    def draw(texts, places, colours, **options):
        drawn.update(texts=texts, places=places, **options)

    monkeypatch.setattr(span_picture, "coloured_spans", draw)
    marks = [[Mark(500, 501, "place", "missed")], [Mark(0, 2, "", "right"), Mark(0, 0, "no answer", "invented")]]
    spans = SpanPredictions(["a" * 500 + "b", "so", "שלום"], [*marks, []], ["who?", "what?", "?"])
    span_picture.span_picture(spans, [0, 1, 2])
    assert drawn["texts"] == ["..." + "a" * 120 + "b", "so   []"] and drawn["headings"] == ["who?", "what?"]
    assert drawn["places"][0] == [(123, 124, "place, missed", "missed")]
    assert drawn["places"][1] == [(0, 2, "", "right"), (5, 7, "no answer, invented", "invented")]
    assert drawn["title"].startswith("2 of 3 texts") and "1 have letters that no font here has" in drawn["title"]


def test_a_view_that_means_nothing_is_refused_with_the_reason():
    watched = Watched(lambda: None, ("examples",), {"calibration": "a number has no confidence"})
    with pytest.raises(ValueError, match="some of examples; received calibration: a number has no confidence"):
        WatchPredictions(watched, ("examples", "calibration"), "logs")


def test_a_run_that_goes_on_keeps_the_views_before_its_step_and_drops_later_ones(tmp_path):
    writer = EventWriter(tmp_path / "validation")
    for step in (2, 4):
        writer.text("spans", "of a run that was killed", step)
    callback = WatchPredictions(Watched(lambda: None, ALL), ALL, tmp_path)
    callback.set_state({"step": 3})
    assert [event.step for event in read(tmp_path / "validation").Tensors("spans")] == [2]


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"3 texts and 2 classes, received shapes \(3, 3\)"):
        dataclasses.replace(THREE, labels=["a", "b"])
