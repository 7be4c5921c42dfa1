"""Fine-tune an encoder to classify texts or pairs, to give them several labels, or a number.

Data        a folder with a published task's files: --task mrpc --data-directory MRPC; or any TSV, CSV, JSON or fastText
            file, one row a text: --train train.csv --validation 0.2 --text-column review --label-column stars
Paper       Devlin et al., 2019, section 4.1; the head sees the mean of the tokens where the preset, as MiniLM, does
Reached     MiniLM, 3 seeds: SICK entailment 0.866 in test, STS-B dev Spearman 0.869, SST-2 dev 0.895
Run         python recipes/finetune_classifier.py --preset PRESET --task stsb --data-directory STS-B
Stopped     by Ctrl-C, SIGTERM or a crash, the same command resumes it: docs/reliability.md
Watch       tensorboard --logdir runs/finetune_classifier
Variations  for few examples: the options under Model and Training; what is known of their worth: recipes/README.md
"""

import functools
from pathlib import Path
from typing import Literal

from bert_keras import command_line, data, inference, models, training
from bert_keras.finetuning import FineTuning
from bert_keras.run_folder import RunFolder
from bert_keras.task_files import TaskFiles


def main(
    *,
    # Data
    preset: str,  # folder of a pretrained encoder with its tokenizer
    files: TaskFiles = TaskFiles(),
    sequence_length: int = 128,  # tokens in a row
    long_texts: Literal["truncate", "windows"] = "truncate",  # cut them, or average over their pieces
    run_directory: Path = Path("runs/finetune_classifier"),
    # Model
    pooling: Literal["pooled", "first", "mean"] | None = None,  # what the head sees; None: as the preset was trained
    freeze_encoder: bool = False,  # train pooler and head only, on vectors made once
    # Training
    class_weights: Literal["none", "balanced"] = "none",  # rare classes weigh as much as frequent ones
    data_map: bool = False,  # RUN_DIRECTORY/data_map.tsv: how each training text was learned, by a pass an epoch
    fine_tuning: FineTuning = FineTuning(layerwise_decay=0.9),
):
    run = RunFolder(locals(), preset=preset, learns_from=files.learned_from)
    if freeze_encoder and fine_tuning.adversarial:
        raise ValueError("Expected --adversarial without --freeze-encoder, whose word vectors stay as they are.")
    saving = run.saving()
    training.set_random_seed(fine_tuning.seed)
    tokenizer = data.tokenizer_of(preset)
    examples = files.read()
    labels, problem = examples["train"].label_names, examples["train"].problem_type
    learned = {part: examples[part] for part in ("train", "validation")}
    if class_weights == "balanced":
        learned["train"] = data.weight_classes(learned["train"])
    task = dict(sequence_length=sequence_length, label_names=labels, long_texts=long_texts)
    rows = {part: data.TextRows(some, tokenizer, **task) for part, some in learned.items()}
    datasets = fine_tuning.datasets(rows, start_step=saving.step)

    model = classifier = models.TextClassifier.from_preset(
        preset, num_classes=len(labels or [0]), labels=labels, problem_type=problem, pooling=pooling,
        dropout=fine_tuning.dropout, dtype=fine_tuning.dtype,
    )  # fmt: skip
    if freeze_encoder:  # each text is encoded once
        classifier.encoder.expect_room_for(sequence_length)
        sizes = dict(batch_size=fine_tuning.batch_size, seed=fine_tuning.seed)
        if data_map:  # wants the texts in their order
            datasets["map"] = data.batches(rows["train"], batch_size=fine_tuning.batch_size, training=False)
        model, datasets = models.head_only(classifier, datasets, **sizes)
    fine_tuning.prepare(
        classifier, tokenizer, sequence_length=sequence_length, preset=run.preset, trained=model, problem_type=problem
    )
    held_out = list(examples)[1:]
    most = max(len(rows["validation"].row_lengths), *(len(examples[part]) for part in held_out))
    sizes = dict(num_classes=classifier.num_classes, num_examples=most + fine_tuning.batch_size)
    metrics = training.classification_metrics(problem, names=files.layout.metrics, **sizes)
    optimizer = fine_tuning.optimizer(classifier.encoder, len(datasets["train"]))
    model.compile(optimizer, training.classification_loss(problem), weighted_metrics=metrics)
    print(optimizer.describe(classifier.weights))
    predictor = inference.Classifier(classifier, tokenizer, sequence_length=sequence_length, long_texts=long_texts)
    outputs = (lambda: model.predict(datasets["validation"], verbose=0)) if freeze_encoder else None
    watched = inference.watch_texts(predictor, examples["validation"], rows["validation"], outputs)
    best = metrics[0].name  # the epoch that is best by it is kept
    inside = None if freeze_encoder else inference.Inside(classifier, tokenizer, rows["validation"])
    report = dict(best=f"val_{best}", shown=(best,), throughput=not freeze_encoder, watched=watched, inside=inside)
    report = fine_tuning.callbacks(run.logs, **report)
    if data_map:
        outputs = (lambda: model.predict(datasets["map"], verbose=0)) if freeze_encoder else None
        options = dict(rows=rows["train"], outputs=outputs)
        report += [inference.data_map_recorder(predictor, learned["train"], run_directory, **options)]
    report = report if freeze_encoder else saving.after(report)  # a head alone is soon trained anew
    with training.memory_advice(fine_tuning.batch_size, sequence_length):
        model.fit(datasets["train"], validation_data=datasets["validation"], **fine_tuning.fit_options(report))
    run.save_preset(classifier, tokenizer)

    score = functools.partial(inference.score_texts, predictor, directory=run_directory, metrics=metrics)
    found = {part: score(examples[part], part=part, rows=rows.get(part)) for part in held_out}
    scores, tables = ({part: some[i] for part, some in found.items() if some} for i in range(2))
    return run.finish(scores, texts=tables)


if __name__ == "__main__":
    command_line.run(main)
