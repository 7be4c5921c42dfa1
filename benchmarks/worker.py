"""The process of one candidate: prepares its work, does it once, and again for each line that it reads.

Run by `benchmarks.interleave`: python -m benchmarks.worker MODULE:FUNCTION '{"argument": ...}'
"""

import importlib
import json
import pathlib
import resource
import sys
import time


def main():
    module, function = sys.argv[1].split(":")
    run = getattr(importlib.import_module(module), function)(**json.loads(sys.argv[2]))
    _measure(run)
    for _ in sys.stdin:
        _measure(run)


def _measure(run):
    start, processor_start = time.perf_counter(), time.process_time()
    amount = run()
    seconds, processor_seconds = time.perf_counter() - start, time.process_time() - processor_start
    answer = {"seconds": seconds, "processor_seconds": processor_seconds, "amount": amount, "peak_mib": peak_mib()}
    answer["processor_seconds_since_start"] = time.process_time()
    print("\n" + json.dumps(answer), flush=True)  # a progress bar may stand on the line


def peak_mib() -> float:
    """Return the most memory that this process had, in MiB.

    Linux counts into `ru_maxrss` what the parent had when it started this one: for a peer's process TensorFlow, which
    the command line of the benchmarks imports.
    """
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.open() if line.startswith("VmHWM:")) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
