"""Fine-tune an encoder to tag words: named entities, or parts of speech.

Data        CoNLL columns, CoNLL-U, JSON with spans by characters or with words and tags, brat: --train, --validation,
            --test; docs/files.md has them all
Paper       Devlin et al., 2019, section 5.3: tags on first pieces; CRF: Lample et al., 2016; GlobalPointer: Su, 2022
Reached     before tags were learned at the tokens of raw text; to be measured again:
            WNUT17 test entity F1 0.458 from MiniLM's weights, mean of 3 seeds (transformers, one seed: 0.449);
            --head linear: 0.430, seed 1. Parts of speech of UD English EWT, 3 epochs: accuracy 0.969 in test
Run         python recipes/finetune_tagger.py --preset PRESET --train train.conll --validation dev.conll --test t.conll
            parts of speech: --train en_ewt-ud-train.conllu ... --scheme None
Stopped     by Ctrl-C, SIGTERM or a crash, the same command goes on where it was: docs/reliability.md
Watch       tensorboard --logdir runs/finetune_tagger
Words       tags are learned and read at the basic tokens of raw text, `U.K.` as four; validation scores those, results
            the words of the file, as CoNLL's scorer does, and f1_raw_text what the preset finds in the text alone.
            --words file: for a tagger that will be given words cut alike
Variation   the CRF learns which tag stands beside which, and never breaks the rules of the scheme; --head linear does
            without; --head global_pointer finds spans in each other too (from JSONL with --scheme None)
"""

from pathlib import Path
from typing import Literal

import keras

from bert_keras import command_line, data, inference, training
from bert_keras.models import SpanTagger, TokenClassifier
from bert_keras.tagging_schemes import tags_to_spans
from bert_keras.training import callbacks

Scheme = Literal["BIO", "IOB2", "BIOES", "IOBES", "BILOU", "BMES", "IOB1", "IOE2"]


