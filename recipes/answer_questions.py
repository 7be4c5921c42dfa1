"""Answer questions from an index of passages: a question, those of a text file, or SQuAD's questions, which are scored.

Data        an index of recipes/build_index.py, and a reader of recipes/finetune_question_answering.py
Output      RUN_DIRECTORY/answers.jsonl: each question with its answers, their passages and places in the documents
Paper       Chen et al., 2017: find passages, read them, compare the answers of all
Run         python recipes/answer_questions.py "Where was Ada born?" --index runs/index --preset PRESET --reader READER
"""

import json
from pathlib import Path
from typing import Literal

import tyro

from bert_keras import command_line, data, inference
from bert_keras.atomic_files import write_file
from bert_keras.run_folder import RunFolder


def main(
    questions: tyro.conf.Positional[str],  # one; or a file: a question a line, or SQuAD's JSON with answers to score
    *,
    reader: str,  # preset that recipes/finetune_question_answering.py trained
    index: Path = Path("runs/index"),  # of recipes/build_index.py
    preset: str | None = None,  # the encoder that the index was built with
    query_prompt: str | None = None,  # what stands before a question; none: the preset's prompt of queries
    method: tuple[Literal["exact", "binary", "approximate", "bm25"], ...] = ("exact",),  # several are fused
    reranker: str | None = None,  # cross-encoder that orders the best 100 passages anew
    num_passages: int = 5,  # read for a question
    search_weight: float = 4.0,  # divided by a passage's rank, it is added to the reader's logits; 0: the reader alone
    null_threshold: float | None = None,  # odds above which a passage does not say; inf: all say; none: the reader's
    top_k: int = 1,  # answers for a question
    scores: Literal["squad", "cmrc"] = "squad",  # how answers to SQuAD's questions are scored; cmrc for Chinese
    # Where an answer stands does not count here, so a misplaced one is kept; skip leaves it and empty questions out.
    errors: Literal["raise", "skip", "keep"] = "keep",
    run_directory: Path = Path("runs/answer_questions"),
):
    run = RunFolder(locals())
    prompts = None if query_prompt is None else {"query": query_prompt}
    encoder = None if preset is None else inference.Embedder.from_preset(preset, prompts=prompts)
    answerer = inference.search.OpenQuestionAnswerer(
        inference.search.Index.load(index, encoder),
        inference.QuestionAnswerer.from_preset(reader),
        method=method, num_passages=num_passages, search_weight=search_weight, null_threshold=null_threshold,
        reranker=None if reranker is None else inference.CrossEncoder.from_preset(reranker),
    )  # fmt: skip
    judged = data.read_questions(questions, errors=errors) if Path(questions).suffix in (".json", ".jsonl") else ()
    asked = [one.question for one in judged]
    if not asked:
        asked = inference.as_texts(Path(questions)) if Path(questions).is_file() else [questions]
    found = answerer.find_and_read(asked)
    lines = []
    for question, one in zip(asked, found, strict=True):
        lines.append(json.dumps({"question": question, "answers": one.answers[:top_k]}, ensure_ascii=False) + "\n")
        for answer in one.answers[:top_k] if len(asked) <= 20 else ():
            print(f"{answer['score']:.3f}  {answer['answer']}  ({answer['document']}, {answer['start']})")
        if not one.answers:
            print(f"nothing found: {question}")
    write_file(run_directory / "answers.jsonl", "".join(lines).encode("utf-8", "replace"))
    measure = {"squad": data.squad_scores, "cmrc": data.cmrc_scores}[scores]
    results = {"questions": len(asked)}
    if judged:
        results = inference.search.open_answer_scores(judged, found, scores=measure)
    return run.finish(results)


if __name__ == "__main__":
    command_line.run(main)
