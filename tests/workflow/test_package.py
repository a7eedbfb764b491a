"""The package: one version, the dependencies that it imports, and all its files in a wheel."""

import ast
import os
import re
import subprocess
import sys
import textwrap
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import studies
import torch
import yaml
from model_cases import adapter, logits, problem
from packaging.requirements import Requirement

from recycling.adapters import routed
from recycling.adapters.card import ROUTED_LOADING
from recycling.merging.routing import arrow

PROJECT = tomllib.loads((studies.ROOT / "pyproject.toml").read_text())["project"]
NEEDS = {need.name: need for need in map(Requirement, PROJECT["dependencies"])}
# Packages whose import has another name, and the one that is imported by another package alone.
IMPORTS = {"pyyaml": "yaml"}
BY_OTHERS = {"gguf"}
# What a stranger may do where the card has three dots.
WEARING = """\
import torch

print(routed.__file__)
print(*model.model(input_ids=torch.tensor([[5, 80, 33]])).logits[0, -1, :3].tolist())
"""


def test_one_version_stands_in_three_files():
    citation = yaml.safe_load((studies.ROOT / "CITATION.cff").read_text())
    changes = (studies.ROOT / "CHANGELOG.md").read_text()
    newest = re.search(r"^## (\S+)(?: \(unreleased\))?$", changes, re.MULTILINE)
    assert [str(citation["version"]), newest[1]] == [PROJECT["version"]] * 2


def test_dependencies_are_what_the_library_imports():
    found = set()
    for file in (studies.ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module.partition(".")[0])
    found -= sys.stdlib_module_names | {"recycling"}
    assert found == {IMPORTS.get(name, name.replace("-", "_")) for name in set(NEEDS) - BY_OTHERS}


@pytest.mark.parametrize("name", NEEDS)
def test_what_is_locked_is_in_the_range(name):
    assert NEEDS[name].specifier.contains(metadata.version(name).partition("+")[0])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of the project, built offline from a copy."""
    folder = studies.copy(tmp_path_factory.mktemp("wheel") / "project")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (folder / name).write_bytes((studies.ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    done = subprocess.run([*command, "."], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [file] = folder.glob("*.whl")
    return file


def test_a_wheel_has_every_file_of_the_library(wheel):
    source = studies.ROOT / "src"
    files = {str(file.relative_to(source)) for file in source.glob("recycling/**/*.*")}
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("recycling/")}
    assert packed == {name for name in files if "__pycache__" not in name}


def test_the_card_of_a_routed_arm_says_what_works_anywhere(wheel, toy_base, toy_folder, tmp_path):
    """Its own text, in a fresh process outside the repository, with the library of the wheel."""
    adapters = [adapter(toy_base, name, seed) for seed, name in enumerate(("one", "two"))]
    merged = arrow(problem(adapters)).routed
    routed.write(merged, tmp_path / "arm", "toy")
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    [code] = re.findall(r"```python\n(.*?)```", ROUTED_LOADING, re.DOTALL)
    code = code.replace("path/to/this/folder", str(tmp_path / "arm"))
    code = code.replace("path/to/the/base", str(toy_folder))
    code = code.replace("    ...", textwrap.indent(WEARING, "    "))
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    place, *values = done.stdout.split()
    assert Path(place).is_relative_to(tmp_path / "installed")
    with toy_base.wearing(merged):
        expected = logits(toy_base.model, [5, 80, 33])[-1, :3]
    torch.testing.assert_close(torch.tensor([float(value) for value in values]), expected)
