"""A hub in a folder; nothing outside it is ever read. It may have two layouts, also side by side.

In that of the Hugging Face cache, `models--owner--name/refs/main` holds a commit and
`snapshots/<commit>/` its files. In the other, as people have adapters on disk, `name/` holds the
files of an adapter. Its repository is then `name`, without an owner, and its commit a digest of its
config, weights and card.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from recycling.ground.errors import InputError
from recycling.ground.foreign_text import printable, shown
from recycling.ground.tables import replacing
from recycling.hub import beneath, content, front_matter
from recycling.hub.address import (
    COMMIT,
    FOLDER,
    HubError,
    Listing,
    check_address,
    check_name,
)
from recycling.hub.guard import guarded


class FolderHub:
    """A hub in a folder, such as `~/.cache/huggingface/hub` or one with a folder each adapter.

    Raises InputError where there is no folder, or where it is itself an adapter.
    """

    def __init__(self, path: str | Path) -> None:
        folder = Path(path).expanduser()
        try:
            next(folder.iterdir(), None)
            adapter = (folder / "adapter_config.json").is_file()
        except OSError:
            raise InputError(
                "hub",
                "path",
                str(path),
                "a folder with models--owner--name in it, or a folder for each adapter",
                "correct the path, or its permissions",
            ) from None
        if adapter:
            raise InputError(
                "hub",
                "path",
                str(path),
                "a folder with a folder for each adapter, not the adapter itself",
                "name the folder above it",
            )
        self.root = folder.resolve()

    def repositories(self, bases: Sequence[str], ids: Sequence[str]) -> Iterator[Listing]:
        """Every repository in the folder, or `ids`. A folder cannot be asked by base."""
        for repo in sorted(set(ids)) or self._names():
            try:
                with guarded(repo):
                    listing = self._listing(repo)
            except HubError as error:
                listing = Listing(printable(repo), problem=error.reason, detail=error.detail)
            yield listing

    def read(self, repo: str, commit: str, file: str, limit: int) -> bytes:
        """A whole file of at most `limit` bytes."""
        with self._open(repo, commit, file) as source:
            data = source.read(limit + 1)
        if len(data) > limit:
            raise HubError("too_large", f"found {file} above {limit} bytes")
        return data

    def read_range(
        self, repo: str, commit: str, file: str, start: int, stop: int
    ) -> tuple[bytes, int]:
        """Bytes `start` to `stop` of a file, fewer at its end, and the size of the file."""
        with self._open(repo, commit, file) as source:
            size = os.fstat(source.fileno()).st_size
            source.seek(start)
            return source.read(stop - start), size

    def fetch(self, repo: str, commit: str, file: str, destination: Path, limit: int) -> str:
        """Copy a file of at most `limit` bytes to `destination`; its sha256."""
        digest, copied = hashlib.sha256(), 0
        with (
            self._open(repo, commit, file) as source,
            replacing(destination) as temporary,
            temporary.open("wb") as target,
        ):
            while chunk := source.read(1 << 20):
                copied += len(chunk)
                if copied > limit:
                    raise HubError("too_large", f"found {file} above {limit} bytes")
                digest.update(chunk)
                target.write(chunk)
        return digest.hexdigest()

    def _names(self) -> list[str]:
        """The repositories of the folder; of the cache's other folders and hidden ones, none."""
        found = []
        for folder in sorted(self.root.iterdir()):
            kind, _, rest = folder.name.partition("--")
            if kind == "models" and "--" in rest:
                found.append(rest.replace("--", "/", 1))
            elif not folder.name.startswith((".", "datasets--", "spaces--")) and folder.is_dir():
                found.append(folder.name)
        return found

    def _listing(self, repo: str) -> Listing:
        commit = self._commit(repo)
        files = self._files(repo, commit)
        card = front_matter.Card("missing")
        if "README.md" in files:
            data, _ = self.read_range(repo, commit, "README.md", 0, front_matter.CARD_BYTES)
            card = front_matter.parse(data)
        return Listing(
            repo, commit, card.licence, card.base_model, card.state, tags=card.tags, files=files
        )

    def _folder(self, repo: str) -> str:
        """The folder of a repository, beneath the hub."""
        check_name(repo, FOLDER)
        folder = f"models--{repo.replace('/', '--')}" if "/" in repo else repo
        try:
            there = (self.root / folder).is_dir()
        except OSError as error:
            raise HubError("unreadable_repository", shown(error.strerror)) from error
        if not there:
            raise HubError("gone", f"found no folder {folder} in the hub")
        return folder

    def _snapshot(self, repo: str, commit: str) -> str:
        folder = self._folder(repo)
        return f"{folder}/snapshots/{commit}" if "/" in repo else folder

    def _commit(self, repo: str) -> str:
        folder = self._folder(repo)
        if "/" not in repo:
            present = [n for n in content.READ if os.path.lexists(self.root / folder / n)]
            return content.digest((n, beneath.regular(self.root, f"{folder}/{n}")) for n in present)
        main = f"{folder}/refs/main"
        if os.path.lexists(self.root / main):
            with beneath.regular(self.root, main) as source:
                commit = source.read(100).decode(errors="replace").strip()
        else:
            # A cache that was filled by commit has no ref; a single snapshot is then meant.
            snapshots = f"{folder}/snapshots"
            there = os.path.lexists(self.root / snapshots)
            names = beneath.names(self.root, snapshots, 2) if there else []
            commit = names[0] if len(names) == 1 else ""
        if not COMMIT.fullmatch(commit):
            raise HubError(
                "no_revision", f"found {shown(commit)!r}, expected a commit in refs/main"
            )
        return commit

    def _files(self, repo: str, commit: str) -> dict[str, int | None]:
        snapshot = self._snapshot(repo, commit)
        sizes: dict[str, int | None] = {}
        for name, entry in beneath.walk(self.root, snapshot):
            if entry.is_file(follow_symlinks=False):
                sizes[name] = entry.stat(follow_symlinks=False).st_size
            else:
                sizes[name] = beneath.size(self.root, f"{snapshot}/{name}")
        return dict(sorted(sizes.items()))

    def _open(self, repo: str, commit: str, file: str) -> IO[bytes]:
        check_address(repo, commit, file, FOLDER)
        return beneath.regular(self.root, f"{self._snapshot(repo, commit)}/{file}")
