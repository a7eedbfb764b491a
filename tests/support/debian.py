"""Debian's packages of programs that some tests need: installed where they are absent."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

# Debian asks it whether a package may start its service.
POLICY = Path("/usr/sbin/policy-rc.d")


class Unavailable(Exception):
    """Why this machine cannot have what a test needs; never a fault of the project."""


def install(packages: Sequence[str]) -> None:
    """Install packages without starting their services; Unavailable where they cannot be had."""
    wanted = ", ".join(packages)
    if not shutil.which("apt-get"):
        raise Unavailable(f"no apt-get to install {wanted}")
    if os.geteuid() != 0:
        raise Unavailable(f"not root, so apt-get cannot install {wanted}")
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    apt = ["apt-get", "-qq"]
    for option in ("Acquire::Retries=1", "Acquire::http::Timeout=20", "DPkg::Lock::Timeout=60"):
        apt += ["-o", option]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        # Lists that are old, or fresh but for one address, may do: the installation decides.
        update, install = (
            subprocess.run([*apt, *words], env=environment, capture_output=True, text=True)
            for words in (["update"], ["install", "-y", "--no-install-recommends", *packages])
        )
    finally:
        if ours:
            POLICY.unlink()
    if install.returncode:
        raise Unavailable(f"apt-get cannot install it: {update.stderr} {install.stderr}")
