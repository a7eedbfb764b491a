"""Adapters that are named on the command line: folders of this machine, and repositories."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recycling.ground.errors import InputError
from recycling.hub.adapter_folder import AdapterFolder
from recycling.hub.address import COMMIT, REPOSITORY, Hub, Listing
from recycling.pool import base_name

HELP = "a folder with adapter_config.json, or owner/name of the Hub (@commit pins it)"


@dataclass(frozen=True)
class Given:
    """An adapter and where it is read from; `name` is unique among those that are given."""

    name: str
    hub: Hub
    listing: Listing


def adapters(texts: Sequence[str]) -> list[Given]:
    """The adapters that these texts name, in their order.

    Raises InputError for a text that is neither a folder nor owner/name, and for one given twice.
    """
    for text in texts:
        if texts.count(text) > 1:
            raise InputError("adapters", "name", text, "each adapter once", "remove the second one")
    paths = {text: Path(text).expanduser().resolve() for text in texts}
    folders = [path for path in paths.values() if path.is_dir()]
    return [
        _of_folder(path, folders) if (path := paths[text]).is_dir() else _of_hub(text)
        for text in texts
    ]


def _of_folder(path: Path, folders: Sequence[Path]) -> Given:
    """The adapter of a folder; its name has as many parts of the path as tell it from others."""
    cached = base_name.parse(str(path))
    if cached.revision and cached.revision == path.name:
        # A snapshot of the Hub's cache: its path says what it is.
        return _given(cached.repository, AdapterFolder(path, cached.repository, cached.revision))
    ends = (path.parts[-depth:] for depth in range(1, len(path.parts) + 1))
    end = next(
        (end for end in ends if sum(other.parts[-len(end) :] == end for other in folders) == 1),
        None,
    )
    if end is None:
        raise InputError("adapters", "folder", str(path), "each adapter once", "remove a copy")
    name = "--".join(end)
    return _given(name, AdapterFolder(path, name))


def _given(repo: str, hub: AdapterFolder) -> Given:
    return Given(repo.replace("/", "--"), hub, next(hub.repositories()))


def _of_hub(text: str) -> Given:
    from recycling.hub.opening import connect

    repo, _, commit = text.partition("@")
    if not REPOSITORY.fullmatch(repo) or (commit and not COMMIT.fullmatch(commit)):
        raise InputError(
            "adapters",
            "name",
            text,
            "a folder, owner/name, or owner/name@ and 40 digits of a commit",
            "correct the path or the name",
        )
    hub = connect("huggingface")
    [listing] = hub.repositories([], [repo])
    return Given(repo.replace("/", "--"), hub, replace(listing, commit=commit or listing.commit))
