"""How much each word speaks for an answer, by any of the methods: the way in."""

from collections.abc import Sequence
from typing import Any

from bert_keras.inference import Predictor
from bert_keras.inspection.answers import At, answer_of
from bert_keras.inspection.attention_rollout import attention_rollout
from bert_keras.inspection.attribution import Attribution
from bert_keras.inspection.embedding_gradients import gradient_x_input, integrated_gradients
from bert_keras.inspection.occlusion import occlusion

METHODS = {
    "integrated_gradients": integrated_gradients,
    "gradient_x_input": gradient_x_input,
    "occlusion": occlusion,
    "attention_rollout": attention_rollout,
}


def attribute(
    predictor: Predictor,
    text: str,
    second_text: str | Sequence[str] | None = None,
    *,
    answer: Any = None,
    at: At = None,
    method: str = "integrated_gradients",
    **options: Any,
) -> Attribution:
    """Say how much each word of a text speaks for an answer of a model.

    Args:
        predictor: One of `bert_keras.inference`; or `Predictor(model, tokenizer)` for a model of your own.
        text: The text; of `QuestionAnswerer` the question.
        second_text: The second text of a pair; the passage; of a `Chooser` the list of choices.
        answer: What is explained, as `answer_of` says: such as a label; None for the answer that the model gives.
        at: The number of a word, or of a [MASK], at which the answer stands; of a `Generator` the word of what it
            writes that is explained.
        method: "integrated_gradients", "gradient_x_input", "occlusion" or "attention_rollout", which is unsigned.
            Default "integrated_gradients".
        **options: Further arguments of the method: the function of that name in `METHODS`.

    Raises:
        TypeError: If the method has no such option, or an argument is of the wrong type.
        ValueError: If there is no such method, class, word or token, the text has no words, a second text is missing,
            or the model cannot be explained by the method.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> from bert_keras.inference import Classifier
        >>> from bert_keras.models import BertEncoder, TextClassifier
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film"])
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=7)
        >>> model = TextClassifier(encoder, num_classes=2, labels=["no", "yes"])
        >>> found = attribute(Classifier(model, tokenizer), "Good film", answer="yes", method="occlusion")
        >>> [word for word, score in found.of_words()]
        ['Good', 'film']
    """
    if method not in METHODS:
        raise ValueError(f"Expected method to be one of {', '.join(METHODS)}; received {method!r}.")
    return METHODS[method](answer_of(predictor, text, second_text, answer=answer, at=at), **options)
