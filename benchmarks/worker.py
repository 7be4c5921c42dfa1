"""The process of one candidate: prepares its work, does it once, and again for each line that it reads.

Run by `benchmarks.interleave`: python -m benchmarks.worker MODULE:FUNCTION '{"argument": ...}'
"""

import importlib
import json
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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    answer = {"seconds": seconds, "processor_seconds": processor_seconds, "amount": amount, "peak_mib": peak}
    answer["processor_seconds_since_start"] = time.process_time()
    print("\n" + json.dumps(answer), flush=True)  # a progress bar may stand on the line


if __name__ == "__main__":
    main()
