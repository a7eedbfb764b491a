"""An end for what a stranger's text makes the program do."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class TooSlowError(Exception):
    """A block took longer than it may."""


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise TooSlowError within the block after so many seconds.

    A signal does it: Python code is interrupted between two of its steps, a long step of a C
    library behind it. Only the main thread gets signals; in another one the block has no limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise TooSlowError(f"not done within {seconds} seconds")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
