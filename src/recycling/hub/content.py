"""What stands for the commit of an adapter that lies in a plain folder."""

import hashlib
import os
from collections.abc import Iterable
from typing import IO

from recycling.hub.address import HubError

# What is read of an adapter, whatever else lies beside it.
READ = ("README.md", "adapter_config.json", "adapter_model.safetensors")


# Above what any adapter has; reading it takes minutes.
MOST_BYTES = 50_000_000_000


def digest(files: Iterable[tuple[str, IO[bytes]]]) -> str:
    """40 digits that change with these files, as a commit does; closes them.

    Raises HubError for files that are too large to be read.
    """
    found = hashlib.sha256()
    for name, source in files:
        with source:
            left = os.fstat(source.fileno()).st_size
            if left > MOST_BYTES:
                raise HubError("too_large", f"found {left} bytes, expected at most {MOST_BYTES}")
            found.update(f"{name}\0{left}\0".encode())
            # No more than that: somebody may be adding to it.
            while chunk := source.read(min(left, 1 << 20)):
                found.update(chunk)
                left -= len(chunk)
    return found.hexdigest()[:40]
