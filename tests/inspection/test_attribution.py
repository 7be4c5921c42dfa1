import numpy as np

from bert_keras.inspection import Attribution, Word


def test_words_of_a_pair_are_cut_from_their_own_text():
    found = Attribution(("ab cd", "xy"), (Word(3, 5), Word(0, 2, 1)), np.array([0.5, -1.0]), "yes", 2.0, "occlusion")
    assert found.of_words() == [("cd", 0.5), ("xy", -1.0)]


def test_the_gap_is_what_the_scores_lack_to_the_difference_from_the_baseline():
    of_words = dict(texts=("ab",), words=(Word(0, 2),), scores=np.array([1.0]), answer="yes", answer_score=3.0)
    assert Attribution(**of_words, method="integrated_gradients", special_score=0.5, baseline_score=1.0).gap == 0.5
    assert Attribution(**of_words, method="rollout").gap is None
