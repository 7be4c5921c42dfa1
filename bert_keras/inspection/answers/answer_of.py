"""Which answer of a model is explained: for every task, one number that the model computes of a text."""

from collections.abc import Sequence
from typing import Any

from bert_keras.inference import (
    Chooser,
    Classifier,
    CrossEncoder,
    Embedder,
    FillMask,
    Generator,
    Predictor,
    QuestionAnswerer,
    RelationExtractor,
    SpanFinder,
    Tagger,
    TripleFinder,
)
from bert_keras.inspection.answers.answer import Answer, At
from bert_keras.inspection.answers.of_functions import of_function
from bert_keras.inspection.answers.of_masks import of_mask
from bert_keras.inspection.answers.of_questions import of_question
from bert_keras.inspection.answers.of_texts import of_chooser, of_classifier, of_cross_encoder, of_embedder
from bert_keras.inspection.answers.of_words import of_relation, of_span_finder, of_tagger, of_triple_finder
from bert_keras.inspection.answers.of_writings import of_generator

_ANSWERS = {
    Classifier: of_classifier,
    CrossEncoder: of_cross_encoder,
    Chooser: of_chooser,
    Embedder: of_embedder,
    Tagger: of_tagger,
    SpanFinder: of_span_finder,
    TripleFinder: of_triple_finder,
    RelationExtractor: of_relation,
    QuestionAnswerer: of_question,
    FillMask: of_mask,
    Generator: of_generator,
}


def answer_of(
    predictor: Predictor,
    text: str,
    second_text: str | Sequence[str] | None = None,
    *,
    answer: Any = None,
    at: At = None,
) -> Answer:
    """Say which number is explained.

    | predictor | `answer`, by default the one that it gives | what is explained |
    |---|---|---|
    | `Classifier` | a label, or its number | its logit; in a regression the number itself |
    | `CrossEncoder` | | the score of both texts, before it becomes a probability |
    | `Embedder` | | the cosine of the vectors of both texts |
    | `Chooser` | a choice by its number; the choices are the second text | its logit |
    | `Tagger` | a tag, with `at`; or a result of the tagger | its logit at the word; of several words the mean |
    | `SpanFinder` | a label, with `at`; or a result of the finder | the score of the span |
    | `TripleFinder` | a result of the finder | the sum of the four scores that must agree |
    | `RelationExtractor` | a relation, or its number; the text has markers | its logit |
    | `QuestionAnswerer` | a piece of the passage, the second text; or a result | the logits of its start and end |
    | `FillMask` | a token; `at` says which [MASK], 0 the first | its logit |
    | `Generator` | a text that it could write; `at` says which words of it | the mean log-probability of their tokens |
    | any | a function, from the model's outputs for several rows to a number for each | this number |

    A model of your own is explained as `Predictor(model, tokenizer)`, with such a function, where it is a `keras.Model`
    with one `BertEncoder` in it; or by a `Predictor` of your own. A text that does not fit into a row is cut, or seen
    through the window in which the answer stands: `tokens.num_unseen` says how many words the model has not seen.

    Args:
        predictor: One of `bert_keras.inference`, or of your own.
        text: The text; of `QuestionAnswerer` the question.
        second_text: The second text of a pair; the passage; of a `Chooser` the list of choices.
        answer: See above.
        at: The number of a word of the text by BERT's rules (`bert_keras.data.sentences_of_texts` shows them), or the
            first and the one after the last of several; of a `Generator` those of what it writes; the number of a
            [MASK].

    Raises:
        TypeError: If a text is no str, or the predictor needs a function as `answer`.
        ValueError: If there is no such class, word or token, the text has no words, or lacks a second text, or has one
            too many.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> from bert_keras.inference import Classifier
        >>> from bert_keras.models import BertEncoder, TextClassifier
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film"])
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=7)
        >>> model = TextClassifier(encoder, num_classes=2, labels=["no", "yes"])
        >>> found = answer_of(Classifier(model, tokenizer), "Good film", answer="yes")
        >>> found.name, len(found.tokens.words)
        ('yes', 2)
    """
    if not isinstance(text, str):
        raise TypeError(f"Expected one text, a str; received a {type(text).__name__}.")
    if callable(answer):
        return of_function(predictor, text, second_text, answer)
    for kind in type(predictor).__mro__:
        if kind in _ANSWERS:
            return _ANSWERS[kind](predictor, text, second_text, answer, at)
    raise TypeError(
        f"Expected answer to be a function from the outputs of a {type(predictor).__name__} for several rows to a "
        f"number for each, such as `lambda outputs: outputs[:, 0]`; received {answer!r}."
    )
