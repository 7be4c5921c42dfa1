import pytest

from bert_keras.training import CoSENTLoss, MatryoshkaLoss, MultipleNegativesRankingLoss, TripletLoss, matching_loss


def test_each_kind_of_texts_has_its_usual_loss_and_others_by_name():
    assert type(matching_loss("matches")) is MultipleNegativesRankingLoss
    assert type(matching_loss("matches", "TripletLoss")) is TripletLoss
    assert type(matching_loss("classes", "CoSENTLoss", label_names=("no", "yes"))) is CoSENTLoss
    assert matching_loss("classes", "softmax", label_names="abc").name == "class_loss"
    wide = matching_loss("scores", matryoshka_dims=(8, 4))
    assert type(wide) is MatryoshkaLoss and type(wide.loss) is CoSENTLoss and wide.dims == (8, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "texts"}, "Expected a kind of matches, scores, classes, teacher_scores; received 'texts'"),
        (
            {"kind": "matches", "name": "CoSENTLoss"},
            "learns from matches: MultipleNegativesRankingLoss, TripletLoss, denoising; received 'CoSENTLoss'",
        ),
        ({"kind": "classes", "label_names": "abc"}, "ContrastiveLoss learns from two classes.*received a, b, c"),
        ({"kind": "classes"}, "received no names"),
        ({"kind": "classes", "name": "softmax", "matryoshka_dims": (4,)}, "no matryoshka_dims beside softmax"),
    ],
)
def test_a_loss_that_does_not_learn_from_the_texts_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        matching_loss(**arguments)
