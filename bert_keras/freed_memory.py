"""Memory that tensors leave behind stays in the process for the tensors of the next step."""

import ctypes
import logging
import platform

_logger = logging.getLogger(__name__)

# Parameters of mallopt(3)
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8


def keep_freed_memory() -> bool:
    """Have the C library keep freed memory instead of giving it back to the system.

    glibc gives each large block back as soon as it is freed, and gets it again, page by page and filled with zeros,
    for the next tensor: on a CPU up to half the time of a training step. With this, one arena serves all threads, large
    blocks lie in it, and what was freed is used again. The process keeps the most memory that it ever needed.

    The recipes do this. Call it at the beginning of a script of your own, on any backend.

    Returns:
        bool: whether it is done; False, with a line in the log, where the C library is not glibc.

    Example:
        >>> from bert_keras.freed_memory import keep_freed_memory
        >>> isinstance(keep_freed_memory(), bool)
        True

    Reference:
        [mallopt(3)](https://man7.org/linux/man-pages/man3/mallopt.3.html)
    """
    if platform.libc_ver()[0] != "glibc":
        _logger.info("Freed memory goes back to the system as usual: this C library is not glibc.")
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return all([mallopt(_ARENA_MAX, 1), mallopt(_MMAP_MAX, 0), mallopt(_TRIM_THRESHOLD, -1)])
