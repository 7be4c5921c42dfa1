"""How near written texts come to others: BLEU and chrF of sacrebleu, ROUGE of rouge-score, and how varied they are."""

import re
from collections.abc import Sequence

from bert_keras.optional_package import import_optional
from bert_keras.training.metrics.coco_rouge import coco_rouge_l, penn_words

_MEASURE = re.compile(r"bleu|chrf|rouge([1-9]|L|Lsum|L-coco)|distinct-[1-9]")
_BY_CHARACTER = ("zh", "char", "ja-mecab", "ko-mecab")  # in whose languages spaces part no words


def writing_scores(
    texts: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    measures: Sequence[str] = ("bleu", "rouge1", "rouge2", "rougeL", "chrf", "distinct-1", "distinct-2"),
    tokenize: str = "13a",
    lowercase: bool = False,
) -> dict[str, float]:
    """Score texts by those that people wrote.

    Args:
        texts: what a model has written.
        references: for each of them one text that people wrote, or more.
        measures: names: "bleu" and "chrf" of the corpus, as sacrebleu counts them; "rouge1", "rouge2", "rougeL",
            "rougeLsum", the mean F1 of texts with the reference that is nearest; "rougeL-coco", as MS COCO's scripts
            count it; "distinct-1", "distinct-2", the share of different words or runs of words among all that were
            written. E2E NLG's official ones are "bleu" with `lowercase`, and "rougeL-coco".
        tokenize: sacrebleu's: "13a", "zh", "char" or another. Of Chinese, ROUGE and distinct count characters.
        lowercase: whether upper and lower case are the same in BLEU and chrF; in ROUGE they always are.

    Returns:
        dict from measure to float from 0 to 1; sacrebleu itself says percent.

    Raises:
        ImportError: where sacrebleu or rouge-score is missing; `pip install 'bert-keras[generate]'`.
        ValueError: where a measure is unknown, there is no text, or a text has no reference.

    Example:
        >>> from bert_keras.training import writing_scores
        >>> writing_scores(["a cat sat", "a cat"], [["a cat"], ["a dog"]], measures=["distinct-1", "distinct-2"])
        {'distinct-1': 0.6, 'distinct-2': 0.6666666666666666}

    Reference:
        [Post, 2018](https://arxiv.org/abs/1804.08771); [Lin, 2004](https://aclanthology.org/W04-1013); distinct: [Li et
        al., 2016](https://arxiv.org/abs/1510.03055)
    """
    if unknown := [name for name in measures if not _MEASURE.fullmatch(name)]:
        raise ValueError(
            f"Expected measures bleu, chrf, rouge1, rouge2, rougeL, rougeL-coco or distinct-1, received {unknown}."
        )
    if not texts or len(texts) != len(references):
        raise ValueError(f"Expected references for {len(texts)} texts, one or more; received {len(references)}.")
    if missing := [number for number, some in enumerate(references) if isinstance(some, str) or not len(some)]:
        raise ValueError(f"Expected a list of references for each text; text {missing[0]} has none.")
    words = list if tokenize in _BY_CHARACTER else str.split
    scores = {}
    for name in measures:
        if name in ("bleu", "chrf"):
            streams = [[some[i] if i < len(some) else None for some in references]
                       for i in range(max(map(len, references)))]  # fmt: skip
            scores[name] = _metric(name, tokenize, lowercase).corpus_score(texts, streams).score / 100
        elif name.startswith("distinct"):
            scores[name] = _distinct([words(text) for text in texts], int(name[-1]))
        elif name == "rougeL-coco":
            scores[name] = _coco_rouge(texts, references, _Characters().tokenize if words is list else penn_words)
    if names := [name for name in measures if name.startswith("rouge") and name not in scores]:
        scores |= _rouge(texts, references, names, _Characters() if words is list else None)
    return {name: float(scores[name]) for name in measures}


def writing_signature(measure: str = "bleu", *, tokenize: str = "13a", lowercase: bool = False) -> str:
    """Tell what sacrebleu counts, in its own words, to be given beside a score.

    Args:
        measure: "bleu" or "chrf".
        tokenize: as for `writing_scores`.
        lowercase: the same.

    Raises:
        ImportError: where sacrebleu is missing.
    """
    metric = _metric(measure, tokenize, lowercase)
    metric.corpus_score(["a"], [["a"]])  # it counts references before it says what it is
    return re.sub(r"nrefs:\d+\|", "", str(metric.get_signature()))


def _metric(measure, tokenize, lowercase):
    module = import_optional("sacrebleu", extra="generate", what="BLEU")
    if measure == "bleu":
        return module.BLEU(tokenize=tokenize, lowercase=lowercase)
    return module.CHRF(lowercase=lowercase)


def _rouge(texts, references, names, tokenizer):
    package = import_optional("rouge_score.rouge_scorer", extra="generate", what="ROUGE")
    scorer = package.RougeScorer(names, use_stemmer=False, tokenizer=tokenizer)
    found = [scorer.score_multi(list(some), text) for text, some in zip(texts, references, strict=True)]
    return {name: sum(scores[name].fmeasure for scores in found) / len(found) for name in names}


def _coco_rouge(texts, references, words):
    return coco_rouge_l([words(text) for text in texts], [[words(text) for text in some] for some in references])


class _Characters:
    """A tokenizer for rouge-score, whose own knows Latin letters alone."""

    def tokenize(self, text):
        return [character for character in text if not character.isspace()]


def _distinct(texts, length):
    runs = [tuple(words[i : i + length]) for words in texts for i in range(len(words) - length + 1)]
    return len({*runs}) / max(1, len(runs))
