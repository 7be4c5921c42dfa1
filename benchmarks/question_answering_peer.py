"""What does transformers reach on questions like ours, from the same weights, with the same settings?

A plain loop with what its question answering example does: BertForQuestionAnswering, windows with a stride, torch's
AdamW with linear warm-up and decay, the best span among 20 starts and 20 ends. Our scorer counts after each epoch, and
the best one is the result, as in the recipe. `stride` is how far its windows overlap; ours counts from one beginning to
the next, as Google's. Passages within one row do not notice.

Run: python -m benchmarks.question_answering_peer --preset MINILM --train train.json --validation dev.json
     beside: python recipes/finetune_question_answering.py with the same options
"""

import random
import time
from pathlib import Path

from bert_keras import command_line, data


def main(
    *,
    preset: str,  # directory of a checkpoint in Hugging Face's layout, with its vocab.txt
    train: Path,  # questions in SQuAD's format
    validation: Path,  # the same, to be scored
    sequence_length: int = 384,
    stride: int = 128,
    max_answer_tokens: int = 30,
    epochs: int = 6,
    batch_size: int = 8,
    learning_rate: float = 1e-4,  # at its peak
    warmup_share: float = 0.1,
    seed: int = 0,
):
    import torch
    from transformers import BertForQuestionAnswering, BertTokenizerFast, get_linear_schedule_with_warmup

    torch.manual_seed(seed)
    started, rng = time.monotonic(), random.Random(seed)
    tokenizer = BertTokenizerFast(f"{preset}/vocab.txt")
    model = BertForQuestionAnswering.from_pretrained(preset)

    def windows(questions):
        """(inputs, question number, character offsets of the context's tokens) of each window."""
        encoded = tokenizer(
            [question.question.strip() for question in questions],
            [question.context for question in questions],
            truncation="only_second",
            max_length=sequence_length,
            stride=stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        for row, number in enumerate(encoded["overflow_to_sample_mapping"]):
            inputs = {name: encoded[name][row] for name in ("input_ids", "token_type_ids", "attention_mask")}
            of_context = [part == 1 for part in encoded.sequence_ids(row)]
            offsets = [span if inside else None for span, inside in zip(encoded["offset_mapping"][row], of_context)]
            yield inputs, number, offsets

    def positions(question, offsets):
        """First and last token of the first answer, 0 and 0 where the window does not hold it."""
        answer = question.answers[0]
        begin, end = answer.start, answer.start + len(answer.text)
        starts = [i for i, span in enumerate(offsets) if span and span[0] <= begin < span[1]]
        ends = [i for i, span in enumerate(offsets) if span and span[0] < end <= span[1]]
        return (starts[0], ends[0]) if starts and ends else (0, 0)

    def scores():
        """Exact and F1, as the official scorer counts them, of the validation part."""
        model.eval()
        best = {question.id: (float("-inf"), "") for question in asked}
        with torch.inference_mode():
            for inputs, number, offsets in asked_windows:
                outputs = model(**tokenizer.pad([inputs], return_tensors="pt"))
                first, last = outputs.start_logits[0], outputs.end_logits[0]
                for i in first.topk(min(20, len(offsets))).indices.tolist():
                    for j in last.topk(min(20, len(offsets))).indices.tolist():
                        if offsets[i] and offsets[j] and i <= j < i + max_answer_tokens:
                            text = asked[number].context[offsets[i][0] : offsets[j][1]]
                            score = float(first[i] + last[j])
                            best[asked[number].id] = max(best[asked[number].id], (score, text))
        return data.squad_scores(asked, {name: text for name, (_, text) in best.items()}, version="1.1")

    asked = data.read_questions(validation)
    asked_windows = list(windows(asked))
    questions = data.read_questions(train)
    rows = [(inputs, *positions(questions[number], offsets)) for inputs, number, offsets in windows(questions)]
    steps = epochs * -(-len(rows) // batch_size)
    decayed = [p for name, p in model.named_parameters() if "bias" not in name and "LayerNorm" not in name]
    others = [p for name, p in model.named_parameters() if "bias" in name or "LayerNorm" in name]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, learning_rate, fused=True)
    schedule = get_linear_schedule_with_warmup(optimizer, int(warmup_share * steps), steps)
    results = []
    for epoch in range(epochs):
        model.train()
        rng.shuffle(rows)
        total = 0.0
        for start in range(0, len(rows), batch_size):
            batch = rows[start : start + batch_size]
            inputs = tokenizer.pad([inputs for inputs, *_ in batch], return_tensors="pt")
            first, last = torch.tensor([row[1:] for row in batch]).T
            loss = model(**inputs, start_positions=first, end_positions=last).loss
            total += loss.item() * len(batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step(), schedule.step(), optimizer.zero_grad(set_to_none=True)
        results.append(scores())
        seconds = f"{time.monotonic() - started:.0f} s"
        print(f"epoch {epoch + 1}: mean loss {total / len(rows):.3f}, {results[-1]}, {seconds}", flush=True)
    return max(results, key=lambda result: result["f1"])  # the recipe keeps its best epoch by the same F1


if __name__ == "__main__":
    command_line.run(main)
