import keras
import numpy as np
import pytest

from bert_keras.data import Question, sentences_of_texts
from bert_keras.inference import (
    Chooser,
    Classifier,
    CrossEncoder,
    Embedder,
    FillMask,
    Predictor,
    QuestionAnswerer,
    RelationExtractor,
    SpanFinder,
    Tagger,
    TripleFinder,
)
from bert_keras.inspection import METHODS, answer_of, attribute
from bert_keras.inspection.replaced_tokens import scores_of
from bert_keras.layers import GlobalPointer
from bert_keras.models import (
    BertPretrainer,
    MultipleChoice,
    RelationClassifier,
    ReplacedTokenPretrainer,
    SentenceEncoder,
    SpanTagger,
    TextClassifier,
    TokenClassifier,
    TripleExtractor,
)
from bert_keras.models import QuestionAnswerer as QuestionModel
from bert_keras.models.probabilities import logit, sigmoid, softmax

pytestmark = pytest.mark.slow_elsewhere
SLOW = pytest.mark.slow
TEXT = "Ada met Lyons, good film."
TAGS = ("O", "B-place", "I-place")
TRIPLE = {"relation": "r", "subject": {"start": 0, "end": 3}, "object": {"start": 8, "end": 13}}


def number(answer):
    return float(scores_of(answer, [answer.inputs])[0])


def finding(model):
    """New scores begin so low that nothing would be found."""
    for layer in model.layers:
        if isinstance(layer, GlobalPointer):
            layer.label_bias.bias.assign(np.zeros(layer.label_bias.bias.shape))
    return model


@pytest.fixture(scope="module")
def classifier(encoder, tokenizer):
    return Classifier(TextClassifier(encoder, 3, labels=["no", "so", "yes"]), tokenizer)


@pytest.fixture(scope="module")
def tagger(encoder, tokenizer):
    return Tagger(TokenClassifier(encoder, 3, labels=TAGS, scheme="BIO"), tokenizer)


@pytest.fixture(scope="module")
def spans(encoder, tokenizer):
    return SpanFinder(finding(SpanTagger(encoder, ("a", "b"), head_dim=8)), tokenizer)


@pytest.fixture(scope="module")
def triples(encoder, tokenizer):
    return TripleFinder(finding(TripleExtractor(encoder, ("r", "s"), head_dim=8)), tokenizer)


@pytest.fixture(scope="module")
def relations(encoder, tokenizer):
    return RelationExtractor(RelationClassifier(encoder, 3, labels=("in", "of", "none")), tokenizer)


@pytest.fixture(scope="module")
def questions(encoder, tokenizer):
    return QuestionAnswerer(QuestionModel(encoder), tokenizer, sequence_length=12, stride=4, max_question_tokens=2)


@pytest.fixture(scope="module")
def fill_mask(encoder, tokenizer):
    return FillMask(BertPretrainer(encoder, next_sentence=True), tokenizer)


@pytest.fixture(scope="module")
def embedder(encoder, tokenizer):
    return Embedder(SentenceEncoder(encoder, prompts={"ask": "good film, "}, default_prompt="ask"), tokenizer)


@pytest.fixture(scope="module")
def chooser(encoder, tokenizer):
    return Chooser(MultipleChoice(encoder), tokenizer)


def test_a_class_is_its_logit_and_without_one_the_best(classifier):
    logits = classifier.logits([TEXT])[0]
    assert number(answer_of(classifier, TEXT, answer="so")) == pytest.approx(logits[1], abs=1e-5)
    best = answer_of(classifier, TEXT)
    assert best.name == classifier(TEXT)["label"] and number(best) == pytest.approx(max(logits), abs=1e-5)
    pair = answer_of(classifier, TEXT, "Bad film", answer=2)
    assert pair.name == "yes" and len(pair.texts) == 2
    assert number(pair) == pytest.approx(classifier.logits(classifier.rows([TEXT], ["Bad film"]))[0][2], abs=1e-5)


def test_numbers_and_scores_of_pairs_are_themselves(encoder, tokenizer):
    regression = Classifier(TextClassifier(encoder, 1), tokenizer)
    assert number(answer_of(regression, TEXT)) == pytest.approx(regression(TEXT)["score"], abs=1e-5)
    model = TextClassifier(encoder, 1, problem_type="multi_label_classification")
    cross_encoder = CrossEncoder(model, tokenizer)
    found = answer_of(cross_encoder, "Ada", TEXT)
    assert sigmoid(np.array(number(found))) == pytest.approx(cross_encoder("Ada", TEXT), abs=1e-5)


def test_a_match_is_the_cosine_of_two_vectors_and_its_prompt_no_word(embedder):
    first, second = embedder([TEXT, "Ada"])
    cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    found = attribute(embedder, TEXT, "Ada", method="attention_rollout")
    assert found.answer_score == pytest.approx(cosine, abs=1e-5)
    assert [word for word, _ in found.of_words()] == ["Ada", "met", "Lyons", ",", "good", "film", ".", "Ada"]
    assert found.scores.sum() + found.special_score == pytest.approx(2, abs=1e-5)


