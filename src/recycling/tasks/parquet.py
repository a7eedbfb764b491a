"""Parquet files of a data set: found at a pinned commit or in a folder, read by `datasets`."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from recycling.ground import regular_file, seeds
from recycling.ground.errors import InputError
from recycling.tasks import parquet_limits

if TYPE_CHECKING:
    from datasets import Dataset

DEFAULT_FOLDERS = {".", "data", "default"}
COMMIT = 40


@dataclass(frozen=True)
class Rows:
    """The rows of a split and the digest of its files."""

    table: "Dataset"
    label_names: Sequence[str] | None
    sha256: str

    @property
    def columns(self) -> list[str]:
        """The columns of the table."""
        return list(self.table.column_names)

    def some(self, limit: int, purpose: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """At most `limit` rows with their numbers, in order; which ones is drawn by `purpose`."""
        count = len(self.table)
        chosen = list(range(count))
        if count > limit:
            drawn = seeds.numpy_generator(0, "rows", purpose).permutation(count)[:limit]
            chosen = sorted(drawn.tolist())
        for number in chosen:
            yield number, self.table[number]


def from_hub(repo: str, commit: str | None, config: str, split: str, answer: str = "") -> Rows:
    """The rows of a split of a data set on the Hub, fetched at `commit`.

    Raises:
        InputError: no full commit, no such repository or access, no parquet file of the split.
    """
    from huggingface_hub import HfApi, hf_hub_download

    from recycling.hub import session

    if commit is None or len(commit) != COMMIT or set(commit) - set("0123456789abcdef"):
        raise InputError(
            f"data set {repo}",
            "commit",
            commit,
            "a 40-digit commit hash",
            "pin it: python tools/pin_data.py, which asks the Hub",
        )
    session.bound()
    try:
        listed = HfApi().list_repo_files(repo, repo_type="dataset", revision=commit)
        thing = f"data set {repo} at {commit[:8]}"
        wanted = split_files(listed, config, split, thing, name=repo.split("/")[-1])
        local = [
            Path(hf_hub_download(repo, name, repo_type="dataset", revision=commit))
            for name in wanted
        ]
    except InputError:
        raise
    except Exception as error:
        # The Hub's client raises a dozen kinds for an answer that is none.
        raise InputError(
            f"data set {repo}",
            "answer of the Hub",
            f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
            "its files",
            "check the network and the name; for a gated data set accept its terms, set HF_TOKEN",
        ) from None
    return _rows(local, answer)


def from_folder(path: str | None, config: str, split: str, answer: str = "") -> Rows:
    """The rows of a split of a data set whose parquet files lie in a folder of this machine.

    Raises:
        InputError: no such folder or no parquet file of the split in it.
    """
    root = Path(str(path)).expanduser()
    if not root.is_dir():
        raise InputError(f"data set {path}", "path", path, "a folder", "correct the path")
    listed = [file.relative_to(root).as_posix() for file in sorted(root.rglob("*.parquet"))]
    wanted = split_files(listed, config, split, f"data set {path}", name=root.name)
    for name in wanted:
        if regular_file.leads_out(root / name, root):
            expected, remedy = "no link out of the folder", "put the file itself there"
            raise InputError(
                f"data set {path}", name, str((root / name).resolve()), expected, remedy
            )
    return _rows([root / name for name in wanted], answer)


def split_files(
    listed: Sequence[str], config: str, split: str, thing: str, *, name: str = ""
) -> list[str]:
    """The parquet files among `listed` that hold a split of a configuration, in order.

    The Hub's own layouts are known: `{config}/{split}-00000-of-00001.parquet`, `data/{split}-...`
    for a single configuration, and `{config}/{split}/0000.parquet` of its conversions. A single
    configuration is called `default`, or as the data set itself, `name`.

    Raises:
        InputError: none of them does.
    """
    parquet = sorted(file for file in listed if file.endswith(".parquet"))
    home = {config} | (DEFAULT_FOLDERS if config in ("default", name) else set())
    found = [file for file in parquet if _holds(PurePosixPath(file), home, split)]
    if not found:
        raise InputError(
            thing,
            f"parquet files of {config}/{split}",
            parquet[:6],
            "at least one",
            "correct config or split, or pin a commit of the branch refs/convert/parquet",
        )
    return found


def _holds(path: PurePosixPath, home: Collection[str], split: str) -> bool:
    if path.parent.as_posix() in home:
        return path.stem == split or path.stem.startswith(f"{split}-")
    # A conversion that was cut short is named so.
    return path.parent.name in {split, f"partial-{split}"} and path.parent.parent.as_posix() in home


def _rows(files: Sequence[Path], answer: str) -> Rows:
    import datasets

    datasets.disable_progress_bars()
    digest = hashlib.sha256()
    try:
        for file in files:
            parquet_limits.check(file)
            with regular_file.opened(file) as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        table = datasets.Dataset.from_parquet(
            [str(file) for file in files], batch_size=parquet_limits.BATCH
        )
    except InputError:
        raise
    except Exception as error:
        # pyarrow and datasets raise a dozen kinds for a damaged file.
        said = str(error).splitlines() or [type(error).__name__]
        raise InputError(files[0].name, "content", said[0], "parquet", "fetch it again") from error
    # A picture or a sound is opened where its row is read, wherever its row says that it lies.
    media = [name for name, kind in table.features.items() if not _is_text(kind)]
    table = table.remove_columns(media)
    feature = table.features.get(answer)
    names = feature.names if isinstance(feature, datasets.ClassLabel) else None
    return Rows(table, names, digest.hexdigest())


def _is_text(kind: Any) -> bool:
    """Whether a kind of column is made of texts, numbers and labels alone."""
    import datasets

    if isinstance(kind, Mapping):
        return all(map(_is_text, kind.values()))
    if isinstance(kind, datasets.List | datasets.LargeList):
        return _is_text(kind.feature)
    return isinstance(
        kind, datasets.Value | datasets.ClassLabel | datasets.Json | datasets.Translation
    )
