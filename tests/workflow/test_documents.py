"""The documents say what the tables and the tests hold."""

import re
from pathlib import Path

import pytest
import yaml

from recycling.adapters import TWINS
from recycling.merging import METHODS
from recycling.model.conduct import OURS, PAPER
from recycling.plan.study.protocol import Protocol
from recycling.pool import SELECTORS
from recycling.pool.adapter_flags import FLAGS
from recycling.pool.conversion import WEIGHT_CHECKS
from recycling.pool.vetting import CHECKS
from recycling.verdict.experiments import EXPERIMENTS

ROOT = Path(__file__).parents[2]
FIDELITY = (ROOT / "docs/fidelity.md").read_text()
PAGE = (ROOT / "docs/methods.md").read_text()
VETTING = (ROOT / "docs/vetting.md").read_text()
PAGES = [page.read_text() for page in ROOT.glob("docs/*.md")]
NAMED = sorted({test for text in PAGES for test in re.findall(r"\b(test_\w+\.py::\w+)`", text)})


def text_of(name):
    """What stands in the one file of tests with this name."""
    [file] = (ROOT / "tests").rglob(name)
    return file.read_text()


@pytest.mark.parametrize(
    ("heading", "table"), [("Methods", METHODS), ("Twins", TWINS), ("Selectors", SELECTORS)]
)
def test_every_entry_has_one_row_and_no_other_has(heading, table):
    [section] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    assert [row[0].strip(" `") for row in rows] == list(table)
    assert {len(row) for row in rows} == {6}
    assert all("`test_" in "|".join(row) for row in rows)


def test_every_experiment_has_one_row():
    [section] = re.findall(r"^## Experiments\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert rows == list(EXPERIMENTS)


@pytest.mark.parametrize("test", NAMED)
def test_every_test_that_a_page_names_exists(test):
    file, name = test.split("::")
    assert f"def {name}(" in text_of(file)


def test_every_choice_of_the_protocol_has_its_row():
    table = re.findall(r"^\| `(\w+)` \| (\S+) \| (\S+) \|", FIDELITY, re.MULTILINE)
    assert [row[0] for row in table] == list(OURS)
    for key, ours, paper in table:
        assert (yaml.safe_load(ours), yaml.safe_load(paper)) == (OURS[key], PAPER[key])
    assert list(Protocol.model_fields) == list(OURS)


def test_every_check_and_flag_is_on_the_page_of_vetting():
    section = VETTING.partition("## Checks")[2].partition("## Licences")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|$", section, re.MULTILINE)
    expected = [(check.__name__, stage) for stage, checks in CHECKS.items() for check in checks]
    assert rows == [*expected, *((check.__name__, "weights") for check in WEIGHT_CHECKS)]
    assert {flag for flag in FLAGS if f"`{flag}`" not in VETTING} == set()


def test_every_way_to_fail_has_a_row_with_its_test():
    rows = re.findall(r"^\| (\d+) \|.*\| `(test_\w+\.py)(?:::(\w+))?` \|$", VETTING, re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == list(range(1, 40))
    for _, file, name in rows:
        assert f"def {name}" in text_of(file)


def test_every_test_of_the_page_of_security_is_one_of_make_test_hostile():
    named = re.findall(r"(test_\w+\.py)::(\w+)`", (ROOT / "docs/security.md").read_text())
    for file, name in named:
        text = text_of(file)
        decorators = text[: text.index(f"def {name}(")].rpartition("\n\n\n")[2]
        assert "pytestmark = pytest.mark.hostile" in text or "mark.hostile" in decorators, name