def test_a_choice_is_its_logit_and_its_words_are_those_of_all_choices(chooser):
    choices = ["Lyon", "good film"]
    found = attribute(chooser, "Ada", choices, answer=1, method="occlusion")
    assert found.answer == "good film"
    assert found.answer_score == pytest.approx(chooser.logits(chooser.rows(["Ada"], [choices]))[0][1], abs=1e-5)
    assert found.of_words()[1] == ("Lyon", pytest.approx(0, abs=1e-5))  # each choice is read apart
    assert [word.text_number for word in found.words] == [0, 1, 2, 2]


def test_a_tag_is_its_logit_at_a_word_also_in_a_window(tagger):
    rows = tagger.rows([TEXT])
    logits = tagger.logits(rows)[0]
    found = answer_of(tagger, TEXT, answer="B-place", at=2)
    assert found.name == "B-place at Lyons" and number(found) == pytest.approx(logits[2, 1], abs=1e-5)
    result = {"label": "place", "start": 8, "end": 19}
    several = answer_of(tagger, TEXT, answer=result)
    tags = [TAGS.index(tag) for tag in tagger.tags(rows)[0]]
    assert several.name == "place at Lyons, good"
    assert number(several) == pytest.approx(np.mean([logits[i, tags[i]] for i in (2, 3, 4)]), abs=1e-5)
    short = Tagger(tagger.model, tagger.tokenizer, sequence_length=8)
    last = answer_of(short, TEXT, answer="O", at=6)
    assert number(last) == pytest.approx(short.logits(short.rows([TEXT]))[0][6, 0], abs=1e-5)
    assert last.tokens.num_unseen == 7 - len(last.tokens.words) > 0


def test_a_span_is_its_score(spans):
    best = max(spans(TEXT), key=lambda result: result["score"])
    found = answer_of(spans, TEXT)
    assert found.name == f"{best['label']} at {best['text']}"
    assert sigmoid(np.array(number(found))) == pytest.approx(best["score"], abs=1e-5)
    words = sentences_of_texts([TEXT]).offsets[0]
    at = next(i for i, (start, _) in enumerate(words) if start == best["start"])
    behind = next(i for i, (_, end) in enumerate(words) if end == best["end"]) + 1
    assert number(answer_of(spans, TEXT, answer=best["label"], at=(at, behind))) == pytest.approx(number(found))


def test_a_triple_is_the_sum_of_the_scores_that_must_agree(triples):
    found = triples(TEXT)
    assert found
    best = max(found, key=lambda result: result["score"])
    assert number(answer_of(triples, TEXT)) >= 4 * logit(best["score"]) - 1e-4
    assert number(answer_of(triples, TEXT, answer=best)) == pytest.approx(number(answer_of(triples, TEXT)))


def test_a_relation_is_its_logit_and_markers_are_no_words(relations):
    marked = "<e1>Ada</e1> met <e2>Lyons</e2>."
    numbers = [number(answer_of(relations, marked, answer=label)) for label in ("in", "of", "none")]
    assert softmax(np.array(numbers)) == pytest.approx(relations.probabilities(relations.rows([marked]))[0], abs=1e-5)
    found = answer_of(relations, marked)
    assert found.texts == ("Ada met Lyons.",) and found.tokens.of_token.tolist() == [
        [-1, -1, 0, -1, 1, -1, 2, 2, -1, 3, -1]
    ]
    near = RelationExtractor(relations.model, relations.tokenizer, sequence_length=11)
    cut = answer_of(near, "film film film <e1>Ada</e1> in <e2>Lyon</e2> . . .")
    assert cut.tokens.num_unseen > 0 and [w.begin for w in cut.tokens.words][-4:-1] == [15, 19, 22]


def test_an_answer_is_the_logits_of_its_start_and_end_in_the_window_that_shows_it(questions):
    passage = "Ada met Lyons, good film. bad film in Lyon ."
    found = answer_of(questions, "met film", passage)
    result = questions("met film", passage)
    spans = questions.predict(questions.rows([Question("0", "met film", passage)]))[0].spans
    best = next(span for span in spans if span.text == result["answer"])
    assert found.name == result["answer"]
    assert number(found) == pytest.approx(best.start_logit + best.end_logit, abs=1e-4)
    piece = answer_of(questions, "met film", passage, answer="in Lyon")
    begin, end = piece.places
    first, last = (piece.tokens.words[piece.tokens.of_token[0, place]] for place in (begin, end))
    assert passage[first.begin : last.end] == "in Lyon"


def test_a_masked_token_is_its_logit_and_the_mask_is_one_word(fill_mask):
    text = "Ada met [MASK] in [MASK]."
    ((token, share), (other, other_share)) = fill_mask(text, top_k=2)[1]
    found, second = (answer_of(fill_mask, text, answer=some, at=1) for some in (token, other))
    assert number(found) - number(second) == pytest.approx(np.log(share / other_share), abs=1e-4)
    assert [text[word.begin : word.end] for word in found.tokens.words] == ["Ada", "met", "[MASK]", "in", "[MASK]", "."]
    assert answer_of(fill_mask, text, at=1).name == token


