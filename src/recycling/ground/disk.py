"""What a folder takes on a disk."""

from pathlib import Path
from typing import NamedTuple


class Held(NamedTuple):
    """The files below a folder, and their bytes."""

    files: int
    size: int


def held(folder: Path) -> Held:
    """Count the files below `folder`, none where it is absent.

    A file with several names counts its bytes once, a symbolic link counts as itself.
    """
    found = [file for file in folder.rglob("*") if file.is_symlink() or file.is_file()]
    about = [file.lstat() for file in found]
    return Held(len(found), sum({(of.st_dev, of.st_ino): of.st_size for of in about}.values()))
