"""A file opened so that nothing else can be read in its place, and nothing waits.

A named pipe would wait for a writer, a device never end. What was opened is looked at, not what
lay there before.
"""

import os
import stat
from pathlib import Path
from typing import IO


def opened(path: Path) -> IO[bytes]:
    """The regular file at `path`, to be read in bytes; a link to one is followed.

    Raises OSError, without an errno where it is something else than a regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path} is no regular file")
    return os.fdopen(descriptor, "rb")


def read(path: Path, most: int) -> bytes:
    """At most `most` bytes of the regular file at `path`. Raises OSError as `opened` does."""
    with opened(path) as file:
        return file.read(most)
