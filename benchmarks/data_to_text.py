"""How well does an encoder learn to write, beside transformers' encoder-decoder from the same weights?

Both learn E2E NLG for equal processor minutes on one thread, compiling included: `PrefixLM`, one encoder that reads the
source both ways and writes the target behind it; and transformers' `EncoderDecoderModel`, two encoders of which the
second has new attention to the first (BERT2BERT: Rothe et al., 2020, https://arxiv.org/abs/1907.12461). Batch, dropout,
the rise and fall of the learning rate, its peak, and decoding (the most probable token) are the same. The vocabulary is
cut to the tokens that the file has, for both. Sources are held out with all of their texts. BLEU and "rougeL-coco" are
the official script's (https://github.com/tuetschek/e2e-metrics).

Run: python -m benchmarks.data_to_text --preset MINILM --train devset.csv
Every finished run is a JSON line in the results; those that are there already are not run again.
"""

import gc
import os
import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks.finished_runs import add_run, finished_runs, mean_cell
from bert_keras import command_line, data, inference, models, training
from bert_keras.inference.written_text import written_text

_MEASURES = ("bleu", "rougeL-coco", "rougeL", "chrf", "distinct-2")


def main(
    *,
    preset: str,  # folder of an encoder with its WordPiece tokenizer, which transformers reads too
    train: Path,  # sources and targets; a tenth of the sources is held out
    processor_minutes: float = 8.0,  # of training
    seeds: int = 3,
    learning_rate: float = 5e-4,  # at its peak
    batch_size: int = 16,
    sequence_length: int = 128,
    max_new_tokens: int = 64,
    num_written: int | None = None,  # held-out sources that are written from; none: all
    only: tuple[str, ...] = ("prefix_lm", "bert2bert"),
    results: Path = Path("runs/data_to_text.jsonl"),
    presets: Path = Path("runs/data_to_text"),  # gets the preset with the smaller vocabulary
):
    options = dict(processor_minutes=processor_minutes, learning_rate=learning_rate, batch_size=batch_size,
                   sequence_length=sequence_length, max_new_tokens=max_new_tokens, num_written=num_written)  # fmt: skip
    learned, held_out = data.read_generation(train).split(0.1)
    smaller = _with_smaller_vocabulary(preset, learned, presets / Path(preset).name)
    texts = held_out.first_sources(num_written).references()
    for seed in range(seeds):
        for name in only:
            run = {"name": name, "preset": Path(preset).name, "seed": seed, **options}
            if not finished_runs(results, **run):
                begin = time.process_time()
                written, steps = _WRITERS[name](smaller, learned, list(texts), seed, **options)
                scores = training.writing_scores(written, list(texts.values()), measures=_MEASURES, lowercase=True)
                run |= scores | {"steps": steps, "seconds": time.process_time() - begin, "some": written[:3]}
                add_run(results, run)
                gc.collect()
    found = finished_runs(results, **options)
    print(table(found))
    return found


def _with_smaller_vocabulary(preset, examples, directory):
    """Save the preset with the special tokens and those of the examples alone, once."""
    if not (directory / "config.json").exists():
        tokenizer = data.tokenizer_of(preset)
        vocabulary = tokenizer.vocabulary
        kept = set(tokenizer([*examples.sources, *examples.targets]).flat_values.numpy()) | set(vocabulary.special_ids)
        unused = [token for i, token in enumerate(vocabulary.tokens) if i not in kept]
        tokenizer, pieces = data.drop_words(tokenizer, unused)
        models.change_vocabulary(models.BertEncoder.from_preset(preset), pieces).save_to_preset(directory)
        tokenizer.save_to_preset(directory)
    return directory


