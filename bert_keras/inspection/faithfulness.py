"""Whether the words that a method names are those that the model's answers hang on."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from bert_keras.inference import Predictor
from bert_keras.inspection.answers import Answer, answer_of
from bert_keras.inspection.methods import METHODS
from bert_keras.inspection.replaced_tokens import replaced_tokens, scores_of

RANDOM = "random"
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5)


@dataclasses.dataclass(frozen=True)
class Faithfulness:
    """How much of the answers' scores the words take along that a method names first; means over texts.

    Args:
        aopc: The area over the perturbation curve: how much lower the score is without the first word that is named,
            the first two, and so on: the mean over these numbers of words. More is better.
        comprehensiveness: How much lower it is without the first tenth of the words, two tenths, to a half; their mean.
            More is better.
        sufficiency: How much lower it is with these words alone. Less is better.
        of_texts: (texts, 3) float64 array of the three for each text.

    Reference:
        [Samek et al., 2017](https://arxiv.org/abs/1509.06321), equation 12;
        [DeYoung et al., 2020](https://arxiv.org/abs/1911.03429), section 4.1
    """

    aopc: float
    comprehensiveness: float
    sufficiency: float
    of_texts: np.ndarray


def faithfulness(
    predictor: Predictor,
    texts: Iterable[str | tuple[str, str]],
    *,
    method: str = "integrated_gradients",
    num_words: int = 10,
    replaced_by: str = "delete",
    seed: int = 0,
    batch_size: int = 32,
    **options: Any,
) -> Faithfulness:
    """Measure a method: take away the words that it names first, and see how far the score falls.

    What is explained is the answer that the model gives to each text. Compare methods with each other, and with the
    method "random", which names words in any order: one that is no better says nothing of the model.

    Args:
        predictor: One of `bert_keras.inference` that answers without being told where.
        texts: The texts, or pairs of them.
        method: As for `attribute`, or "random".
        num_words: Most words that are taken away one after the other for `aopc`. Default 10.
        replaced_by: What becomes of a word: "delete", "mask" or "pad". Default "delete", which no method does by
            default; answers that have a place in the text want "mask".
        seed: Of the method "random". Default 0.
        batch_size: Changed texts in one call of the model.
        **options: Those of the method.

    Raises:
        ValueError: If there is no text, no such method, or `num_words` is below 1.

    Example:
        ```python
        classifier = Classifier.from_preset("runs/finetune_classifier/preset")
        for method in ("random", "occlusion", "integrated_gradients"):
            print(method, faithfulness(classifier, sentences, method=method).aopc)
        ```
    """
    if method not in (*METHODS, RANDOM):
        raise ValueError(f"Expected method to be one of {', '.join((*METHODS, RANDOM))}; received {method!r}.")
    if num_words < 1:
        raise ValueError(f"num_words must be at least 1, received {num_words}.")
    generator, found = np.random.default_rng(seed), []
    for text in texts:
        answer = answer_of(predictor, *((text,) if isinstance(text, str) else text))
        if method == RANDOM:
            order = generator.permutation(len(answer.tokens.words))
        else:
            order = np.argsort(-METHODS[method](answer, **options).scores, kind="stable")
        found.append(falls(answer, order, num_words=num_words, replaced_by=replaced_by, batch_size=batch_size))
    if not found:
        raise ValueError("Expected texts, received none.")
    return Faithfulness(*map(float, np.mean(found, axis=0)), of_texts=np.array(found))


def falls(
    answer: Answer, order: Sequence[int], *, num_words: int = 10, replaced_by: str = "delete", batch_size: int = 32
) -> tuple[float, float, float]:
    """Take away the words of one text in an order of your own.

    Args:
        answer: From `answer_of`.
        order: Numbers of its words, those first that speak for the answer most.
        num_words: As for `faithfulness`.
        replaced_by: As for `faithfulness`.
        batch_size: As for `faithfulness`.

    Returns:
        AOPC, comprehensiveness and sufficiency, as `Faithfulness` has them.
    """
    order = list(order)
    counts = [max(1, round(share * len(order))) for share in SHARES]
    first = [order[: 1 + i] for i in range(min(num_words, len(order)))]
    without, alone = [order[:count] for count in counts], [order[count:] for count in counts]
    variants = (replaced_tokens(answer, some, replaced_by) for some in [*first, *without, *alone])
    whole, *scores = scores_of(answer, [answer.inputs, *variants], batch_size=batch_size)
    lost = whole - np.array(scores)
    parts = np.split(lost, [len(first), len(first) + len(SHARES)])
    return tuple(float(np.mean(part)) for part in parts)
