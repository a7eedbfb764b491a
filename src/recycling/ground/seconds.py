"""What a piece of work takes, without the start of the process that does it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recycling.ground import tables


@contextmanager
def timed(path: str | Path) -> Iterator[None]:
    """Write to `path` what the block took: seconds, and CPU seconds of all threads."""
    started, started_cpu = time.perf_counter(), time.process_time()
    yield
    tables.write_seconds(time.perf_counter() - started, time.process_time() - started_cpu, path)
