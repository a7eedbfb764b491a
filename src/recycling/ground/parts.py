"""A job that makes several parts, each of them once: a finished part is kept from run to run.

Snakemake removes the outputs of a job before it runs and after it failed. So that an edit of one
part costs that part, and a kill at most the part that was being made, each part lies in a folder of
its own that Snakemake does not know, and the outputs of the job are links to the files there.

A part is taken over when it was made from what it would be made from now, and its files are what
was made. `part.json`, written last, says both. Who wants all parts made again removes their folder.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.ground.provenance import PACKAGES
from recycling.ground.seconds import Seconds

RECORD = "part.json"
# Those that compute; Snakemake is none of them.
COMPUTING = tuple(name for name in PACKAGES if name != "snakemake")


def digest(file: str | Path) -> str:
    """SHA-256 of a file."""
    with Path(file).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digests(folder: str | Path) -> dict[str, str]:
    """SHA-256 of each file of a folder by its name; those of a hidden name are left out."""
    files = (file for file in Path(folder).iterdir() if file.is_file())
    return {file.name: digest(file) for file in sorted(files) if not file.name.startswith(".")}


def key(**made_from: object) -> str:
    """Digest of what a part is made from: values that JSON knows, and the installed packages.

    Give the digest of each file, the code and every setting.
    """
    versions = {name: metadata.version(name) for name in COMPUTING}
    text = json.dumps({"packages": versions, "made_from": made_from}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Part:
    """What a part is made from, and the outputs of the job that it gives, by their file names.

    `passing` are outputs that are needed for a while only: a part hands them over and keeps none of
    their bytes, so it is made anew when the job runs again.
    """

    key: str
    outputs: tuple[str | Path, ...] = ()
    passing: tuple[str | Path, ...] = ()


@dataclass(frozen=True)
class Record:
    """How a part was made; `files` has the SHA-256 of each of its files by name."""

    key: str
    files: Mapping[str, str]
    seconds: float
    """From its start to its end, without what was done for all parts."""
    cpu_seconds: float
    """The same, as the sum over all threads."""


class Parts:
    """The parts of a job, in folders of their own below `folder`.

    `parts` has those of this job by name. Others in `folder` are removed, but for those that are
    `named` because another job of the study makes them. `missing` are those that must be made.
    """

    def __init__(
        self, folder: str | Path, parts: Mapping[str, Part], named: Collection[str] = ()
    ) -> None:
        self.folder = Path(folder)
        self._parts = dict(parts)
        self._apart = Seconds()
        self.folder.mkdir(parents=True, exist_ok=True)
        for other in sorted(self.folder.iterdir()):
            if other.name not in {*parts, *named}:
                shutil.rmtree(other)
                print(f"{other.name}: removed, the study has it no more", flush=True)
        self.missing = [name for name in parts if not self._taken_over(name)]

    def path(self, name: str) -> Path:
        """The folder of a part."""
        return self.folder / name

    def record(self, name: str) -> Record:
        """How a part was made. Raises InputError for a damaged record."""
        path = self.path(name) / RECORD
        with tables.reading(path, KeyError, TypeError):
            found = tables.read_json(path)
            return Record(
                str(found["key"]),
                dict(found["files"]),
                float(found["seconds"]),
                float(found["cpu_seconds"]),
            )

    @contextmanager
    def making(self, name: str) -> Iterator[Path]:
        """An empty folder for the files of a part, which is finished when the block ends.

        Raises FileNotFoundError where a file is missing then that an output of the job is made of.
        """
        folder = self.path(name)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        started = Seconds.now() - self._apart
        yield folder
        spent = Seconds.now() - self._apart - started
        files = digests(folder)
        for file in self._wanted(name):
            if file not in files:
                raise FileNotFoundError(f"{name}: {file} was not made; mend the script")
        record = Record(
            self._parts[name].key,
            files,
            round(spent.wall, 4),
            round(spent.cpu, 4),
        )
        tables.write_json(asdict(record), folder / RECORD)
        print(f"{name}: made, {record.seconds:.1f} s", flush=True)

    @contextmanager
    def for_all(self) -> Iterator[None]:
        """Work that serves all parts: its time counts for none of them."""
        started = Seconds.now()
        yield
        self._apart += Seconds.now() - started

    def deliver(self) -> None:
        """Make the outputs of the job: links to the files of its parts, or copies of them.

        What is passing is moved instead.
        """
        for name, part in self._parts.items():
            for output in map(Path, part.outputs):
                link(self.path(name) / output.name, output)
            for output in map(Path, part.passing):
                output.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(self.path(name) / output.name, output)

    def write_seconds(self, name: str, path: str | Path) -> None:
        """Write what a part took, as Snakemake writes it of a job."""
        record = self.record(name)
        Seconds(record.seconds, record.cpu_seconds).write(path)

    def _wanted(self, name: str) -> list[str]:
        """The files of a part that outputs are made of."""
        part = self._parts[name]
        return [Path(output).name for output in (*part.outputs, *part.passing)]

    def _taken_over(self, name: str) -> bool:
        """Whether a part need not be made; says so, or why one that is there must be."""
        if not (self.path(name) / RECORD).exists():
            return False
        fault = self._fault(name)
        print(f"{name}: taken over" if fault is None else f"{name}: {fault}", flush=True)
        return fault is None

    def _fault(self, name: str) -> str | None:
        """Why a part that is there must be made anew; None where it can be taken over."""
        try:
            record = self.record(name)
        except InputError:
            return f"{RECORD} is damaged, made anew"
        if record.key != self._parts[name].key:
            return "what it is made from has changed, made anew"
        passing = {Path(output).name for output in self._parts[name].passing}
        for file in sorted({*record.files, *self._wanted(name)}):
            path = self.path(name) / file
            if not path.exists() and file in passing:
                return f"{file} was handed over, made anew"
            if not path.is_file() or digest(path) != record.files.get(file):
                return f"{file} is not what was made, made anew"
        return None


def link(file: Path, output: Path) -> None:
    """A second name for a file, or a copy where the file system has no hard links."""
    with tables.replacing(output) as temporary:
        temporary.unlink(missing_ok=True)
        try:
            os.link(file, temporary)
        except OSError:
            shutil.copyfile(file, temporary)
