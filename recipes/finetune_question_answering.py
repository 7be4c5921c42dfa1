"""Fine-tune an encoder to answer questions with pieces of a text.

Data        SQuAD's JSON, v1.1 or v2.0, and what has its format, such as XQuAD, DRCD, KorQuAD 1 and CMRC 2018, or rows
            as the `datasets` library writes them: --train, --validation; docs/files.md has them all
Paper       Devlin et al., 2019, sections 4.2 and 4.3: each token scored as the first and as the last of the answer
Reached     XQuAD in English, 289 of its questions after training on the other 901, from MiniLM's weights: exact 0.323,
            F1 0.476, means of 3 seeds; recipes/README.md has transformers beside it
Run         python recipes/finetune_question_answering.py --preset PRESET --train train.json --validation dev.json
Stopped     by Ctrl-C, SIGTERM or a crash, the same command resumes it: docs/reliability.md
Watch       tensorboard --logdir runs/finetune_question_answering
Variations  --scores cmrc, drcd, korquad count as those do; --errors keep continues where an answer is misplaced
"""

import functools
from pathlib import Path
from typing import Literal

from bert_keras import command_line, data, inference, models, training
from bert_keras.finetuning import FineTuning
from bert_keras.run_folder import RunFolder


def main(
    *,
    preset: str,  # folder of a pretrained encoder with its tokenizer
    train: Path,  # questions with answers, in SQuAD's format or its kin
    validation: Path,  # the same; answers to it are scored and written
    errors: Literal["raise", "skip", "keep"] = "raise",  # what to do where an answer is not at its offset
    encoding: str | None = None,  # gbk, cp1252 or another, where it is not UTF-8
    scores: Literal["squad", "cmrc", "drcd", "korquad"] = "squad",  # whose rules count
    sequence_length: int = 384,  # tokens in a row
    passage_words: int | None = None,  # for answer_questions.py: contexts are cut into passages of so many words, ...
    num_negatives: int = 1,  # ... and a question is asked of as many that look like its passage and do not answer, too
    stride: int | None = None,  # tokens between the beginnings of two windows; None: 128, a third of a shorter row
    max_question_tokens: int | None = None,  # longer questions are cut; None: 64, or what a shorter row has room for
    max_answer_tokens: int = 30,
    run_directory: Path = Path("runs/finetune_question_answering"),
    fine_tuning: FineTuning = FineTuning(epochs=6, batch_size=8),
):
    run = RunFolder(locals(), preset=preset, learns_from=(train, validation))
    saving = run.saving()
    training.set_random_seed(fine_tuning.seed)
    tokenizer = data.tokenizer_of(preset)
    files = {"train": train, "validation": validation}
    questions = {part: data.read_questions(file, errors=errors, encoding=encoding) for part, file in files.items()}
    if passage_words is not None:
        cut = dict(num_negatives=num_negatives, num_words=passage_words, overlap=passage_words * 3 // 10)
        questions = {part: inference.search.passage_questions(some, **cut) for part, some in questions.items()}
    is_v2 = any(not question.answers for question in questions["train"])  # SQuAD 2.0: "no answer" is predicted, too
    version = {"version": "2.0" if is_v2 else "1.1"} if scores == "squad" else {}
    score = functools.partial(getattr(data, f"{scores}_scores"), **version)

    answerer = models.QuestionAnswerer.from_preset(preset, dropout=fine_tuning.dropout, dtype=fine_tuning.dtype)
    answerer.null_threshold = 0.0 if is_v2 else None
    lengths = dict(sequence_length=sequence_length, stride=stride, max_answer_tokens=max_answer_tokens)
    answering = inference.QuestionAnswerer(answerer, tokenizer, max_question_tokens=max_question_tokens, **lengths)
    windows = {part: answering.rows(some) for part, some in questions.items()}
    datasets = fine_tuning.datasets(windows, make=data.question_answering_dataset, start_step=saving.step)
    fine_tuning.prepare(answerer, tokenizer, sequence_length=sequence_length, preset=run.preset)
    answerer.compile(
        fine_tuning.optimizer(answerer.encoder, len(datasets["train"])),
        training.question_answering_losses(),
        weighted_metrics={"start": ["accuracy"], "end": ["accuracy"]},
    )
    found = []  # the last answers to the validation part

    def answer():
        """Answers to the validation part, and what the scorer says of them."""
        found[:] = predictions = answering.predict(windows["validation"])
        if is_v2:
            given = {p.id: p.best().text for p in predictions}, {p.id: p.null_odds for p in predictions}
            answerer.null_threshold, _ = data.best_no_answer_threshold(questions["validation"], *given, scores=score)
        answers = {p.id: p.best(answerer.null_threshold).text for p in predictions}
        return predictions, score(questions["validation"], answers)

    watched = inference.watch_answers(questions["validation"], lambda: (found, answerer.null_threshold))
    report = dict(best="val_f1", shown=("exact", "f1"), scores=lambda: answer()[1], watched=watched)
    report["inside"] = inference.Inside(answerer, tokenizer, windows["validation"])
    report = saving.after(fine_tuning.callbacks(run.logs, **report))
    with training.memory_advice(fine_tuning.batch_size, sequence_length):
        answerer.fit(datasets["train"], validation_data=datasets["validation"], **fine_tuning.fit_options(report))

    predictions, results = answer()  # of the best epoch
    run.save_preset(answerer, tokenizer)
    data.write_answers(run_directory, predictions, threshold=answerer.null_threshold)
    return run.finish({"validation": results})


if __name__ == "__main__":
    command_line.run(main)
