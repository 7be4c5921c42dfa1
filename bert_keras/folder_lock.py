"""One process at a time writes into a folder: a lock that the system frees when the process dies, however it dies."""

import errno
import logging
import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_logger = logging.getLogger(__name__)
_FILE_NAME = ".lock"


class FolderLock:
    """Keeps other processes from writing into a folder until it is closed.

    Args:
        folder: path of the folder; made if it is not there.
        content: what is written there, for messages: "training states".

    Raises:
        OSError: if the folder cannot be written to, or another process has its lock.

    Example:
        >>> import contextlib, tempfile
        >>> with contextlib.closing(FolderLock(tempfile.mkdtemp(), "training states")):
        ...     pass
    """

    def __init__(self, folder: str | os.PathLike, content: str):
        self._path = Path(folder, _FILE_NAME)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            while True:
                self._descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY)
                if fcntl is not None:
                    self._lock(folder, content)
                if self._is_there():
                    return
                os.close(self._descriptor)  # whoever had it removed it meanwhile
        except OSError as error:
            raise OSError(error.errno, f"cannot write {content} to {folder}: {error.strerror or error}") from error

    def close(self) -> None:
        """Let other processes write there."""
        if fcntl is not None:  # Windows removes no file that is open
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def _lock(self, folder, content):
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                os.close(self._descriptor)
                raise OSError(error.errno, f"another process writes {content} there") from error
            # A file system without locks
            message = "cannot lock %s (%s): make sure that no other process writes %s there"
            _logger.warning(message, folder, error.strerror, content)

    def _is_there(self):
        try:
            return os.path.samestat(os.fstat(self._descriptor), os.stat(self._path))
        except FileNotFoundError:
            return False
