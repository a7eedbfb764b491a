"""Look at and open what lies beneath a folder that another user may change at any moment.

A path is walked part by part, each from the folder that was opened before it and none through a
link. Links are followed by hand, as far as they stay beneath the folder. What is opened is looked
at afterwards, so a file that is swapped for a link or a pipe in between is refused, and neither
leads elsewhere nor waits for somebody who writes into it.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENXIO
from itertools import islice
from pathlib import Path
from typing import IO

from recycling.ground.foreign_text import shown
from recycling.hub.address import MOST_FILES, HubError

MOST_LINKS, DEEPEST = 20, 20
# Of a file with more of it in holes, which take no place on disk, somebody wants large copies.
MOST_HOLES, SMALL = 0.9, 1_000_000  # share, bytes

_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def regular(root: Path, path: str) -> IO[bytes]:
    """The regular file at `path` beneath `root`, open for reading. Raises HubError."""
    with _located(root, path) as (folder, name):
        return checked(os.open(name, _READ | os.O_NOFOLLOW, dir_fd=folder), name)


def followed(path: Path) -> IO[bytes]:
    """The regular file at a path that its user chose, wherever links lead. Raises HubError."""
    try:
        return checked(os.open(path, _READ), path.name)
    except OSError as error:
        raise _unreadable(error) from error


def checked(descriptor: int, name: str) -> IO[bytes]:
    """An open file, if it is a regular one that is not nearly all holes. Raises HubError."""
    status = os.fstat(descriptor)
    problem = ""
    if not stat.S_ISREG(status.st_mode):
        problem = f"found {shown(name)}, no regular file"
    elif status.st_size > SMALL and _holes(descriptor, status.st_size) > MOST_HOLES:
        problem = f"found {shown(name)}, of whose {status.st_size} bytes nearly all are a hole"
    if problem:
        os.close(descriptor)
        raise HubError("unreadable_repository", problem)
    return os.fdopen(descriptor, "rb")


def size(root: Path, path: str) -> int:
    """Bytes of the regular file at `path` beneath `root`, which is not opened. Raises HubError."""
    with _located(root, path) as (folder, name):
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        raise HubError("unreadable_repository", f"found {shown(name)}, no regular file")
    return status.st_size


def names(root: Path, path: str, most: int) -> list[str]:
    """The names in the folder at `path` beneath `root`, at most so many. Raises HubError."""
    with _scanned(root, path) as entries:
        return sorted(entry.name for entry in islice(entries, most))


def walk(root: Path, path: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Everything but folders in the folder at `path` beneath `root` and in those below it.

    Gives each name seen from there; links are given, not followed. Raises HubError, too_large for
    more than `MOST_FILES` entries or folders more than `DEEPEST` deep.
    """
    waiting = [""]
    seen = 0
    while waiting:
        within = waiting.pop()
        with _scanned(root, f"{path}/{within}") as entries:
            for entry in entries:
                seen += 1
                if seen > MOST_FILES:
                    raise HubError("too_large", f"found more than {MOST_FILES} files")
                name = f"{within}{entry.name}"
                if not entry.is_dir(follow_symlinks=False):
                    yield name, entry
                elif name.count("/") < DEEPEST:
                    waiting.append(f"{name}/")
                else:
                    raise HubError("too_large", f"found folders more than {DEEPEST} deep")


@contextmanager
def _scanned(root: Path, path: str) -> Iterator[Iterator[os.DirEntry[str]]]:
    with _located(root, path) as (folder, name):
        descriptor = os.open(name, _READ | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    try:
        with os.scandir(descriptor) as entries:
            yield entries
    except OSError as error:
        raise _unreadable(error) from error
    finally:
        os.close(descriptor)


@contextmanager
def _located(root: Path, path: str) -> Iterator[tuple[int, str]]:
    """The open folder in which `path` ends, and the name there, which is none of a link."""
    folders = [os.open(root, _FOLDER & ~os.O_NOFOLLOW)]
    try:
        yield _located_from(root, folders, _parts(path))
    except OSError as error:
        raise _unreadable(error) from error
    finally:
        for folder in folders:
            os.close(folder)


def _located_from(root: Path, folders: list[int], waiting: list[str]) -> tuple[int, str]:
    """The same; `folders` are open from `root` on, `waiting` are the parts from the last on."""
    links = 0
    while True:
        part = waiting.pop() if waiting else "."
        if part == "..":
            if len(folders) == 1:
                raise HubError("outside_hub", "found a link out of the hub folder")
            os.close(folders.pop())
            continue
        mode = os.stat(part, dir_fd=folders[-1], follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            links += 1
            if links > MOST_LINKS:
                raise HubError("unreadable_repository", f"found {shown(part)}, a chain of links")
            target = os.readlink(part, dir_fd=folders[-1])
            if target.startswith("/"):
                while len(folders) > 1:
                    os.close(folders.pop())
                target = _from_root(root, target)
            waiting += _parts(target)
        elif not waiting:
            return folders[-1], part
        else:
            folders.append(os.open(part, _FOLDER, dir_fd=folders[-1]))


def _parts(path: str) -> list[str]:
    """The parts of a path, the last one first."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]


def _from_root(root: Path, target: str) -> str:
    """An absolute path as seen from `root`; it is walked from there like any other."""
    try:
        resolved = Path(target).resolve()
    except RuntimeError as error:
        raise HubError("unreadable_repository", "found a chain of links") from error
    if not resolved.is_relative_to(root):
        raise HubError("outside_hub", "found a link out of the hub folder")
    return resolved.relative_to(root).as_posix()


def _holes(descriptor: int, size: int) -> float:
    """Share of a file that takes no place on disk, seen from its first thousand pieces."""
    data, position = 0, 0
    for _ in range(1000):
        try:
            start = os.lseek(descriptor, position, os.SEEK_DATA)
        except OSError as error:
            if error.errno != ENXIO:
                return 0.0  # a file system that knows no holes
            position = size
            break
        position = os.lseek(descriptor, start, os.SEEK_HOLE)
        data += position - start
        if position >= size:
            break
    os.lseek(descriptor, 0, os.SEEK_SET)
    return 1 - data / position if position else 0.0


def _unreadable(error: OSError) -> HubError:
    return HubError("unreadable_repository", f"found {shown(error.strerror)}, expected a file")
