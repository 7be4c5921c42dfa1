"""Fine-tune an encoder to find triples of subject, relation and object in raw text.

Data        JSONL {"text": ..., "spo_list": [[subject, relation, object], ...]}, as DuIE's; attributes and the arguments
            of events are the same structure; docs/files.md has further formats
Paper       GPLinker: Su, 2022, https://kexue.fm/archives/8888
Reached     CoNLL04, from MiniLM's weights, seed 1: F1 of triples by place 0.545 in test, 0.569 in dev
Run         python recipes/finetune_triples.py --preset PRESET --train train.jsonl --validation dev.jsonl
Stopped     by Ctrl-C, SIGTERM or a crash, the same command resumes it: docs/reliability.md
Watch       tensorboard --logdir runs/finetune_triples
Variation   --no-efficient gives each relation queries and keys of its own: more weights, for more data
"""

from pathlib import Path
from typing import Literal

from bert_keras import command_line, data, inference, models, training
from bert_keras.finetuning import FineTuning
from bert_keras.run_folder import RunFolder

OUTPUTS = ("entities", "heads", "tails")


def main(
    *,
    # Data
    preset: str,  # folder of a pretrained encoder with its tokenizer
    train: Path,  # texts with triples
    validation: Path,  # the same, to choose the best epoch by
    test: Path | None = None,  # the same; its predictions are written to RUN_DIRECTORY/predictions.jsonl
    errors: Literal["raise", "skip"] = "raise",  # at the first faulty text; or skip those, and count them
    encoding: str | None = None,  # gbk, cp1252 or another, where it is not UTF-8
    scores: Literal["text", "place"] = "text",  # a triple is right by its words, as in DuIE; or only where they stand
    sequence_length: int = 128,  # tokens in a row; longer texts become overlapping windows
    run_directory: Path = Path("runs/finetune_triples"),
    # Model
    head_dim: int = 64,  # width of queries and keys
    efficient: bool = True,  # relations share queries and keys
    fine_tuning: FineTuning = FineTuning(epochs=10, learning_rate=5e-4, layerwise_decay=0.8),
):
    run = RunFolder(locals(), preset=preset, learns_from=(train, validation))
    saving = run.saving()
    training.set_random_seed(fine_tuning.seed)
    tokenizer = data.tokenizer_of(preset)
    files = {"train": train, "validation": validation, **({"test": test} if test else {})}
    examples, relations = {}, None
    for part, file in files.items():  # train first: its relations are all that the model can learn
        examples[part] = data.read_triples(file, relations=relations, errors=errors, encoding=encoding)
        relations = examples["train"].relations
    task = dict(sequence_length=sequence_length, relations=relations)
    rows = {part: data.TripleRows(examples[part], tokenizer, **task) for part in ("train", "validation")}
    datasets = fine_tuning.datasets(rows, start_step=saving.step)

    extractor = models.TripleExtractor.from_preset(
        preset, relations, head_dim=head_dim, efficient=efficient, dropout=fine_tuning.dropout, dtype=fine_tuning.dtype
    )
    options = dict(sequence_length=sequence_length, problem_type="multi_label_classification")
    fine_tuning.prepare(extractor, tokenizer, preset=run.preset, **options)
    extractor.compile(
        fine_tuning.optimizer(extractor.encoder, len(datasets["train"])),
        {name: training.SpanLoss() for name in OUTPUTS},
        weighted_metrics={name: [training.SpanF1(name="f1")] for name in OUTPUTS},
    )
    latest, finder = {}, inference.TripleFinder(extractor, tokenizer, sequence_length=sequence_length)

    def score(part):
        """Give the triples found in a part, and their precision, recall and F1."""
        found = latest[part] = finder.triples(rows.get(part, examples[part]))
        if scores == "text":
            return found, training.triple_scores(examples[part].quoted(), examples[part].quoted(found))
        return found, training.triple_scores(examples[part].triples, found)

    watched = inference.watch_triples(examples["validation"], lambda: latest["validation"])
    options = dict(shown=("f1",), scores=lambda: score("validation")[1]["overall"], watched=watched)
    options["inside"] = inference.Inside(extractor, tokenizer, rows["validation"])
    report = saving.after(fine_tuning.callbacks(run.logs, best="val_f1", **options))
    with training.memory_advice(fine_tuning.batch_size, sequence_length):
        extractor.fit(datasets["train"], validation_data=datasets["validation"], **fine_tuning.fit_options(report))
    run.save_preset(extractor, tokenizer)

    results, tables = {}, {}
    for part in list(files)[1:]:
        predicted, by_relation = score(part)
        results[part], tables[part] = by_relation["overall"], training.score_table(by_relation)
    if test:
        data.write_triples(run_directory / "predictions.jsonl", examples["test"], predicted)
    return run.finish(results, texts=tables)


if __name__ == "__main__":
    command_line.run(main)
