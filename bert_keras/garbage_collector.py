"""Python's collector of garbage, kept off where there is none."""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def collector_off() -> Iterator[None]:
    """Keep the collector off while large packages are imported.

    Modules stay, so it finds nothing among them; TensorFlow and Keras are so many objects that looking takes a fifth
    of their import. Whoever has it off for good keeps it off.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