@pytest.mark.parametrize(
    ("name", "texts", "options"),
    [
        ("tagger", (TEXT,), {"answer": "O", "at": 2}),
        pytest.param("spans", (TEXT,), {"answer": "a", "at": (0, 3)}, marks=SLOW),
        pytest.param("triples", (TEXT,), {"answer": TRIPLE}, marks=SLOW),
        pytest.param("relations", ("<e1>Ada</e1> met <e2>Lyons</e2>.",), {}, marks=SLOW),
        ("questions", ("met film", TEXT), {"answer": "Lyons"}),
        pytest.param("fill_mask", ("Ada met [MASK].",), {}, marks=SLOW),
        pytest.param("embedder", (TEXT, "Ada"), {}, marks=SLOW),
        pytest.param("chooser", ("Ada", ["Lyon", "good film"]), {}, marks=SLOW),
    ],
)
def test_gradients_add_up_in_every_task(request, name, texts, options):
    found = attribute(request.getfixturevalue(name), *texts, num_steps=16, **options)
    assert np.abs(found.scores).max() > 0
    assert abs(found.gap) < 0.05 * np.abs(found.scores).sum()


@pytest.mark.slow
def test_the_generator_of_a_replaced_token_pretrainer_is_what_guesses(encoder, tokenizer):
    pretrainer = ReplacedTokenPretrainer.from_encoder(encoder, generator_size=0.5)
    found = attribute(FillMask(pretrainer, tokenizer), "Ada met [MASK].", num_steps=8)
    assert np.abs(found.scores).max() > 0 and abs(found.gap) < 0.01


@pytest.mark.parametrize("method", METHODS)
def test_a_model_of_ones_own_is_explained_by_a_function_of_its_outputs(make_encoder, tokenizer, method):
    encoder = make_encoder(pooler=False)
    inputs = encoder.new_inputs()
    model = keras.Model(inputs, keras.layers.Dense(2)(encoder(inputs)["sequence_output"][:, 0]))

    def surprise(outputs):
        return outputs[:, 1] - outputs[:, 0]

    found = attribute(Predictor(model, tokenizer, sequence_length=16), TEXT, answer=surprise, method=method)
    row = found.answer, len(found.words), found.method
    assert row == ("surprise", 7, method) and np.isfinite(found.scores).all()


def test_what_cannot_be_explained_is_refused(classifier, tagger, embedder, questions, fill_mask, spans, tokenizer):
    for text in ("", " \n", "\ufeff"):
        with pytest.raises(ValueError, match="Expected a text with a word in it"):
            answer_of(classifier, text)
    with pytest.raises(TypeError, match="Expected one text, a str; received a list"):
        answer_of(classifier, [TEXT])
    with pytest.raises(ValueError, match="There is no class 'maybe'; expected one of 'no', 'so', 'yes', or a number"):
        answer_of(classifier, TEXT, answer="maybe")
    for wrong in (3, -1, True, 1.0):
        with pytest.raises(ValueError, match="There is no class"):
            answer_of(classifier, TEXT, answer=wrong)
    with pytest.raises(ValueError, match="Classifier answers of whole texts: expected at=None, received 2"):
        answer_of(classifier, TEXT, at=2)
    for predictor in (embedder, questions):
        with pytest.raises(ValueError, match="answers of two texts: a second_text is missing"):
            answer_of(predictor, TEXT)
    with pytest.raises(ValueError, match="Tagger answers of one text; received a second_text"):
        answer_of(tagger, TEXT, "Ada")
    with pytest.raises(ValueError, match=r"say which by at=WORD_NUMBER, 0 to 6"):
        answer_of(tagger, TEXT, answer="O")
    for at in (7, -1, (2, 2), (3, 8)):
        with pytest.raises(ValueError, match="Expected words from 0 to 6, for the text has 7"):
            answer_of(tagger, TEXT, answer="O", at=at)
    with pytest.raises(ValueError, match="Expected answer to be a piece of the passage, received 'Rome'"):
        answer_of(questions, "met", TEXT, answer="Rome")
    with pytest.raises(ValueError, match="Expected at to be the number of a mask, 0 to 0; received 1"):
        answer_of(fill_mask, "[MASK] film", at=1)
    with pytest.raises(ValueError, match="Expected answer to be a token of the vocabulary, received 'Rome'"):
        answer_of(fill_mask, "[MASK] film", answer="Rome")
    with pytest.raises(ValueError, match="expected answer=None|Expected answer|cosine"):
        answer_of(embedder, TEXT, "Ada", answer="yes")
    deaf = SpanFinder(spans.model, tokenizer, threshold=1 - 1e-9)
    with pytest.raises(ValueError, match="SpanFinder finds nothing in"):
        answer_of(deaf, TEXT)
    with pytest.raises(TypeError, match="Expected answer to be a function from the outputs of a Predictor"):
        answer_of(Predictor(classifier.model, tokenizer), TEXT)
    bare = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="Expected a model with one BertEncoder"):
        answer_of(Predictor(bare, tokenizer, sequence_length=9), TEXT, answer=lambda outputs: outputs[:, 0])
