"""Predict a file with a trained model: classes, tags, spans, answers, relations, triples, choices, texts, vectors.

Data        one text a line; a table with --text-column; or the task's own files, without labels too: questions in
            SQuAD's format, sentences with marked entities, CoNLL's columns, sources or dialogues to write from
Output      RUN_DIRECTORY/predictions.jsonl: a line for each row of the file, with its text and its prediction
Run         python recipes/predict.py runs/finetune_classifier/preset new.csv --text-column review
"""

import json
from pathlib import Path
from typing import Literal

import tyro

from bert_keras import command_line, inference
from bert_keras.atomic_files import write_file
from bert_keras.run_folder import RunFolder
from bert_keras.table_format import TableFormat


def main(
    preset: tyro.conf.Positional[str],  # folder of a model with its tokenizer, such as a recipe's RUN_DIRECTORY/preset
    file: tyro.conf.Positional[Path],  # what is to be predicted
    *,
    text_column: int | str | None = None,  # of a table, by name or number; questions are texts, too
    second_text_column: int | str | None = None,  # for pairs; or the passage that answers the question
    choice_columns: tuple[int | str, ...] = (),  # for multiple choice; none: SWAG's columns
    table: TableFormat = TableFormat(),
    top_k: int | None = None,  # so many classes, answers or tokens for each text; None: the best; a writer draws
    batch_size: int | None = None,  # rows in one call of the model; none: as many as its predictor takes
    dtype: str | None = None,  # bfloat16 is faster where the processor multiplies it; none: the preset's
    runtime: Literal["keras", "openvino", "auto"] | None = None,  # none: keras; auto: the faster here, measured once
    run_directory: Path = Path("runs/predict"),
):
    run = RunFolder(locals())
    given = {"batch_size": batch_size, "dtype": dtype, "runtime": runtime}
    predictor = inference.load_predictor(preset, **{name: value for name, value in given.items() if value is not None})
    rows, arguments = inference.read_inputs(
        predictor, file, text_column=text_column, second_text_column=second_text_column, choice_columns=choice_columns,
        table=table,
    )  # fmt: skip
    options = {} if top_k is None else {"top_k": top_k}
    if isinstance(predictor, inference.Generator):
        options["long_prompts"] = "cut"  # and counted: one long row does not stop a file
    predictions = predictor(*arguments, **options)
    lines = []
    for row, prediction in zip(rows, predictions, strict=True):
        prediction = prediction.tolist() if hasattr(prediction, "tolist") else prediction
        lines.append(json.dumps(row | {"prediction": prediction}, ensure_ascii=False) + "\n")
    write_file(
        run_directory / "predictions.jsonl", "".join(lines).encode("utf-8", "replace")
    )  # half an emoji is no UTF-8
    print(*(line[:200].rstrip("\n") for line in lines[:5]), f"{run_directory / 'predictions.jsonl'}", sep="\n")
    return run.finish({"rows": len(rows)})


if __name__ == "__main__":
    command_line.run(main)
