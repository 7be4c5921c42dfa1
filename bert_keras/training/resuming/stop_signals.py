"""SIGTERM and Ctrl-C as a wish that training can grant between two steps."""

import contextlib
import os
import shlex
import signal
import sys
import threading


class StopSignals:
    """Notes the first SIGTERM or SIGINT instead of dying of it; a second one acts as ever.

    `received` is the signal, or None. Only the main thread can listen; elsewhere nothing is changed.

    Example:
        >>> signals = StopSignals()
        >>> signals.listen()
        >>> signal.raise_signal(signal.SIGTERM)
        >>> signals.received.name
        'SIGTERM'
        >>> signals.ignore()
    """

    def __init__(self):
        self.received = None
        self._before = {}

    def listen(self) -> None:
        """Note signals from now on."""
        self.received = None
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._before[number] = signal.signal(number, self._note)

    def ignore(self) -> None:
        """Have signals do what they did before."""
        for number, handler in self._before.items():
            with contextlib.suppress(ValueError):  # not the main thread
                signal.signal(number, handler)
        self._before = {}

    def exit(self, step: int, directory: str | os.PathLike, failure: BaseException | None) -> None:
        """Say what was saved and how to go on, and leave the process as the signal would have it.

        Args:
            step: int, the last one.
            directory: where the state is.
            failure: the error that kept it from being saved, or None.

        Raises:
            SystemExit: always; its code is 128 and the signal's number, or the failure.
        """
        if failure:
            raise SystemExit(f"{self.received.name} after step {step}, but {failure}")
        again = command_line()
        print(
            f"Stopped by {self.received.name} after step {step}; the state is in {directory}. "
            + (f"Go on with:\n  {again}" if again else "Run the same again to go on."),
            file=sys.stderr,
        )
        raise SystemExit(128 + self.received)

    def _note(self, number, frame):
        self.received = signal.Signals(number)
        self.ignore()
        # Not `print`: the signal may have come in the middle of one.
        os.write(2, f"\n{self.received.name}: finishing the step, then saving; again to stop at once\n".encode())


def command_line() -> str | None:
    """Give the command that started this process, to be pasted into a shell; None in a notebook or shell of Python."""
    arguments = sys.orig_argv
    return None if hasattr(sys, "ps1") or len(arguments) < 2 or "ipykernel" in sys.modules else shlex.join(arguments)
