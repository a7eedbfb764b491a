"""A file opened so that nothing else can be read in its place, and nothing waits.

A named pipe would wait for a writer, a device never end. What was opened is looked at, not what
lay there before.
"""

import os
import stat
from io import BufferedReader
from pathlib import Path


def opened(path: Path) -> BufferedReader:
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


def leads_out(path: Path, folder: Path) -> bool:
    """Whether links lead from `path` out of `folder`.

    A snapshot in the Hub's cache is made of links to the cache's own blobs, which count as in it.
    """
    root = folder.resolve()
    inside = [root, *([root.parents[1] / "blobs"] if root.parent.name == "snapshots" else [])]
    return not any(path.resolve().is_relative_to(place) for place in inside)
