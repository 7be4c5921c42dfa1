"""Which processor this is, in the words that decide how fast it computes."""

import os
import platform
from pathlib import Path

_INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def hardware() -> str:
    """Name the processor, what it multiplies with, and how many cores of it this process may use.

    Example:
        >>> hardware().split(", ")[0].endswith("cores")
        True
    """
    cpuinfo = _cpuinfo()
    name = cpuinfo.get("model name") or platform.processor() or platform.machine()
    # A cloud's processors of one name differ in these, which decide by how much each program is slowed.
    instructions = [i for i in _INSTRUCTIONS if i in processor_flags()]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ", ".join([f"{cores} cores", " ".join([name, *instructions])])


def processor_flags() -> set[str]:
    """Return the instructions of the processor by Linux' names for them; none elsewhere."""
    return set(_cpuinfo().get("flags", "").split())


def _cpuinfo():
    """Return what Linux says of the first core; nothing elsewhere."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().split("\n\n")[0].splitlines() if path.exists() else []
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
