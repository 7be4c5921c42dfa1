"""A collection to search in: documents, queries, and which documents answer which query."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from bert_keras.data.matching.matching_examples import MatchingExamples

Qrels = Mapping[str, Mapping[str, int]]  # {query id: {document id: grade}}


@dataclasses.dataclass(frozen=True)
class RetrievalSet:
    """Documents, queries and judgements, by their ids.

    Attributes:
        queries: {id: text}, those with a judgement.
        documents: {id: text}, in the order of the file.
        qrels: {query id: {document id: grade}}; documents of grade 1 or more answer the query.
        num_skipped: What was left out under `errors="skip"`.
        places: {query id: {document id: file:line of the judgement}}, where they come from a file.

    Raises:
        ValueError: If there is no query or no document, or a query has no judgement.

    Example:
        >>> some = RetrievalSet({"q1": "who purrs"}, {"d1": "cats purr", "d2": "dogs bark"}, {"q1": {"d1": 1}})
        >>> some.pairs().texts
        (('who purrs', 'cats purr'),)
    """

    queries: Mapping[str, str]
    documents: Mapping[str, str]
    qrels: Qrels
    num_skipped: int = 0
    places: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self):
        if not self.queries or not self.documents:
            raise ValueError(f"expected queries and documents, received {len(self.queries)} and {len(self.documents)}")
        if missing := [query for query in self.queries if not self.qrels.get(query)]:
            raise ValueError(
                f"{len(missing)} of {len(self.queries)} queries have no judgement, the first: {missing[0]!r}"
            )

    def pairs(self, *, least_grade: int = 1) -> MatchingExamples:
        """Return each query beside each document that answers it, to train on.

        Args:
            least_grade: From which grade on a document answers a query.
        """
        judged = [
            (query, document)
            for query in self.queries
            for document, grade in self.qrels[query].items()
            if grade >= least_grade and document in self.documents
        ]
        texts = tuple((self.queries[query], self.documents[document]) for query, document in judged)
        return MatchingExamples(
            texts, places=tuple(self.places[query][document] for query, document in judged) if self.places else ()
        )

    @classmethod
    def of_pairs(cls, examples: MatchingExamples) -> "RetrievalSet":
        """Search for anchors among the positives of all examples; equal texts are one query, or one document.

        Args:
            examples: Texts that match; their negatives are documents, too.
        """
        queries: dict[str, str] = {}
        documents: dict[str, str] = {}
        qrels: dict[str, dict[str, int]] = {}
        for anchor, positive, *negatives in examples.texts:
            for text in (positive, *negatives):
                documents.setdefault(text, f"d{len(documents)}")
            query = queries.setdefault(anchor, f"q{len(queries)}")
            qrels.setdefault(query, {})[documents[positive]] = 1
        return cls(*({name: text for text, name in some.items()} for some in (queries, documents)), qrels)

    @classmethod
    def of_questions(cls, questions: Iterable[Any]) -> "RetrievalSet":
        """Make the passages of questions a collection; the passage that a question was asked of answers it.

        Args:
            questions: From `read_questions`; those without an answer are left out.

        Raises:
            ValueError: If two questions have one id.
        """
        number_of, queries, qrels = {}, {}, {}
        for question in questions:
            if question.id in queries:
                raise ValueError(f"the id {question.id!r} comes twice among the questions")
            document = number_of.setdefault(question.context, f"d{len(number_of)}")
            if question.answers:
                queries[question.id], qrels[question.id] = question.question, {document: 1}
        return cls(queries, {document: text for text, document in number_of.items()}, qrels)
