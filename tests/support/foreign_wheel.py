"""A wheel of PyPI that is looked into and not installed: what others expect, in their own words."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


def unpacked(requirement: str, folder: Path) -> Path:
    """The files of a wheel, `name==version`; the test is skipped where it cannot be had."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--python-version", "3.12"]
    command += ["--only-binary=:all:", "--dest", str(folder / "wheels"), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the wheel of {requirement} cannot be had: {done.stderr[-200:]}")
    [wheel] = (folder / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "unpacked")
    return folder / "unpacked"
