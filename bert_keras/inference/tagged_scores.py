"""What a tagger or a span finder makes of tagged sentences: the files of its predictions, and its scores."""

from pathlib import Path

from bert_keras.data import SpanRows, TaggedSentences, TagRows, write_conll, write_spans
from bert_keras.inference.span_finder import SpanFinder
from bert_keras.inference.tagger import Tagger
from bert_keras.tagging_schemes import tags_to_spans
from bert_keras.training import score_table, span_scores, tag_accuracy


def score_tagged(
    predictor: Tagger | SpanFinder,
    sentences: TaggedSentences,
    *,
    directory: Path,
    part: str,
    rows: TagRows | SpanRows | None = None,
) -> tuple[dict[str, float], str]:
    """Predict a part, write what is predicted, and score it.

    predictions_PART.conll has the tags of words, where there are such; predictions_PART.jsonl the spans. Spans are
    scored in the raw text, as users of the model will have it, or by the words of the file if the predictor reads
    those; `f1_of_words` counts the words of the file in any case, as CoNLL's scorer does.

    Args:
        predictor: The model's.
        sentences: From `read_tagged_sentences`.
        directory: Folder of the files.
        part: Name of the part, such as "test".
        rows: Those of the sentences, where there are some: they are not tokenized again.

    Returns:
        Scores, and a table of those of each label, "" where tags spell no spans.
    """
    rows = predictor.rows(sentences) if rows is None else rows
    if isinstance(predictor, SpanFinder):
        spans = predictor.spans(rows)
    else:
        tags = predictor.tags(rows)
        write_conll(directory / f"predictions_{part}.conll", sentences, tags)
        if sentences.spans is None:
            return {"accuracy": tag_accuracy(sentences.tags, tags)}, ""
        spans = [tags_to_spans(some) for some in tags]
    write_spans(directory / f"predictions_{part}.jsonl", sentences, spans)
    found = predictor(rows if predictor.words == "basic" else sentences.texts)
    found = [[(span["start"], span["end"], span["label"]) for span in some] for some in found]
    of_text, of_words = span_scores(sentences.character_spans(), found), span_scores(sentences.spans, spans)
    by_label = of_words if predictor.words == "file" else of_text
    return by_label["overall"] | {"f1_of_words": of_words["overall"]["f1"]}, score_table(by_label)