def main(
    *,
    # Data
    preset: str,  # folder of a pretrained encoder with its tokenizer
    train: Path,  # tagged sentences, in any format of docs/files.md
    validation: Path,  # the same, to choose the best epoch by
    test: Path | None = None,  # the same; predictions of it and of validation are written to RUN_DIRECTORY
    scheme: Scheme | None = "BIO",  # how the tags spell spans; None for tags that do not, such as parts of speech
    tag_faults: Literal["refuse", "repair"] = "refuse",  # I- without its B- and the like; or read as conlleval does
    word_column: int | None | str = None,  # of CoNLL files, from 0; None for the first, or FORM; in JSON a key
    tag_column: int | None | str = None,  # the same, from the end if negative; None for the last, or UPOS
    words: Literal["basic", "file"] = "basic",  # tags of raw text's tokens; or, to be given words, of the file's words
    errors: Literal["raise", "skip"] = "raise",  # at the first faulty sentence; or skip those, and count them
    encoding: str | None = None,  # gbk, cp1252 or another, where it is not UTF-8
    sequence_length: int = 128,  # tokens in a row; longer sentences become overlapping windows
    run_directory: Path = Path("runs/finetune_tagger"),
    # Model
    head: Literal["linear", "crf", "global_pointer"] = "crf",
    dropout: float = 0.1,
    dtype: Literal["float32", "mixed_bfloat16"] = "float32",  # faster where a processor multiplies bfloat16 itself
    num_frozen_blocks: int | None = None,  # embeddings and so many of the lowest blocks stay as they are
    lora_rank: int = 0,  # train products of matrices so narrow beside the encoder's own, which stay; 0 for none
    # Training
    epochs: int = 6,
    batch_size: int = 16,
    learning_rate: float = 1e-4,  # at its peak
    layerwise_decay: float = 1.0,  # a layer's learning rate as a share of that of the layer above it
    adversarial: float = 0.0,  # how far word vectors move to make each batch harder; 0 for not at all
    ema: float = 0.0,  # evaluate and keep a running mean of the weights that changes so slowly: 0.99; 0 for none
    seed: int = 0,
):
    configuration = {name: str(value) for name, value in locals().items() if name != "run_directory"}
    configuration["data"] = data.files_checksum(train, validation)
    saving = callbacks.SaveAndResume(run_directory / "state", configuration=configuration)
    keras.utils.set_random_seed(seed)
    tokenizer = data.WordPieceTokenizer.from_preset(preset)
    files = {"train": train, "validation": validation, **({"test": test} if test else {})}
    options = dict(scheme=scheme, word_column=word_column, tag_column=tag_column, tag_faults=tag_faults)
    options |= dict(errors=errors, encoding=encoding)
    sentences, known = {}, None
    for part, file in files.items():  # train first: its labels are all that the model can learn
        sentences[part] = data.read_tagged_sentences(file, labels=known, **options)
        known = sentences["train"].labels or sentences["train"].tag_names
    tag_names, labels = sentences["train"].tag_names, sentences["train"].labels
    if head != "global_pointer" and not tag_names:
        raise ValueError("Spans become tags by a --scheme; without one they want --head global_pointer.")
    if head == "global_pointer":
        dataset, predictor, names = data.span_dataset, inference.SpanFinder, {"labels": labels}
        model = SpanTagger.from_preset(preset, labels, words=words, dropout=dropout, dtype=dtype)
        loss, metric = training.SpanLoss(), training.SpanF1()
    else:
        dataset, predictor, names = data.tagging_dataset, inference.Tagger, {"tag_names": tag_names}
        model = TokenClassifier.from_preset(
            preset, labels=tag_names, head=head, scheme=scheme, words=words, dropout=dropout, dtype=dtype
        )
        loss = None  # the head brings its own
        metric = training.EntityF1(tag_names) if scheme else keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    options = dict(sequence_length=sequence_length, batch_size=batch_size, seed=seed, words=words, **names)
    options["start_step"] = saving.step  # in the training part; 0 but for a run that goes on
    parts = ("train", "validation")
    datasets = {part: dataset(sentences[part], tokenizer, training=part == "train", **options) for part in parts}

    model.encoder.expect_room_for(sequence_length)
    model.encoder.freeze_lowest(num_frozen_blocks)
    training.add_lora(model.encoder, lora_rank)
    training.add_adversarial_training(model, adversarial)
    steps = epochs * len(datasets["train"])
    schedule = training.WarmupLinearDecay(learning_rate, steps, warmup_steps=steps // 10)
    factors = training.layerwise_decay(model.encoder, layerwise_decay)
    model.compile(
        optimizer=training.AdamW(schedule, rate_factors=factors, use_ema=ema > 0, ema_momentum=ema),
        loss=loss,
        weighted_metrics=[metric],
    )
    report = [
        *([keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if ema else []),
        keras.callbacks.EarlyStopping(f"val_{metric.name}", mode="max", patience=epochs, restore_best_weights=True),
        callbacks.LearningRate(),
        callbacks.Throughput(),
        callbacks.StepTensorBoard(run_directory / "logs"),
        callbacks.ProgressLine("loss", metric.name, "tokens_per_second"),
    ]
    # The dataset comes shuffled.
    options = dict(epochs=epochs, shuffle=False, verbose=0, callbacks=saving.after(report))
    with training.memory_advice(batch_size, sequence_length):
        model.fit(datasets["train"], validation_data=datasets["validation"], **options)
    training.merge_lora(model.encoder)
    model.save_to_preset(run_directory / "preset")
    tokenizer.save_to_preset(run_directory / "preset", model_max_length=model.encoder.max_sequence_length)

    results, predict = {}, predictor(model, tokenizer, sequence_length=sequence_length)
    for part in list(files)[1:]:
        if head == "global_pointer":
            spans = predict.spans(sentences[part])
        else:
            tags = predict.tags(sentences[part])
            data.write_conll(run_directory / f"predictions_{part}.conll", sentences[part], tags)
            spans = [tags_to_spans(some) for some in tags] if scheme else None
        if spans is None:
            results[part] = {"accuracy": training.tag_accuracy(sentences[part].tags, tags)}
        else:
            data.write_spans(run_directory / f"predictions_{part}.jsonl", sentences[part], spans)
            results[part] = training.span_scores(sentences[part].spans, spans)["overall"]
            # The same of the raw text, as the preset will read it: also spans that begin or end inside a word count.
            found = [
                [(span["start"], span["end"], span["label"]) for span in some]
                for some in predict(list(sentences[part].texts))
            ]
            raw_text = training.span_scores(sentences[part].character_spans(), found)["overall"]
            results[part]["f1_raw_text"] = raw_text["f1"]
    print(results)
    return results


if __name__ == "__main__":
    command_line.run(main)
