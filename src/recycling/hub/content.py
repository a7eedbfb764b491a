"""What stands for the commit of an adapter that lies in a plain folder."""

import hashlib
import os
from collections.abc import Iterable
from typing import IO

# What is read of an adapter, whatever else lies beside it.
READ = ("README.md", "adapter_config.json", "adapter_model.safetensors")


def digest(files: Iterable[tuple[str, IO[bytes]]]) -> str:
    """40 digits that change with these files, as a commit does; closes them."""
    found = hashlib.sha256()
    for name, source in files:
        with source:
            found.update(f"{name}\0{os.fstat(source.fileno()).st_size}\0".encode())
            while chunk := source.read(1 << 20):
                found.update(chunk)
    return found.hexdigest()[:40]
