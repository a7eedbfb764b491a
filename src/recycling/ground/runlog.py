"""What a rule script does first: its log, its threads, its last words.

`log:` redirects nothing by itself. `start` points file descriptors 1 and 2 at the log before the
heavy imports, so that an ImportError and what C libraries print land there too.
"""

import os
import sys
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import TextIO

from recycling.ground import garbage
from recycling.ground import online as reaching_out
from recycling.ground.errors import InputError
from recycling.ground.foreign_text import printable

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def console() -> TextIO:
    """What a user watches, for the few lines that must not stay in a log; asked before `start`."""
    return os.fdopen(os.dup(2), "w", encoding="utf-8")


def start(log: str, threads: int, *, online: bool = False) -> None:
    """Open `log` for everything the process prints and give numerical libraries `threads`.

    `online` is for the scripts of local rules that read a hub. All others work where there is no
    network, such as on the nodes of a cluster, and must not find out by waiting for one. What a hub
    answers is kept beside the study's folder of logs.
    """
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
        stream.flush()
        os.dup2(descriptor, number)
    os.close(descriptor)
    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(threads)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    sys.excepthook = _last_words
    garbage.look_rarely()
    reaching_out.tell_nothing()
    if online:
        logs = next((folder for folder in path.parents if folder.name == "logs"), path.parent)
        reaching_out.prepare(logs.parent / "hub_cache")
    else:
        os.environ["HF_HUB_OFFLINE"] = "1"


def _last_words(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if _out_of_memory(error):
        # Snakemake names the copy of a script that it runs tmp<letters>.<script>.py.
        rule = Path(sys.argv[0]).stem.rpartition(".")[2]
        error = InputError(
            "memory",
            rule,
            str(error) or kind.__name__,
            "more memory than there was",
            f"on a cluster raise mem_mb of {rule} in the profile (or ask for another gpu_model), "
            "on one machine run fewer jobs at once with --cores",
        )
    if isinstance(error, InputError):
        print(f"ERROR {error}", file=sys.stderr, flush=True)
    else:
        # Line by line: the message of a library may hold what a stranger wrote.
        for line in "".join(traceback.format_exception(kind, error, trace)).splitlines():
            print(printable(line), file=sys.stderr, flush=True)


def _out_of_memory(error: BaseException) -> bool:
    # torch names it so on a GPU; on the CPU it is a RuntimeError that says so.
    names = {parent.__name__ for parent in type(error).__mro__}
    return bool(names & {"MemoryError", "OutOfMemoryError"}) or "allocate memory" in str(error)


class Progress:
    """A line in the log at every `every`-th of `total` items, with the time left."""

    def __init__(self, what: str, total: int, every: int = 10) -> None:
        self.what, self.total, self.every = what, total, every
        self.done, self.started = 0, time.monotonic()

    def step(self, note: str = "") -> None:
        """Count one item; print when it is the last or a multiple of `every`."""
        self.done += 1
        if self.done % self.every and self.done != self.total:
            return
        spent = time.monotonic() - self.started
        left = spent / self.done * (self.total - self.done)
        print(
            f"{self.what} {self.done}/{self.total} {note} [{spent:.0f} s, {left:.0f} s left]",
            flush=True,
        )
