"""How good does sentence-transformers make an encoder of the same weights, from the same batches?

A plain loop with what its trainer does: its loss around its model, torch's AdamW with linear warm-up and decay. It gets
our batches, token by token, so that only libraries and their random numbers of dropout differ. Its model is then read
by our `Embedder`, which gives its vectors, and scored as the recipe scores.

Run: python -m benchmarks.sentence_encoder_peer --preset MINILM --train train.tsv --validation dev.tsv
     beside: python recipes/finetune_sentence_encoder.py with the same options
"""

import math
import os
import tempfile

from bert_keras import command_line
from bert_keras.matching_files import MatchingFiles


def main(
    *,
    preset: str,  # directory of a checkpoint of sentence-transformers
    files: MatchingFiles = MatchingFiles(),
    sequence_length: int = 64,
    epochs: int = 1,
    batch_size: int = 32,
    learning_rate: float = 2e-5,  # at its peak
    warmup_share: float = 0.1,
    weight_decay: float = 0.01,  # of kernels and tables
    epsilon: float = 1e-6,
    dropout: float = 0.1,
    seed: int = 0,
    before: bool = True,  # whether the weights as they come are scored, too: the seeds share them
):
    import torch
    from sentence_transformers import SentenceTransformer, losses

    from bert_keras import data, inference, training

    def scores():
        with tempfile.TemporaryDirectory() as directory:
            model.save(directory)
            embed = inference.Embedder.from_preset(directory, sequence_length=sequence_length)
            return {part: inference.score_matching(embed, examples[part]) for part in examples if part != "train"}

    torch.manual_seed(seed)
    config = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    model = SentenceTransformer(os.path.abspath(preset), device="cpu", config_kwargs=config)
    examples = files.read()
    loss = training.matching_loss(examples["train"].kind)  # the usual one, by the name that it has there
    loss_of = getattr(losses, type(loss).__name__)(model)
    rows = data.MatchingRows(examples["train"], data.tokenizer_of(preset), sequence_length=sequence_length)
    batches = data.batches(rows, batch_size=batch_size, seed=seed)
    kept = [p for name, p in model.named_parameters() if "bias" in name or "LayerNorm" in name]
    decayed = [p for name, p in model.named_parameters() if not ("bias" in name or "LayerNorm" in name)]
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": kept, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, learning_rate, eps=epsilon, fused=True)
    num_steps = epochs * len(batches)
    schedule = training.WarmupLinearDecay(learning_rate, num_steps, warmup_steps=int(warmup_share * num_steps))
    results, step = [scores()] if before else [], 0
    if before:
        print(f"before: {results[0]}", flush=True)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for x, y, is_row in batches.as_numpy_iterator():
            ids, mask = (torch.tensor(x[name][is_row > 0], dtype=torch.long) for name in ("token_ids", "padding_mask"))
            features = [{"input_ids": ids[:, i], "attention_mask": mask[:, i]} for i in range(ids.shape[1])]
            for group in optimizer.param_groups:
                group["lr"] = float(schedule(step))
            value = loss_of(features, torch.tensor(y[is_row > 0]))
            value.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step(), optimizer.zero_grad(set_to_none=True)
            total, step = total + value.item(), step + 1
        model.eval()
        results.append(scores())
        mean_loss = total / math.ceil(len(batches))
        print(f"seed {seed}, epoch {epoch + 1}: mean loss of a step {mean_loss:.4f}, {results[-1]}", flush=True)
    return {"before": results[0], "after": results[-1]} if before else {"after": results[-1]}


if __name__ == "__main__":
    command_line.run(main)
