"""What is installed: every package pinned with hashes, its licence known."""

import re
import sys
from importlib import metadata

import pytest
import studies
import yaml

sys.path.insert(0, str(studies.ROOT / "envs"))
import licences

LOCK = (studies.ROOT / "envs/requirements.lock").read_text()
# Copyleft that a user should know of; none of it is part of what this project ships.
COPYLEFT = {"directsearch", "docutils", "pycountry"}


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_package_is_pinned_with_a_hash():
    packages = re.split(r"^(?=\S)", LOCK.partition("\n")[2], flags=re.MULTILINE)[1:]
    assert len(packages) > 100
    for text in packages:
        assert re.match(r"[\w.-]+==[\w.]+ \\\n    --hash=sha256:[0-9a-f]{64}", text), text[:80]


def test_the_lock_has_what_is_asked_for_and_what_that_needs():
    locked = {canonical(name) for name, _ in licences.locked()}
    asked = (studies.ROOT / "envs/requirements.in").read_text()
    assert {canonical(name) for name in re.findall(r"^[\w.-]+", asked, re.MULTILINE)} <= locked
    for name in locked:
        for need in metadata.requires(name) or []:
            if ";" not in need:
                assert canonical(re.match(r"[\w.-]+", need)[0]) in locked | {"setuptools"}, need


@pytest.mark.parametrize("name", ["analysis", "models"])
def test_the_conda_files_name_versions_of_the_lock(name):
    locked = {canonical(package): version for package, version in licences.locked()}
    content = yaml.safe_load((studies.ROOT / f"envs/{name}.yaml").read_text())
    for line in content["dependencies"][-1]["pip"]:
        package, _, version = line.partition("==")
        assert version in ("", locked[canonical(package)].partition("+")[0]), line


def test_the_page_of_licences_is_that_of_the_lock():
    assert (studies.ROOT / "docs/licences.md").read_text() == licences.page()


def test_copyleft_is_known():
    found = {name for name, _ in licences.locked() if "GPL" in licences.licence(name)}
    assert found <= COPYLEFT