def prefix_lm(preset, learned, sources, seed, *, processor_minutes, learning_rate, batch_size, sequence_length,
              max_new_tokens, num_written):  # fmt: skip
    """Train ours and write: the texts, and the number of steps."""
    training.set_random_seed(seed)
    tokenizer = data.tokenizer_of(preset)
    model = models.PrefixLM.from_preset(preset, dropout=0.1)
    schedule = training.WarmupLinearDecay(learning_rate, 1000, warmup_steps=100)
    budget = training.callbacks.TimeBudget(processor_minutes, schedule, clock=time.process_time)
    model.compile(training.AdamW(learning_rate))
    rows = data.GenerationRows(learned, tokenizer, sequence_length=sequence_length)
    dataset = data.batches(rows, batch_size=batch_size, seed=seed, repeat=True)
    model.fit(dataset, steps_per_epoch=50, epochs=100_000, callbacks=[budget], shuffle=False, verbose=0)
    lengths = dict(sequence_length=sequence_length, max_new_tokens=max_new_tokens)
    write = inference.Generator(model, tokenizer, **lengths, long_prompts="cut")  # as transformers' tokenizer does
    return write(sources), int(model.optimizer.iterations)


def bert2bert(preset, learned, sources, seed, *, processor_minutes, learning_rate, batch_size, sequence_length,
              max_new_tokens, num_written):  # fmt: skip
    """Train transformers' encoder-decoder and write: the texts, and the number of steps."""
    import torch
    import transformers

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    tokenizer = transformers.BertTokenizerFast.from_pretrained(preset)
    model = transformers.EncoderDecoderModel.from_encoder_decoder_pretrained(preset, preset)
    special = dict(eos_token_id=tokenizer.sep_token_id, pad_token_id=tokenizer.pad_token_id)
    model.config.decoder_start_token_id = tokenizer.cls_token_id
    model.config.pad_token_id = tokenizer.pad_token_id
    decays = [weight for name, weight in model.named_parameters() if weight.ndim > 1]
    others = [weight for name, weight in model.named_parameters() if weight.ndim <= 1]
    groups = [{"params": decays, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    optimizer, order = torch.optim.AdamW(groups, learning_rate), np.random.default_rng(seed)
    begin, steps, numbers = time.process_time(), 0, []
    model.train()
    while (share := (time.process_time() - begin) / (60 * processor_minutes)) < 1:
        if len(numbers) < batch_size:
            numbers = order.permutation(len(learned)).tolist()
        some, numbers = numbers[:batch_size], numbers[batch_size:]
        options = dict(padding=True, truncation=True, max_length=sequence_length, return_tensors="pt")
        source = tokenizer([learned.sources[i] for i in some], **options)
        labels = tokenizer([learned.targets[i] for i in some], **options)["input_ids"]
        labels = torch.where(labels == tokenizer.pad_token_id, -100, labels)[
            :, 1:
        ].contiguous()  # [CLS] is where it begins
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * min(share / 0.1, (1 - share) / 0.9)
        model(**source, labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        steps += 1
    model.eval()
    texts = []
    for source in sources:
        rows = tokenizer(source, return_tensors="pt", truncation=True, max_length=sequence_length)
        tokens = model.generate(**rows, **special, decoder_start_token_id=tokenizer.cls_token_id,
                                max_new_tokens=max_new_tokens, do_sample=False, num_beams=1)  # fmt: skip
        texts.append(written_text(data.tokenizer_of(preset), tokens[0].numpy()))
    return texts, steps


_WRITERS = {"prefix_lm": prefix_lm, "bert2bert": bert2bert}


def table(found):
    """Return the runs as a table in Markdown: the mean of the seeds and, of several, the standard deviation.

    Args:
        found: list of dicts, the lines of the results.
    """
    lines = [f"| | seeds | steps | {' | '.join(_MEASURES)} |", f"|---|{'---:|' * (2 + len(_MEASURES))}"]
    for name, preset in dict.fromkeys((run["name"], run["preset"]) for run in found):
        runs = [run for run in found if (run["name"], run["preset"]) == (name, preset)]
        steps = statistics.mean(run["steps"] for run in runs)
        cells = [mean_cell([run[measure] for run in runs]) for measure in _MEASURES]
        lines.append(f"| {name}, {preset} | {len(runs)} | {steps:,.0f} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    command_line.run(main)
