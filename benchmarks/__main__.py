"""The short set of benchmarks, 10 minutes on 2 cores; writes the table of benchmarks/README.md anew.

Run: python -m benchmarks
"""

import datetime
from pathlib import Path

from benchmarks import finetuning_epoch, inference, pretraining_pipeline, pretraining_step, tokenization
from benchmarks.interleave import hardware, has_half_precision, versions

_BEGIN, _END = "<!-- table: python -m benchmarks -->", "<!-- end of the table -->"


def main():
    results = []
    # Where the processor multiplies bfloat16, float32 is nobody's best but JAX', whose bfloat16 is slower.
    best = ("bfloat16",) if has_half_precision() else ()
    runtimes = ("tensorflow", "openvino", "transformers")
    dense = (*(f"{runtime}, bfloat16" for runtime in runtimes), "jax, float32") if best else ()
    for measure in (
        lambda: pretraining_step.main(
            sizes=("4x256",), batches=("16x128",), backends=("tensorflow", "jax"), rounds=5, only=best
        ),
        lambda: inference.main(rounds=4, num_sentences=0, backends=("tensorflow", "jax"), only=dense),
        lambda: inference.main(rounds=6, num_sentences=100, batches=(), backends=("tensorflow",), only=best),
        lambda: tokenization.main(rounds=3),
        lambda: pretraining_pipeline.main(rounds=3, num_lines=12000),
        lambda: finetuning_epoch.main(num_examples=160, rounds=1, backends=("tensorflow",), only=best),
    ):
        results += measure()
        write_table(results)  # what was measured stays, whatever comes


def write_table(results):
    """Replace the table in benchmarks/README.md.

    Args:
        results: list of dicts as `benchmarks.interleave.interleave` returns.
    """
    readme = Path(__file__).with_name("README.md")
    text = readme.read_text(encoding="utf-8")
    before, rest = text.split(_BEGIN)
    after = rest.split(_END)[1]
    readme.write_text(before + _BEGIN + "\n" + table(results) + _END + after, encoding="utf-8")


def table(results):
    """Write results as Markdown.

    Args:
        results: list of dicts as `benchmarks.interleave.interleave` returns.

    Returns:
        str.
    """
    named = ", ".join(f"{name} {version}" for name, version in versions().items())
    lines = [f"{datetime.date.today().isoformat()}, {hardware()}; {named}.", ""]
    seen = None
    for result in results:
        heading = (result["question"], result["case"])
        if heading != seen:
            lines += ["", f"**{heading[0]}**: {heading[1]}", ""]
            lines += [f"|  | ms | {result['unit']}/s | times the best peer | core ms | peak MiB | start s |"]
            lines += ["|---|---:|---:|---:|---:|---:|---:|"]
            seen = heading
        ratio = result["times_the_best_peer"]
        lines.append(
            f"| {result['candidate']} | {result['seconds'] * 1e3:,.1f} | {result['per_second']:,.0f} "
            f"| {'' if ratio is None else format(ratio, '.2f')} | {result['processor_seconds'] * 1e3:,.1f} "
            f"| {result['peak_mib']:,.0f} | {result['startup_s']:.1f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
