"""A file that was changed after it was written is refused by its next reader.

Every file that a rule writes carries, as an extended attribute, a digest of its bytes and of its
place in the study. It travels with the file through a rename or a copy that keeps attributes, and
shows a truncated, damaged or swapped file, whose numbers would otherwise be taken for results. File
systems without such attributes keep what the formats themselves check.
"""

import hashlib
import os
import re
from pathlib import Path

from recycling.ground.errors import InputError

ATTRIBUTE = "user.recycling.blake2"
# A folder in the making, which takes the place of `name` when it is whole: see `pool.shards`.
UNFINISHED = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{16}")


def seal(path: Path, place: Path) -> None:
    """Mark the file at `path`, which is to lie at `place`, with the digest of what it holds."""
    if hasattr(os, "setxattr"):
        try:
            os.setxattr(path, ATTRIBUTE, _digest(path, place))
        except OSError:
            # No attributes here, which the files' owner cannot mend: they are read unchecked.
            return


def check(path: str | Path) -> None:
    """Raise InputError when the file at `path` is not what was written there."""
    path = Path(path)
    try:
        expected = os.getxattr(path, ATTRIBUTE)
    except (OSError, AttributeError):
        return
    found = _digest(path, path)
    if found != expected:
        raise InputError(
            str(path),
            "content",
            found.decode(),
            f"{expected.decode()}, the digest of what was written there",
            "the file is damaged, edited or another's: delete it and run again",
        )


def _digest(path: Path, place: Path) -> bytes:
    # Below results/<study>, so that a study can be renamed or moved; elsewhere the name alone.
    parts = place.absolute().parts
    studies = [i + 2 for i, part in enumerate(parts) if part == "results"]
    below = [UNFINISHED.sub(r"\g<name>", part) for part in parts[studies[-1] :]] if studies else []
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "blake2b")
    digest.update("/".join(below or parts[-1:]).encode())
    return digest.hexdigest()[:32].encode()
