"""Train an encoder to give texts that mean the like vectors that are near: for search, duplicates, similarity.

Data        pairs, triples, queries with lists of negatives, scored pairs, pairs of two classes, a teacher's scores, or
            texts alone: a table whose columns have well-known names (docs/files.md) or are given; or BEIR's layout:
            --train train.jsonl --validation dev.tsv
Paper       Reimers and Gurevych, 2019; of losses, in their docstrings; of texts alone, SimCSE: Gao et al., 2021,
            and TSDAE, --loss denoising: Wang et al., 2021
Run         python recipes/finetune_sentence_encoder.py --preset PRESET --train stsb/train.tsv --validation stsb/dev.tsv
Stopped     by Ctrl-C, SIGTERM or a crash, the same command resumes it: docs/reliability.md
Watch       tensorboard --logdir runs/finetune_sentence_encoder
Variations  hard negatives from mine_negatives.py; --mini-batch-size for large batches of in-batch negatives
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
    preset: str,  # folder of a pretrained encoder with its tokenizer
    files: MatchingFiles = MatchingFiles(),
    sequence_length: int = 128,  # tokens in a text
    run_directory: Path = Path("runs/finetune_sentence_encoder"),
    # Model
    pooling: Literal["mean", "first", "max", "pooled"] | None = None,  # of tokens; none: the preset's, else the mean
    loss: str | None = None,  # CoSENTLoss, softmax, denoising, ...: docs/vectors.md; none: what is usual
    matryoshka_dims: tuple[int, ...] = (),  # the first so many numbers of a vector are to be good vectors, too
    mini_batch_size: int | None = None,  # texts encoded at once; none: all of a batch
    # Training
    fine_tuning: FineTuning = FineTuning(epochs=2, batch_size=32, learning_rate=2e-5),
):  # fmt: skip
    run = RunFolder(locals(), preset=preset, learns_from=files.learned_from)
    saving = run.saving()
    training.set_random_seed(fine_tuning.seed)
    tokenizer = data.tokenizer_of(preset)
    examples = files.read()
    train = examples["train"]
    objective = training.matching_loss(train.kind, loss, label_names=train.label_names, matryoshka_dims=matryoshka_dims)

    asked = {} if pooling is None else {"pooling": pooling}
    model = trained = models.SentenceEncoder.from_preset(
        preset, mini_batch_size=mini_batch_size, dropout=fine_tuning.dropout, dtype=fine_tuning.dtype, **asked
    )
    if loss == "softmax":  # a layer over both vectors, which is not kept
        trained = models.SentencePairClassifier(model, len(train.label_names))
    elif loss == "denoising":  # a decoder, which is not kept
        trained = models.DenoisingAutoencoder(model)
        trained.load_head(preset)
    fine_tuning.prepare(model, tokenizer, sequence_length=sequence_length, preset=run.preset, trained=trained)
    embed = inference.Embedder(model, tokenizer, sequence_length=sequence_length)
    prompts = embed.matching_prompts if train.has_queries else (embed.prompt, embed.prompt)
    rows_of = data.DenoisingRows if loss == "denoising" else data.MatchingRows
    rows = {"train": rows_of(train, tokenizer, sequence_length=sequence_length, prompts=prompts)}
    datasets = fine_tuning.datasets(rows, start_step=saving.step)
    optimizer = fine_tuning.optimizer(model.encoder, len(datasets["train"]), epsilon=1e-8)  # gradients here are long
    trained.compile(optimizer, objective)

    score = inference.KnownScores(model, lambda part: inference.score_matching(embed, examples[part]))
    before = score("validation")
    best = next(iter(before))  # the epoch that is best by it is kept
    options = dict(best=f"val_{best}", shown=(best,), scores=lambda: score("validation"))
    options["inside"] = inference.Inside(model, tokenizer, rows["train"])
    report = saving.after(fine_tuning.callbacks(run.logs, **options))
    with training.memory_advice(fine_tuning.batch_size, sequence_length):
        trained.fit(datasets["train"], **fine_tuning.fit_options(report))
    run.save_preset(model, tokenizer)
    scores = {part: score(part) for part in examples if part != "train"}
    return run.finish({"before": before} | scores)


if __name__ == "__main__":
    command_line.run(main)
