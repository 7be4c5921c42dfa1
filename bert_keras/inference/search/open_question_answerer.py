"""Questions in, answers from a collection out: an index finds passages, a reader the answer in them."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from bert_keras.data import Question
from bert_keras.inference.predictor import check_top_k
from bert_keras.inference.question_answerer import QuestionAnswerer
from bert_keras.inference.search.index import Index, Method
from bert_keras.inference.search.reranking import Reranker
from bert_keras.inference.text_sources import as_texts


class OpenAnswers(NamedTuple):
    """What comes out for a question.

    Attributes:
        passages: What the index found, as its `search` gives it.
        answers: As `OpenQuestionAnswerer` gives them, best first; empty where nothing was found.
    """

    passages: list[dict[str, Any]]
    answers: list[dict[str, Any]]


class OpenQuestionAnswerer:
    """Answers questions from an index of passages.

    The reader looks into each passage that the index finds. The answers of all passages are ordered by the sum of their
    two logits and of `search_weight / rank`, the passage's rank in the search being 1 for the first. Ranks count, not
    scores: cosines, BM25's scores and those of fused searches have scales of their own.

    Args:
        index: Of passages: of `passages_of`, whose answers then have their place in the document; or of any texts, each
            its own document.
        reader: What reads them.
        method: As for `Index.search`.
        reranker: As for `Index.search`.
        num_passages: How many passages are read for a question.
        search_weight: What is added to the logits of an answer in the first passage; in the second it is half of it. 0
            for the reader alone.
        null_threshold: A passage does not say where no answer scores by more than this above its best span; `math.inf`
            for an answer to every question. Default None, that of the reader's model, which may have none.

    Call arguments:
        questions: One str, or an iterable of them.
        top_k: How many answers for each question, the one that is given without it first. Default None, that one.

    Output:
        for each question a dict of `answer`, `score` (its probability among the spans of all its passages), `document`,
        `start` and `end` (characters of the document), and `passage`, the text around it, with its `id`; a list of such
        dicts with `top_k`. Where nothing is found `answer` is "", `score` 0 and the rest None; with `top_k` the list is
        empty. For one question its own.

    Raises:
        ValueError: If a question is empty, a number is below 1, or `search_weight` below 0.

    Example:
        ```python
        index = Index.load("runs/index", Embedder.from_preset("all-MiniLM-L6-v2"))
        reader = QuestionAnswerer.from_preset("runs/finetune_question_answering/preset")
        OpenQuestionAnswerer(index, reader)("Where was Ada born?")
        # {"answer": "London", "score": 0.9, "document": "ada.txt", "start": 25, "end": 31, "passage": ..., "id": ...}
        ```

    Reference:
        [Chen et al., 2017](https://arxiv.org/abs/1704.00051); a search that counts beside the reader as in
        [Yang et al., 2019](https://arxiv.org/abs/1902.01718), here by its ranks
    """

    def __init__(
        self,
        index: Index,
        reader: QuestionAnswerer,
        *,
        method: Method | Sequence[Method] = "exact",
        reranker: Reranker | None = None,
        num_passages: int = 5,
        search_weight: float = 4.0,
        null_threshold: float | None = None,
    ) -> None:
        if num_passages < 1:
            raise ValueError(f"num_passages must be at least 1, received {num_passages}.")
        if not search_weight >= 0:  # NaN too
            raise ValueError(f"search_weight must be at least 0, received {search_weight}.")
        self.index, self.reader, self.method, self.reranker = index, reader, method, reranker
        self.num_passages, self.search_weight, self.null_threshold = num_passages, search_weight, null_threshold

    def __call__(self, questions: str | Iterable[str], top_k: int | None = None) -> dict | list:
        check_top_k(top_k)
        if isinstance(questions, str):
            return self([questions], top_k)[0]
        found = [one.answers for one in self.find_and_read(as_texts(questions, what="question"))]
        return [(answers or [_nothing()])[0] if top_k is None else answers[:top_k] for answers in found]

    def find_and_read(self, questions: Sequence[str]) -> list[OpenAnswers]:
        """Find passages and the answers in them.

        Args:
            questions: Sequence of str.

        Returns:
            For each question what was found.
        """
        found = self.index.search(questions, self.num_passages, method=self.method, reranker=self.reranker)
        asked = [
            Question(str(number), question, passage["text"])
            for number, (question, passages) in enumerate(zip(questions, found, strict=True))
            for passage in passages
        ]
        read = iter(self.reader.predict(asked))
        return [OpenAnswers(passages, self._answers([(one, next(read)) for one in passages])) for passages in found]

    def _answers(self, read) -> list[dict[str, Any]]:
        threshold = self.reader.model.null_threshold if self.null_threshold is None else self.null_threshold
        spans = []  # (score, number of the passage, span)
        for number, (_, predicted) in enumerate(read):
            if threshold is not None and predicted.null_odds > threshold:
                continue
            added = self.search_weight / (number + 1)
            spans += [(s.start_logit + s.end_logit + added, number, s) for s in predicted.spans if s.text]
        spans.sort(key=lambda one: (-one[0], one[1]))
        if not spans:
            return []
        scores = np.exp(np.array([score for score, _, _ in spans]) - spans[0][0])
        answers, places = [], set()
        for probability, (_, number, span) in zip((scores / scores.sum()).tolist(), spans):
            passage = read[number][0]
            document, first = passage.get("document", passage["id"]), passage.get("start", 0)
            place = {"document": document, "start": first + span.start, "end": first + span.end}
            if tuple(place.values()) in places:  # where passages overlap
                continue
            places.add(tuple(place.values()))
            answer = {"answer": span.text, "score": probability} | place
            answers.append(answer | {"passage": passage["text"], "id": passage["id"]})
        return answers


def _nothing() -> dict[str, Any]:
    nowhere = dict.fromkeys(("document", "start", "end", "passage", "id"))
    return {"answer": "", "score": 0.0} | nowhere
