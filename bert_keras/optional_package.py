"""Packages that one part alone needs: imported at first use, and named with their command where they are missing."""

import importlib
from types import ModuleType


def import_optional(package: str, *, extra: str, what: str) -> ModuleType:
    """Import a package of one of our extras.

    Args:
        package: its name in an import.
        extra: the extra that installs it, such as `search`.
        what: what needs it, for the error.

    Raises:
        ImportError: where it is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ImportError(f"{what} needs the package {package}: pip install 'bert-keras[{extra}]'") from error
