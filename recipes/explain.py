"""Explain a model's answers: which words speak for them and against them, and where each head looks.

Data        a text, or a file of one text a line; with a second text for pairs, questions and choices
Output      the words in colour on the terminal, and one page of HTML that needs nothing but itself
Run         python recipes/explain.py "what a film" --preset runs/finetune_classifier/preset --output runs/explain.html
Variations  --answer negative asks why not; --method occlusion is faster than all four; of a file the first --limit
            texts are explained: a page of thousands is read by nobody
"""

import logging
from pathlib import Path
from typing import Literal

import tyro

from bert_keras import command_line, inference, inspection

Method = Literal["integrated_gradients", "gradient_x_input", "occlusion", "attention_rollout"]
_logger = logging.getLogger(__name__)


def main(
    text: tyro.conf.Positional[str],  # what is answered, or a file of one text a line; of a reader the question
    *,
    preset: str,  # folder of a model with its tokenizer, such as a recipe's RUN_DIRECTORY/preset
    second_text: tuple[str, ...] = (),  # of a pair; the passage of a question; the choices of a chooser
    answer: str | None = None,  # such as a label, or a text that is written; none: what the model answers
    word: int | None = None,  # by its number, at which the answer stands; of written text, of which; of a [MASK], which
    method: tuple[Method, ...] = ("integrated_gradients", "occlusion"),  # one or more, side by side
    attention: int = 4,  # texts, the first ones, for which the page shows the attention of each head
    limit: int = 100,  # texts of a file that are explained, the first ones
    output: Path = Path("runs/explain.html"),
):
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    predictor = inference.load_predictor(preset)
    texts = inference.as_texts(Path(text)) if Path(text).is_file() else [text]
    second = None if not second_text else second_text[0] if len(second_text) == 1 else list(second_text)
    if len(texts) > limit:
        _logger.warning("%s has %d texts: the first %d are explained (--limit)", text, len(texts), limit)
    explanations, options = [], dict(answer=answer, at=word, methods=method)
    for number, some in enumerate(texts[:limit], 1):
        try:
            found = inspection.explain(predictor, some, second, attention=number <= attention, **options)
        except ValueError as error:  # one line without a word, or without a name in it, does not stop a file
            if number == len(texts[:limit]) and not explanations:
                raise
            _logger.warning("line %d is not explained: %s", number, error)
            continue
        explanations.append(found)
        print(found, end="\n\n", flush=True)
        if number % 10 == 0:
            _logger.info("%d of %d texts", number, len(texts[:limit]))
    inspection.write_explanations(explanations, output)
    print(output)
    return {"texts": len(texts[:limit]), "explained": len(explanations)}


if __name__ == "__main__":
    command_line.run(main)
