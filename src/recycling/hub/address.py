"""What a hub is: where repositories of strangers are listed and read, pinned and bounded.

Every read names a commit and a bound. `FolderHub` serves it from a folder, `NetworkHub` over HTTP.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

from recycling.ground.foreign_text import printable, shown

COMMIT = re.compile(r"[0-9a-f]{40}")
_NAME = r"[A-Za-z0-9_][\w.-]{0,95}"
REPOSITORY = re.compile(rf"(?!.*(--|\.\.)){_NAME}/{_NAME}", re.ASCII)
# A repository, or a folder of a user's own.
FOLDER = re.compile(rf"(?!.*(--|\.\.)){_NAME}(/{_NAME})?", re.ASCII)
MOST_FILES = 5000


class HubError(Exception):
    """A hub does not give what was asked for: `reason` is a code, `detail` is for people."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, printable(detail)
        super().__init__(f"{reason}: {self.detail}")


@dataclass(frozen=True)
class Listing:
    """One repository of a hub; `problem` is a reason code when it cannot be used at all.

    `files` is name -> bytes, None where the hub does not tell; `date` that of the commit, if known.
    """

    repo: str
    commit: str = ""
    licence: str = ""
    base_model: str = ""
    card: str = "missing"
    date: str = ""
    tags: tuple[str, ...] = ()
    files: dict[str, int | None] = field(default_factory=dict)
    problem: str = ""
    detail: str = ""

    @property
    def owner(self) -> str:
        """Who published it; empty where nobody knows."""
        owner, published, _ = self.repo.partition("/")
        return owner if published else ""


class Hub(Protocol):
    """Where repositories of strangers are listed and read. Every failed read is a HubError."""

    def repositories(self, bases: Sequence[str], ids: Sequence[str]) -> Iterator[Listing]:
        """The repositories `ids`; without ids, those that may hold adapters of `bases`."""
        ...

    def read(self, repo: str, commit: str, file: str, limit: int) -> bytes:
        """A whole file of at most `limit` bytes."""
        ...

    def read_range(
        self, repo: str, commit: str, file: str, start: int, stop: int
    ) -> tuple[bytes, int]:
        """Bytes `start` to `stop` of a file, fewer at its end, and the size of the file."""
        ...

    def fetch(self, repo: str, commit: str, file: str, destination: Path, limit: int) -> str:
        """Copy a file of at most `limit` bytes to `destination`; its sha256."""
        ...


def read_whole(hub: Hub, repo: str, commit: str, file: str, limit: int) -> bytes:
    """A whole file by its one part; raises HubError for one of more than `limit` bytes."""
    data, size = hub.read_range(repo, commit, file, 0, limit)
    if size > limit:
        raise HubError("too_large", f"found {file} of {size} bytes, expected at most {limit}")
    return data


def check_name(repo: str, names: re.Pattern[str] = REPOSITORY) -> None:
    """Raise HubError unless `repo` is one of these names."""
    if not names.fullmatch(repo):
        expected = "owner/name" if names is REPOSITORY else "a name of letters, digits, _, . and -"
        raise HubError("repo_name", f"found {shown(repo)}, expected {expected}")


def check_address(repo: str, commit: str, file: str, names: re.Pattern[str] = REPOSITORY) -> None:
    """Raise HubError unless the three name a file inside a repository at a commit."""
    check_name(repo, names)
    if not COMMIT.fullmatch(commit):
        raise HubError("no_revision", f"found {shown(commit)!r}, expected 40 hex digits")
    pure = PurePosixPath(file)
    if pure.is_absolute() or ".." in pure.parts or "\\" in file or "\0" in file:
        raise HubError("outside_hub", f"found {shown(file)!r}, expected a file of the repository")
