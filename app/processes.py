"""Processes and their end: signals become errors, so that files are cleaned up; workers end with their parent."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread, current_thread, main_thread
from types import FrameType

from app.errors import OxusError

ENDING_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class EndedBySignalError(OxusError):
    """A signal ended the work of this process."""

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.exit_status = 128 + number


@contextmanager
def signals_as_errors() -> Iterator[None]:
    """Raise EndedBySignalError for a signal that would end the process, once all blocks inside have cleaned up.

    Inside the block a signal is a KeyboardInterrupt, which a driver may turn into an error of its own. Later signals
    do not interrupt the cleaning. Signals that are ignored already, as by `nohup`, stay ignored.
    """
    received: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        for caught in handlers:
            signal.signal(caught, signal.SIG_IGN)
        raise KeyboardInterrupt

    numbers = ENDING_SIGNALS if current_thread() is main_thread() else []
    handlers = {number: signal.getsignal(number) for number in numbers}
    handlers = {number: handler for number, handler in handlers.items() if handler not in (signal.SIG_IGN, None)}
    for number in handlers:
        signal.signal(number, interrupt)
    try:
        yield
    except BaseException as error:
        if received:
            raise EndedBySignalError(received[0]) from error
        raise
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def end_with_parent() -> None:
    """Have a worker process stop as by SIGTERM when the process that started it is gone, even if that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_stop_after, args=(parent,), name="oxus-parent", daemon=True).start()


def _stop_after(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
