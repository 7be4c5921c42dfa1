"""Packages that only search needs: imported at first use, and named with their command where they are missing."""

import importlib
from types import ModuleType


def import_for_search(package: str, what: str) -> ModuleType:
    """Import a package of the extra `search`.

    Args:
        package: its name in an import.
        what: what needs it, for the error.

    Raises:
        ImportError: where it is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ImportError(f"{what} needs the package {package}: pip install 'bert-keras[search]'") from error
