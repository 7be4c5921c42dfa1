"""What a generator writes from examples: the file of its texts, their scores, and a few of them to be read."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from bert_keras.atomic_files import write_file
from bert_keras.data import GenerationExamples
from bert_keras.inference.generator import Generator
from bert_keras.training import writing_scores


def score_writing(
    write: Generator,
    examples: GenerationExamples,
    *,
    directory: Path | None = None,
    part: str = "validation",
    measures: Sequence[str] = ("bleu", "rougeL", "chrf", "distinct-2"),
    tokenize: str = "13a",
    lowercase: bool = False,
) -> dict[str, float]:
    """Write from every source once, and score the texts by all targets that it has.

    written_PART.jsonl has a line for each source: `source`, `written` and `references`. In validation:
    `TaskScores(functools.partial(score_writing, write, examples))`.

    Args:
        write: The model's.
        examples: From `read_generation`; without targets there are no scores.
        directory: Folder of the file; None to write none.
        part: Name of the part, such as "test".
        measures: As for `bert_keras.training.writing_scores`, as are the next two.
        tokenize: Sacrebleu's way to find words.
        lowercase: Whether upper and lower case are the same.

    Returns:
        From measure to float from 0 to 1; empty without targets.

    Raises:
        ImportError: If sacrebleu or rouge-score is missing.
    """
    has_targets = examples.targets is not None
    references = examples.references() if has_targets else {source: [] for source in examples.sources}
    texts = write(GenerationExamples(tuple(references)))
    if directory is not None:
        lines = [
            {"source": source, "written": text} | ({"references": some} if has_targets else {})
            for (source, some), text in zip(references.items(), texts, strict=True)
        ]
        content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        write_file(Path(directory) / f"written_{part}.jsonl", content.encode())
    if not has_targets:
        return {}
    options = dict(measures=measures, tokenize=tokenize, lowercase=lowercase)
    return writing_scores(texts, list(references.values()), **options)


def written_samples(write: Generator, examples: GenerationExamples) -> Callable[[], list[tuple[str, str, str]]]:
    """Return what a `TextProbe` shows of a model that learns to write: (source, what it writes, first target).

    Sources are made rows of here, so that what is cut is said once, not after each epoch.

    Args:
        write: The model's.
        examples: From `read_generation`, with targets; each source is written from once.

    Returns:
        Function without arguments that writes with the weights of the moment.

    Example:
        ```python
        samples = inference.written_samples(inference.Generator(model, tokenizer), examples.first_sources(8))
        probe = training.callbacks.TextProbe("written", ("source", "text", "target"), samples, "runs/mine/logs")
        ```
    """
    references = examples.references()
    prompts = write.rows(GenerationExamples(tuple(references)))

    def samples():
        texts = write(prompts)
        return [(str(source), text, some[0]) for (source, some), text in zip(references.items(), texts, strict=True)]

    return samples
