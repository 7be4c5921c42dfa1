"""Train an encoder to read a query and a text together, and to tell how well they fit: to rank what a search found.

Data        queries with positives and negatives, such as mine_negatives.py writes, scored pairs, pairs of two classes,
            or a teacher's scores: a table whose columns have well-known names (docs/files.md) or are given
Paper       Nogueira and Cho, 2019: a pair that fits, or not, by cross-entropy; of numbers the squared error, which of
            a teacher's scores is distillation
Output      RUN_DIRECTORY/preset, for search.py --reranker; after --pooling pooled for sentence-transformers, too
Run         python recipes/finetune_cross_encoder.py --preset PRESET --train negatives.jsonl --validation dev.jsonl
Stopped     by Ctrl-C, SIGTERM or a crash, the same command resumes it: docs/reliability.md
Watch       tensorboard --logdir runs/finetune_cross_encoder
"""

from pathlib import Path
from typing import Literal

from bert_keras import command_line, data, inference, models, training
from bert_keras.finetuning import FineTuning
from bert_keras.matching_files import MatchingFiles
from bert_keras.run_folder import RunFolder


def main(
    *,
    # Data
    preset: str,  # folder of a pretrained encoder, or of a cross-encoder, with its tokenizer
    files: MatchingFiles = MatchingFiles(),
    sequence_length: int = 256,  # tokens of both texts; of longer ones the longer text is cut
    run_directory: Path = Path("runs/finetune_cross_encoder"),
    # Model
    pooling: Literal["pooled", "first", "mean"] | None = None,  # what the head sees; none: as the preset was trained
    # Training
    fine_tuning: FineTuning = FineTuning(epochs=2, batch_size=32, learning_rate=5e-5),
):
    run = RunFolder(locals(), preset=preset, learns_from=files.learned_from)
    saving = run.saving()
    training.set_random_seed(fine_tuning.seed)
    tokenizer = data.tokenizer_of(preset)
    examples = files.read()
    pairs = examples["train"].labelled_pairs()
    rows = {"train": data.TextRows(pairs, tokenizer, sequence_length=sequence_length, label_names=pairs.label_names)}
    datasets = fine_tuning.datasets(rows, start_step=saving.step)

    model = models.TextClassifier.from_preset(
        preset, num_classes=1, problem_type=pairs.problem_type, pooling=pooling, dropout=fine_tuning.dropout,
        dtype=fine_tuning.dtype,
    )  # fmt: skip
    asked = dict(sequence_length=sequence_length, preset=run.preset, problem_type=pairs.problem_type)
    fine_tuning.prepare(model, tokenizer, **asked)
    optimizer = fine_tuning.optimizer(model.encoder, len(datasets["train"]))
    model.compile(optimizer, training.classification_loss(pairs.problem_type))
    cross_encoder = inference.CrossEncoder(model, tokenizer, sequence_length=sequence_length)

    scored = {}

    def read(anchors, texts):
        scores = cross_encoder(anchors, texts)
        scored.update(zip(zip(anchors, texts), scores.tolist()))
        return scores

    score = inference.KnownScores(model, lambda part: inference.score_pairs(read, examples[part]))
    best = next(iter(score("validation")))  # the epoch that is best by it is kept
    watched = inference.watch_pairs(examples["validation"].labelled_pairs(), scored)
    options = dict(best=f"val_{best}", shown=(best,), scores=lambda: score("validation"), watched=watched)
    options["inside"] = inference.Inside(model, tokenizer, rows["train"])
    report = saving.after(fine_tuning.callbacks(run.logs, **options))
    with training.memory_advice(fine_tuning.batch_size, sequence_length):
        model.fit(datasets["train"], **fine_tuning.fit_options(report))
    run.save_preset(model, tokenizer, sequence_length=sequence_length)
    return run.finish({part: score(part) for part in examples if part != "train"})


if __name__ == "__main__":
    command_line.run(main)
