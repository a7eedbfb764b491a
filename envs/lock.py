"""Renew requirements.lock from requirements.in: `make lock`.

Versions that are locked stay; a changed line of requirements.in changes what it must. Every file
that the index has of a package is named by its sha256, so the lock holds for every platform. torch
stays outside: its wheel differs by index and accelerator (PyPI's brings CUDA, others do not), and
with it go the packages that only its CUDA build needs.
"""

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
LOCK = HERE / "requirements.lock"
WITH_TORCH = re.compile(r"(torch|triton|nvidia-[\w-]+|cuda-[\w-]+)==")
HEADER = "# What `make` installs, besides torch.lock: every package with the sha256 of its files.\n"


def main() -> None:
    """Resolve with uv, leave out what comes with torch, and write the lock."""
    command = [sys.executable, "-m", "uv", "pip", "compile", HERE / "requirements.in"]
    command += ["--constraint", LOCK, "--constraint", HERE / "torch.lock", "--generate-hashes"]
    command += ["--python-version", "3.11", "--no-header", "--no-annotate", "--quiet"]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    packages = re.split(r"^(?=\S)", found, flags=re.MULTILINE)
    LOCK.write_text(HEADER + "".join(text for text in packages if not WITH_TORCH.match(text)))


if __name__ == "__main__":
    main()
