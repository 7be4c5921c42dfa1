"""Fine-tune an encoder to tag words: named entities, or parts of speech.

Data        CoNLL columns, CoNLL-U, or JSONL with spans by characters: --train, --validation, --test
Paper       Devlin et al., 2019, section 5.3: tags on first pieces; CRF: Lample et al., 2016; GlobalPointer: Su, 2022
Reached     see recipes/README.md
Run         python recipes/finetune_tagger.py --preset PRESET --train train.conll --validation dev.conll --test t.conll
            parts of speech: --train en_ewt-ud-train.conllu ... --scheme None
Watch       tensorboard --logdir runs/finetune_tagger
Variation   --head crf learns which tag stands beside which, and never breaks the rules of the scheme;
            --head global_pointer finds spans in each other too (from JSONL with --scheme None)
"""

from pathlib import Path

import keras

from bert_keras import command_line, data, inference, training
from bert_keras.models import SpanTagger, TokenClassifier
from bert_keras.tagging_schemes import tags_to_spans
from bert_keras.training import callbacks


def main(
    *,
    # Data
    preset: str,  # folder of a pretrained encoder with its tokenizer
    train: Path,  # tagged sentences: .conllu, .jsonl with spans, or columns under any other suffix
    validation: Path,  # the same, to choose the best epoch by
    test: Path | None = None,  # the same; its predictions are written to RUN_DIRECTORY
    scheme: str | None = "BIO",  # how the tags spell spans: BIO, BIOES or IOB1; None for tags that do not
    tag_column: int | None = None,  # of CoNLL files, from 0, or from the end if negative; None for the last, or UPOS
    errors: str = "raise",  # at the first faulty sentence; or skip those, and count them
    sequence_length: int = 128,  # tokens in a row; longer sentences become overlapping windows
    run_directory: Path = Path("runs/finetune_tagger"),
    # Model
    head: str = "linear",  # or crf, or global_pointer
    dropout: float = 0.1,
    # Training
    epochs: int = 6,
    batch_size: int = 16,
    learning_rate: float = 1e-4,  # at its peak
    seed: int = 0,
):
    keras.utils.set_random_seed(seed)
    tokenizer = data.WordPieceTokenizer.from_preset(preset)
    files = {"train": train, "validation": validation, **({"test": test} if test else {})}
    sentences, known = {}, None
    for part, file in files.items():  # train first: its labels are all that the model can learn
        sentences[part] = data.read_tagged_sentences(
            file, scheme=scheme, tag_column=tag_column, labels=known, errors=errors
        )
        known = sentences["train"].labels or sentences["train"].tag_names
    tag_names, labels = sentences["train"].tag_names, sentences["train"].labels
    if head == "global_pointer":
        dataset, names = data.span_dataset, {"labels": labels}
        model = SpanTagger.from_preset(preset, labels, dropout=dropout)
        loss, metric = training.SpanLoss(), training.SpanF1()
    else:
        dataset, names = data.tagging_dataset, {"tag_names": tag_names}
        model = TokenClassifier.from_preset(preset, labels=tag_names, head=head, scheme=scheme, dropout=dropout)
        loss = None  # the head brings its own
        metric = training.EntityF1(tag_names) if scheme else keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    datasets = {
        part: dataset(
            sentences[part], tokenizer, sequence_length=sequence_length, batch_size=batch_size,
            training=part == "train", seed=seed, **names,
        )
        for part in ("train", "validation")
    }  # fmt: skip

    steps = epochs * len(datasets["train"])
    model.compile(
        optimizer=training.AdamW(training.WarmupLinearDecay(learning_rate, steps, warmup_steps=steps // 10)),
        loss=loss,
        weighted_metrics=[metric],
    )
    model.fit(
        datasets["train"],
        epochs=epochs,
        validation_data=datasets["validation"],
        shuffle=False,  # the dataset comes shuffled
        callbacks=[
            keras.callbacks.EarlyStopping(f"val_{metric.name}", mode="max", patience=epochs, restore_best_weights=True),
            callbacks.LearningRate(),
            callbacks.Throughput(),
            callbacks.StepTensorBoard(run_directory / "logs"),
        ],
    )
    model.save_to_preset(run_directory / "preset")
    tokenizer.save_to_preset(run_directory / "preset")

    results = {}
    for part in list(files)[1:]:
        if head == "global_pointer":
            spans = inference.SpanFinder(model, tokenizer, sequence_length=sequence_length).spans(sentences[part])
            results[part] = training.span_scores(sentences[part].spans, spans)["overall"]
            continue
        tags = inference.Tagger(model, tokenizer, sequence_length=sequence_length).tags(sentences[part])
        if scheme:
            spans = [tags_to_spans(some) for some in tags]
            results[part] = training.entity_scores(sentences[part].tags, tags)["overall"]
        else:
            pairs = [pair for both in zip(sentences[part].tags, tags, strict=True) for pair in zip(*both)]
            results[part] = {"accuracy": sum(true == tag for true, tag in pairs) / len(pairs)}
    if test and head != "global_pointer":
        data.write_conll(run_directory / "predictions.conll", sentences["test"], tags)
    if test and labels:
        data.write_spans(run_directory / "predictions.jsonl", sentences["test"], spans)
    print(results)
    return results


if __name__ == "__main__":
    command_line.run(main)
