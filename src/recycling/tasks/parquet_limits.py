"""A parquet file counted before it is used: a few kilobytes can stand for terabytes.

A dictionary holds each text once, however many rows repeat it, and what a file says of its own size
may be a lie. So it is unpacked in small parts, in little memory, up to a limit.
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recycling.ground import regular_file
from recycling.ground.errors import InputError

MOST_ROWS = 50_000_000
MOST_BYTES = 8 * 2**30
MOST_MEMORY = 2 * 2**30
BATCH = 1000


def check(file: Path) -> None:
    """Raise InputError for more than 50 million rows, more than 8 GiB, or rows of megabytes.

    Raises what pyarrow does for a file that is damaged, and OSError for what is no regular file.
    """
    import pyarrow as pa
    from pyarrow import parquet

    rows = size = 0
    with regular_file.opened(file) as stream, parquet.ParquetFile(stream) as opened, _memory():
        try:
            for batch in opened.iter_batches(BATCH, use_threads=False):
                rows, size = rows + batch.num_rows, size + batch.nbytes
                if rows > MOST_ROWS or size > MOST_BYTES:
                    raise _too_large(file, f"more than {rows} rows and {size} bytes")
        except (pa.ArrowMemoryError, MemoryError):
            raise _too_large(file, f"{BATCH} rows of more than {MOST_MEMORY} bytes") from None


def _too_large(file: Path, found: str) -> InputError:
    expected = f"at most {MOST_ROWS} rows and {MOST_BYTES} bytes when unpacked"
    return InputError(file.name, "size", found, expected, "take a smaller configuration or split")


@contextmanager
def _memory() -> Iterator[None]:
    """Within the block, the process gets at most `MOST_MEMORY` more address space, where known."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    state = Path("/proc/self/statm")
    if not state.exists() or soft != resource.RLIM_INFINITY:
        yield  # not Linux; or somebody has set a limit
        return
    now = int(state.read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MOST_MEMORY, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
