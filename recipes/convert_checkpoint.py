"""Convert an encoder between Hugging Face, Google's TF1 release and KerasHub, with every head, and verify it.

Data        SOURCE: a directory in any of the three formats, a TF1 checkpoint (.../bert_model.ckpt), a name at Hugging
            Face (hf://organisation/name@revision) or one of KerasHub's (bert_tiny_en_uncased)
Output      OUTPUT, a directory: configuration, weights, vocabulary
Reached     every hidden state and output within 1e-5 of transformers, relative; see docs/checkpoints.md
Run         python recipes/convert_checkpoint.py uncased_L-12_H-768_A-12 --output runs/bert --verify
Variation   --texts lines.txt verifies on texts of your own besides random tokens
"""

from pathlib import Path
from typing import Literal

import tyro

from bert_keras import checkpoints, command_line, data, models
from bert_keras.preset_location import locate_preset


def main(
    source: tyro.conf.Positional[str],  # directory, checkpoint or name
    *,
    output: Path = Path("runs/converted"),  # directory that is written
    format: Literal["huggingface", "google", "keras_hub"] = "huggingface",  # of the output
    exact: bool = True,  # refuse what KerasHub would compute otherwise; --no-exact takes the weights over all the same
    max_shard_megabytes: int | None = None,  # most weights in a file of Hugging Face's; none: all in one
    verify: bool = False,  # hold source and output against transformers and KerasHub, where they are installed
    texts: Path | None = None,  # with --verify: a file whose first 64 lines are run through both, in pairs
    tolerance: float = 1e-5,  # largest difference allowed, relative to a tensor's largest value
):
    # What would be refused behind the work is refused before it.
    if output.resolve() == Path(source).resolve():
        raise ValueError(f"Expected another directory for --output than {source}, which is read.")
    if texts is not None and not (verify and texts.is_file()):
        raise ValueError(f"Expected --texts with --verify, and a file; received {texts}.")
    if max_shard_megabytes is not None and (format != "huggingface" or max_shard_megabytes < 1):
        raise ValueError("Expected --max-shard-megabytes of 1 or more, with --format huggingface alone.")
    output.mkdir(parents=True, exist_ok=True)
    try:
        tokenizer = data.tokenizer_of(source)
    except FileNotFoundError as error:
        tokenizer = None
        print(f"No vocabulary to take along: {error}")
    model = models.load_preset(source)
    encoder = getattr(model, "encoder", model)
    print(f"{type(model).__name__} of {encoder.count_params():,} weights in its encoder")
    print(model.load_report)
    if isinstance(model, models.SentenceEncoder) and format != "huggingface":
        pooling = checkpoints.read_modules(locate_preset(source))
        print(f"This format has no place for what makes a sentence encoder of it: {pooling}")
        model = encoder

    hub_tokenizer = None
    if tokenizer and format == "keras_hub":  # what it refuses is refused before anything is written
        from bert_keras.inference.keras_hub_tokenizer import build_keras_hub_tokenizer

        hub_tokenizer, differences = build_keras_hub_tokenizer(tokenizer, encoder.family)
    if format == "keras_hub":
        model.to_keras_hub(exact=exact).save_to_preset(str(output))
    else:
        shard = max_shard_megabytes and 1_000_000 * max_shard_megabytes
        model.save_to_preset(output, format=format, max_shard_bytes=shard)
    if hub_tokenizer is not None:
        hub_tokenizer.save_to_preset(str(output))
        print(*differences, sep="\n", end="\n" if differences else "")
    elif tokenizer:
        tokenizer.save_to_preset(output, model_max_length=encoder.max_sequence_length)
    print(f"Written to {output}: {', '.join(sorted(path.name for path in output.iterdir()))}")
    if not verify:
        return
    from bert_keras.inference import conversion_check  # which loads Keras

    shown = encoder if isinstance(model, models.SentenceEncoder) else model
    changed, missing = conversion_check.changed_weights(model, models.load_preset(output))
    print(f"Read back: weights that differ: {changed or 'none'}; weights without a place: {missing or 'none'}")
    batches = conversion_check.random_rows(encoder)
    if texts is not None and tokenizer is not None:
        batches.append(
            conversion_check.text_rows(texts.read_text(encoding="utf-8").splitlines()[:64], tokenizer, encoder)
        )
    largest = conversion_check.print_differences(shown, (source, str(output)), batches)
    if changed or largest > tolerance:
        raise SystemExit(f"The largest difference is {largest:.1e}, more than {tolerance:.0e}; changed: {changed}")


if __name__ == "__main__":
    command_line.run(main)
