"""Every function that a table names is there, with the options that it says it takes."""

import pytest

from recycling import composition, preconditions, replay, verdict
from recycling.adapters import TWINS
from recycling.ground import registry
from recycling.merging import METHODS
from recycling.model import BASE_SOURCES
from recycling.tasks import SOURCES
from recycling.verdict.experiments import EXPERIMENTS

TABLES = {
    "methods": registry.entries(METHODS),
    "twins": registry.entries(TWINS),
    "subjects": registry.entries(composition.SUBJECTS),
    "merges of composition": composition.METHODS,
    "oracles": composition.ORACLES,
    "task sources": SOURCES,
    "base sources": BASE_SOURCES,
    "experiments": registry.entries(EXPERIMENTS),
    "figures": registry.entries(verdict.FIGURES),
    "figures of composition": registry.entries(composition.FIGURES),
    "figures of preconditions": preconditions.FIGURES,
    "figures of a replay": replay.FIGURES,
}


@pytest.mark.parametrize("entries", TABLES.values(), ids=TABLES)
def test_every_entry_of_every_table_exists(entries):
    assert entries
    for entry in entries.values():
        assert callable(registry.load(entry))
        registry.options(entry)


def test_options_are_the_keyword_only_arguments():
    options = registry.options("recycling.merging.ties:ties")
    assert options == {"density": ("float", 0.2), "scale": ("float", 1.0)}


def test_missing_function_is_named():
    with pytest.raises(LookupError, match="no top-level function absent"):
        registry.options("recycling.merging.static:absent")
