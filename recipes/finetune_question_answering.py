"""Fine-tune an encoder to answer questions with pieces of a text.

Data        SQuAD's JSON, v1.1 or v2.0, and what has its format, such as XQuAD and CMRC 2018: --train, --validation
Paper       Devlin et al., 2019, sections 4.2 and 4.3: each token scored as the first and as the last of the answer
Reached     XQuAD in English, 289 of its questions after training on the other 901, from MiniLM's weights: exact 0.323,
            F1 0.476, means of 3 seeds; recipes/README.md has transformers beside it
Run         python recipes/finetune_question_answering.py --preset PRESET --train train.json --validation dev.json
Stopped     by Ctrl-C, SIGTERM or a crash, the same command goes on where it was: docs/reliability.md
Watch       tensorboard --logdir runs/finetune_question_answering
Variations  --scores cmrc counts as CMRC 2018 does; --errors keep goes on where an answer is not at its offset
"""

from pathlib import Path
from typing import Literal

import keras

from bert_keras import command_line, data, inference, training
from bert_keras.models import QuestionAnswerer
from bert_keras.training import callbacks


def main(
    *,
    # Data
    preset: str,  # folder of a pretrained encoder with its tokenizer
    train: Path,  # questions with answers, in SQuAD's format
    validation: Path,  # the same; answers to it are scored and written
    errors: Literal["raise", "skip", "keep"] = "raise",  # what to do where an answer is not at its offset
    scores: Literal["squad", "cmrc"] = "squad",  # whose rules count
    sequence_length: int = 384,  # tokens in a row
    stride: int = 128,  # tokens between the beginnings of two windows of a longer text
    max_question_tokens: int = 64,  # longer questions are cut
    max_answer_tokens: int = 30,
    run_directory: Path = Path("runs/finetune_question_answering"),
    # Model
    dropout: float = 0.1,
    dtype: Literal["float32", "mixed_bfloat16"] = "float32",  # faster where a processor multiplies bfloat16 itself
    num_frozen_blocks: int | None = None,  # embeddings and so many of the lowest blocks stay as they are
    lora_rank: int = 0,  # train products of matrices so narrow beside the encoder's own, which stay; 0 for none
    # Training
    epochs: int = 6,  # enough for a thousand questions; the best by F1 stays
    batch_size: int = 8,
    learning_rate: float = 1e-4,  # at its peak
    warmup_share: float = 0.1,  # of all steps
    layerwise_decay: float = 1.0,  # a layer's learning rate as a share of that of the layer above it
    r_drop: float = 0.0,  # how much two passes with different dropout shall agree; 0 for one pass
    adversarial: float = 0.0,  # how far word vectors move to make each batch harder; 0 for not at all
    ema: float = 0.0,  # evaluate and keep a running mean of the weights that changes so slowly: 0.99; 0 for none
    seed: int = 0,
):
    configuration = {name: str(value) for name, value in locals().items() if name != "run_directory"}
    configuration["data"] = data.files_checksum(train, validation)
    saving = callbacks.SaveAndResume(run_directory / "state", configuration=configuration)
    keras.utils.set_random_seed(seed)
    tokenizer = data.WordPieceTokenizer.from_preset(preset)
    questions = {"train": data.read_questions(train, errors=errors)}
    questions["validation"] = data.read_questions(validation, errors=errors)
    lengths = dict(sequence_length=sequence_length, stride=stride, max_question_tokens=max_question_tokens)
    windows = {part: data.QuestionWindows(some, tokenizer, **lengths) for part, some in questions.items()}
    options = dict(batch_size=batch_size, seed=seed)
    datasets = {
        "train": data.question_answering_dataset(windows["train"], training=True, start_step=saving.step, **options),
        "validation": data.question_answering_dataset(windows["validation"], training=False, **options),
    }
    # SQuAD 2.0: some passages do not answer, and "no answer" is a prediction like any other.
    is_v2 = any(not question.answers for question in questions["train"])

    answerer = QuestionAnswerer.from_preset(preset, dropout=dropout, dtype=dtype)
    answerer.encoder.expect_room_for(sequence_length)
    answerer.encoder.freeze_lowest(num_frozen_blocks)
    training.add_lora(answerer.encoder, lora_rank)
    training.add_r_drop(answerer, r_drop)
    training.add_adversarial_training(answerer, adversarial)
    steps = epochs * len(datasets["train"])
    schedule = training.WarmupLinearDecay(learning_rate, steps, warmup_steps=int(warmup_share * steps))
    factors = training.layerwise_decay(answerer.encoder, layerwise_decay)
    answerer.compile(
        training.AdamW(schedule, rate_factors=factors, use_ema=ema > 0, ema_momentum=ema),
        training.question_answering_losses(),
        weighted_metrics={"start": ["accuracy"], "end": ["accuracy"]},
    )
    answerer.null_threshold = 0.0 if is_v2 else None
    answering = inference.QuestionAnswerer(answerer, tokenizer, max_answer_tokens=max_answer_tokens, **lengths)

    def answer():
        """Answers to the validation part, and what the scorer says of them."""
        predictions = answering.predict(questions["validation"])
        if is_v2:
            odds = {p.id: p.null_odds for p in predictions}
            best = {p.id: p.best().text for p in predictions}
            answerer.null_threshold, _ = data.best_no_answer_threshold(questions["validation"], best, odds)
        answers = {p.id: p.best(answerer.null_threshold).text for p in predictions}
        if scores == "cmrc":
            return predictions, data.cmrc_scores(questions["validation"], answers)
        return predictions, data.squad_scores(questions["validation"], answers, version="2.0" if is_v2 else "1.1")

    report = [
        *([keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if ema else []),
        callbacks.TaskScores(lambda: answer()[1]),
        keras.callbacks.EarlyStopping("val_f1", mode="max", patience=epochs, restore_best_weights=True),
        callbacks.LearningRate(),
        callbacks.Throughput(),
        callbacks.StepTensorBoard(run_directory / "logs"),
        callbacks.ProgressLine("loss", "exact", "f1"),
    ]
    # The dataset comes shuffled.
    options = dict(epochs=epochs, shuffle=False, verbose=0, callbacks=saving.after(report))
    with training.memory_advice(batch_size, sequence_length):
        answerer.fit(datasets["train"], validation_data=datasets["validation"], **options)

    predictions, results = answer()  # of the best epoch
    training.merge_lora(answerer.encoder)
    answerer.save_to_preset(run_directory / "preset")
    tokenizer.save_to_preset(run_directory / "preset", model_max_length=answerer.encoder.max_sequence_length)
    data.write_answers(run_directory, predictions, threshold=answerer.null_threshold)
    print(results)
    return results


if __name__ == "__main__":
    command_line.run(main)
