"""Families of causal language models: each is read as transformers reads it, or refused."""

import families
import list_bases
import pytest
from families import FAMILIES, TWELVE

from recycling.model import fetch

BY_NAME = {family.name: family for family in FAMILIES}
SLOW = [name for name in BY_NAME if name not in TWELVE]


def check(name, folder):
    family = BY_NAME[name]
    found = families.outcome(family, folder)
    if family.refused:
        assert found.refusal.startswith("base: ")
        assert len(found.refusal.splitlines()) == 1
    else:
        assert found.refusal == ""
        assert max(found.about.difference.values()) < 1e-4
        assert found.kinds


@pytest.mark.parametrize("name", TWELVE)
def test_a_family(name, tmp_path):
    check(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_every_other_family(name, tmp_path):
    check(name, tmp_path)


def test_there_are_at_least_forty_and_each_once():
    assert len(BY_NAME) == len(FAMILIES) >= 40
    assert len(set(TWELVE)) == 12


def test_the_page_lists_each_in_the_table_of_its_outcome():
    page = list_bases.PAGE.read_text()
    assert page.startswith(list_bases.HEAD)
    right, refused = page.removeprefix(list_bases.HEAD).split(list_bases.REFUSED)
    assert [line.split(" | ")[0] for line in right.splitlines()] == [
        f"| {family.name}" for family in FAMILIES if not family.refused
    ]
    assert [(line.split(" | ")[0], line.split(" | ")[-1]) for line in refused.splitlines()] == [
        (f"| {family.name}", f"{family.refused} |") for family in FAMILIES if family.refused
    ]


def test_adapters_change_no_module_that_reads_pictures(tmp_path):
    families.build(BY_NAME["Gemma 3 with pictures"], tmp_path)
    names = [row["module"] for row in fetch.modules(tmp_path)]
    assert len(names) == 2 * 7
    assert all(name.startswith("model.language_model.layers.") for name in names)
