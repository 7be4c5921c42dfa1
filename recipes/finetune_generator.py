"""Train an encoder to write: summaries, texts from data, answers in a dialogue, translations.

Data        a table or JSONL of sources and targets, whose columns have well-known names (docs/files.md) or are given:
            E2E NLG's mr, ref; document, summary; ...; or dialogues, {"turns": [...]}, of which the last is written
Paper       UniLM: Dong et al., 2019, https://arxiv.org/abs/1905.03197
Reached     E2E NLG, 4 206 rows, from MiniLM, 4 processor minutes: BLEU 0.642, ROUGE-L 0.676 on 59 other sources, three
            seeds (transformers' BERT2BERT 0.447 and 0.542: recipes/README.md, benchmarks/data_to_text.py)
Run         python recipes/finetune_generator.py --preset PRESET --train train.csv --validation dev.csv
Needs       pip install 'bert-keras[generate]', for BLEU and ROUGE
Stopped     by Ctrl-C, SIGTERM or a crash, the same command resumes it: docs/reliability.md
Watch       tensorboard --logdir runs/finetune_generator: its text page shows what is written
Variations  --num-beams 4 --no-repeat-ngram 3; --tokenize zh of Chinese; --measures distinct-2 without the packages
"""

from pathlib import Path
from typing import Literal

from bert_keras import command_line, data, inference, models, training
from bert_keras.finetuning import FineTuning
from bert_keras.generation_files import GenerationFiles
from bert_keras.run_folder import RunFolder


def main(
    *,
    # Data
    preset: str,  # folder of any pretrained encoder with its tokenizer
    files: GenerationFiles = GenerationFiles(),
    sequence_length: int = 128,  # tokens of source and target together; of longer rows the longer one is cut
    run_directory: Path = Path("runs/finetune_generator"),
    # Writing
    max_new_tokens: int | None = None,  # of a text; none: 64, or half of sequence_length where that is less
    num_beams: int = 1,
    length_penalty: float = 1.0,  # of beams: above 1 for longer texts
    no_repeat_ngram: int = 0,  # runs of so many tokens occur once
    measures: tuple[str, ...] = ("bleu", "rougeL", "chrf", "distinct-2"),
    best: str | None = None,  # chooses the epoch: a measure, perplexity or accuracy; none: the first measure
    tokenize: Literal["13a", "intl", "zh", "char"] = "13a",  # sacrebleu's way to find words
    lowercase: bool = True,  # upper and lower case are the same, as an uncased preset has them
    num_scored: int | None = 200,  # sources of validation that are written from after an epoch; none: all
    num_samples: int = 8,  # of them shown in TensorBoard
    # Training
    fine_tuning: FineTuning = FineTuning(epochs=5, batch_size=32, learning_rate=3e-4),
):
    run = RunFolder(locals(), preset=preset, learns_from=files.learned_from, apart_from_training=("num_samples",))
    best = best or measures[0]
    if best not in (known := (*measures, "perplexity", "accuracy")):
        raise ValueError(f"Expected --best to be one of {', '.join(known)}; received {best}.")
    saving = run.saving()
    training.set_random_seed(fine_tuning.seed)
    tokenizer = data.tokenizer_of(preset)
    examples = files.read()
    rows = {part: data.GenerationRows(examples[part], tokenizer, sequence_length=sequence_length)
            for part in ("train", "validation")}  # fmt: skip
    datasets = fine_tuning.datasets(rows, start_step=saving.step)

    model = models.PrefixLM.from_preset(preset, dropout=fine_tuning.dropout, dtype=fine_tuning.dtype)
    fine_tuning.prepare(model, tokenizer, sequence_length=sequence_length, preset=run.preset)
    model.compile(fine_tuning.optimizer(model.encoder, len(datasets["train"])), weighted_metrics=["accuracy"])
    decoding = dict(num_beams=num_beams, length_penalty=length_penalty, no_repeat_ngram=no_repeat_ngram)
    decoding |= dict(max_new_tokens=max_new_tokens, long_prompts="cut")
    write = inference.Generator(model, tokenizer, sequence_length=sequence_length, **decoding)

    how = dict(measures=measures, tokenize=tokenize, lowercase=lowercase)
    training.writing_scores(["a"], [["a"]], **how)  # what is missing for it is said now, not after an epoch

    def score(part, number=None, **where):
        return inference.score_writing(write, examples[part].first_sources(number), part=part, **how, **where)

    samples = inference.written_samples(write, examples["validation"].first_sources(num_samples))
    shown = tuple(dict.fromkeys((measures[0], best, "perplexity")))
    options = dict(best=f"val_{best}", shown=shown, scores=lambda: score("validation", num_scored))
    options["inside"] = inference.Inside(model, tokenizer, rows["validation"])
    report = [training.callbacks.Perplexity("loss"), *fine_tuning.callbacks(run.logs, **options)]
    report.append(training.callbacks.TextProbe("written", ("source", "text", "target"), samples, run.logs))
    with training.memory_advice(fine_tuning.batch_size, sequence_length):
        model.fit(datasets["train"], validation_data=datasets["validation"],
                  **fine_tuning.fit_options(saving.after(report)))  # fmt: skip
    run.save_preset(model, tokenizer, sequence_length=sequence_length)
    write.save_options(run.preset)
    scores = {part: score(part, directory=run_directory) for part in examples if part != "train"}
    signatures = {name: training.writing_signature(name, tokenize=tokenize, lowercase=lowercase)
                  for name in measures if name in ("bleu", "chrf")}  # fmt: skip
    return run.finish(scores, texts=signatures)


if __name__ == "__main__":
    command_line.run(main)
