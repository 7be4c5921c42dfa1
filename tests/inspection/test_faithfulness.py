import numpy as np
import pytest

from bert_keras.inference import Classifier
from bert_keras.inspection import answer_of
from bert_keras.inspection.faithfulness import faithfulness, falls
from bert_keras.models import TextClassifier

pytestmark = pytest.mark.slow_elsewhere
TEXTS = ["Ada met Lyons, good film.", "bad film in Lyon", "good good bad film Ada in Lyon"]


@pytest.fixture(scope="module")
def classifier(encoder, tokenizer):
    return Classifier(TextClassifier(encoder, 2, labels=["no", "yes"]), tokenizer)


def test_falls_are_means_over_the_words_that_are_gone(classifier):
    answer = answer_of(classifier, "good bad film Ada", answer="yes")
    texts = ["good bad film Ada", "good bad film", "good bad", "good film Ada", "film Ada", "Ada"]
    full, no_ada, no_film, *_ = classifier.logits(texts)[:, 1]
    aopc, comprehensiveness, sufficiency = falls(answer, [3, 2, 1, 0], num_words=2)
    assert aopc == pytest.approx(np.mean([full - no_ada, full - no_film]), abs=1e-5)
    # A tenth to three tenths of four words are one, four tenths and a half are two.
    assert comprehensiveness == pytest.approx(np.mean([full - no_ada] * 3 + [full - no_film] * 2), abs=1e-5)
    of_ada, of_both = classifier.logits(["Ada", "film Ada"])[:, 1]
    assert sufficiency == pytest.approx(np.mean([full - of_ada] * 3 + [full - of_both] * 2), abs=1e-5)


def test_words_that_the_answer_hangs_on_take_more_of_it_than_others(classifier):
    def fall(method, **options):  # of the first word alone, which occlusion finds in any model: it tries each
        return faithfulness(classifier, TEXTS, method=method, num_words=1, replaced_by="mask", **options).aopc

    assert fall("occlusion") > max(fall("random", seed=seed) for seed in range(3))


def test_random_order_comes_from_its_seed(classifier):
    one, same, other = (faithfulness(classifier, TEXTS, method="random", seed=seed).of_texts for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert one.shape == (3, 3) and (one != other).any()


def test_bad_options_are_refused(classifier):
    with pytest.raises(ValueError, match="Expected method to be one of .*, random; received 'lime'"):
        faithfulness(classifier, TEXTS, method="lime")
    with pytest.raises(ValueError, match="num_words must be at least 1, received 0"):
        faithfulness(classifier, TEXTS, num_words=0)
    with pytest.raises(ValueError, match="Expected texts, received none"):
        faithfulness(classifier, [])
