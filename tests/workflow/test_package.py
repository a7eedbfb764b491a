"""The package: one version, the dependencies that it imports, and all its files in a wheel."""

import ast
import os
import re
import subprocess
import sys
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

from recycling.adapters import card, routed
from recycling.merging.routing import arrow

PROJECT = tomllib.loads((studies.ROOT / "pyproject.toml").read_text())["project"]
NEEDS = {need.name: need for need in map(Requirement, PROJECT["dependencies"])}
# Packages whose import has another name, and those that another package alone imports.
IMPORTS = {"markdown-it-py": "markdown_it", "pyyaml": "yaml"}
BY_OTHERS = {"gguf", "protobuf", "sentencepiece"}
SCRIPTS = Path(sys.executable).parent
# What a stranger may go on with.
WEARING = """
import torch

print(routed.__file__)
with model.wearing(routed.read("path/to/this/folder")):
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


def source(folder):
    """A copy of the project that can be built; building leaves files behind."""
    studies.copy(folder)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (folder / name).write_bytes((studies.ROOT / name).read_bytes())
    return folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of the project, built offline from a copy."""
    folder = source(tmp_path_factory.mktemp("wheel") / "project")
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


def test_the_card_of_a_routed_arm_says_what_works_anywhere(toy_base, toy_folder, tmp_path):
    """Its two blocks of code as they stand, outside the repository and in a fresh process."""
    adapters = [adapter(toy_base, name, seed) for seed, name in enumerate(("one", "two"))]
    merged = arrow(problem(adapters))
    record = merged.record("arm", "arrow", adapters)
    text = card.render("Arm for x", "mit", "toy", "x", "0" * 64, record, None)
    [install], [load] = (
        re.findall(rf"```{it}\n(.*?)```", text, re.DOTALL) for it in ("bash", "python")
    )
    source(tmp_path / "path/to/recycle-or-retrain")
    (tmp_path / "path/to/the").mkdir()
    (tmp_path / "path/to/the/base").symlink_to(toy_folder)
    routed.write(merged.routed, tmp_path / "path/to/this/folder", "toy")
    install = f"{install.strip()} --quiet --no-deps --no-build-isolation --target installed"
    found = [
        subprocess.run(
            command,
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": "installed",
                "PATH": f"{SCRIPTS}:{os.environ['PATH']}",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        for command in (["bash", "-c", install], [sys.executable, "-c", load + WEARING])
    ]
    assert [done.returncode for done in found] == [0, 0], found
    place, *values = found[1].stdout.split()
    assert Path(place).is_relative_to(tmp_path / "installed")
    with toy_base.wearing(merged.routed):
        expected = logits(toy_base.model, [5, 80, 33])[-1, :3]
    torch.testing.assert_close(torch.tensor([float(value) for value in values]), expected)
