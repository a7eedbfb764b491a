"""Functions of the plan as what a rule takes: asked by wildcards, answered in built-in types."""

import datetime
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest
import studies
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recycling.plan.study.base import BaseSource, Runtime
from recycling.plan.study.file import complete
from recycling.plan.study.keys import Keys, Maybe
from recycling.plan.wiring import Plan, built_in

STUDY = complete(yaml.safe_load((studies.ROOT / "tests/toy/config.yaml").read_text()))


# wildcards and checkpoints


def placed(study, task, replicate):
    return f"{study.study}/{task}/{replicate}"


def of_shards(_, arm, shards):
    return [] if arm == "base" else shards()


def test_wildcards_are_bound_by_name():
    wildcards = SimpleNamespace(replicate="1", arm="ties", task="months")
    assert Plan(STUDY)(placed)(wildcards) == "toy/months/1"
    assert Plan(STUDY)(lambda study: study.seed)(wildcards) == 7


def test_a_rule_s_function_has_the_name_of_the_function_that_answers():
    assert Plan(STUDY)(placed).__name__ == "placed"


def test_a_checkpoint_is_asked_only_where_a_function_calls_it():
    asked = []
    plan = Plan(STUDY)
    plan.later["shards"] = lambda wildcards: asked.append(wildcards.arm) or ["0", "1"]
    function = plan(of_shards)
    assert function(SimpleNamespace(arm="base")) == []
    assert asked == []
    assert function(SimpleNamespace(arm="ties")) == ["0", "1"]
    assert asked == ["ties"]


def test_a_checkpoint_may_be_named_after_functions_are_bound():
    plan = Plan(STUDY)
    function = plan(of_shards)
    plan.later |= {"shards": lambda _: ["2"]}
    assert function(SimpleNamespace(arm="ties")) == ["2"]


# built-in types


class Pair(NamedTuple):
    left: object
    right: object


@dataclass(frozen=True)
class Held:
    inner: object
    count: int = 1


class Kept(Keys):
    """A record with a key that may be left out."""

    runtime: Runtime = Runtime()
    label: Maybe[str] = None


RUNTIME = {"device": "auto", "dtype": "auto"}
RECORDS = {
    "record": (Kept(), {"runtime": RUNTIME}),
    "record with further keys": (
        BaseSource(kind="path", path="base"),
        {"kind": "path", "path": "base"},
    ),
    "data class": (Held(None), {"inner": None, "count": 1}),
    "record in a data class": (Held(Runtime(), 2), {"inner": RUNTIME, "count": 2}),
    "record in a mapping in a list": (
        [{"a": Kept(label="x")}],
        [{"a": {"runtime": RUNTIME, "label": "x"}}],
    ),
    "record in a named tuple": (Pair("a", Runtime()), ("a", RUNTIME)),
    "tuple in a list": ([(1, 2.5), ("a", True)], [(1, 2.5), ("a", True)]),
}


@pytest.mark.parametrize(("value", "expected"), RECORDS.values(), ids=RECORDS)
def test_records_become_built_in_values_all_the_way_down(value, expected):
    assert repr(built_in(value)) == repr(expected)


FOREIGN = {
    "set": {"a"},
    "path": Path("a"),
    "date": datetime.date(2026, 1, 1),
    "bytes": b"a",
    "class": Held,
    "object": object(),
}


@pytest.mark.parametrize("value", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("inside", [lambda value: value, lambda value: Held([value])])
def test_a_value_of_another_type_is_refused_with_the_function_that_gave_it(value, inside):
    def guilty(_):
        return inside(value)

    message = (
        rf"test_wiring.*\.guilty.*: found .* of type {type(value).__name__}, expected a record"
    )
    with pytest.raises(TypeError, match=message):
        Plan(STUDY)(guilty)(SimpleNamespace())


def test_where_the_value_lies_is_said():
    with pytest.raises(TypeError, match=r"^param\['a'\]\[1\]: found PosixPath\('b'\)"):
        built_in({"a": ["a", Path("b")]})


SINGLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)


@given(
    st.recursive(
        SINGLE, lambda inner: st.lists(inner) | st.dictionaries(SINGLE, inner) | st.tuples(inner)
    )
)
def test_built_in_values_stay_as_they_are(value):
    assert repr(built_in(value)) == repr(value)


# every param of every job

# Jobs of shards are planned behind a checkpoint, no arm of the toy study chooses by cards, and
# answers are written for other programs on demand, so these are asked for by name.
BY_NAME = [
    "pool/effects/0.tsv",
    "pool_scores/months/0/0.tsv",
    "oracle_scores/months/0/0.tsv",
    "pool_gains/gradient/months/0/0.tsv",
    "pool_closeness/cosine/months/0/0.tsv",
    "pool_cards/months/0/pool.tsv",
    "evaluations",
]
PLANNED = {
    "tests/toy/config.yaml": [f"results/toy/{path}" for path in BY_NAME],
    "tests/toy/composition.yaml": [],
    "tests/toy/preconditions.yaml": [
        f"results/toy_preconditions/{path}"
        for path in ("pool/effects/0.tsv", "answers/alone/0.parquet")
    ],
    "workflow/studies/replay.yaml": [],
}
# What Snakemake says of a param that waits for a checkpoint.
WAITING = "TBDString"
CHAIN = {
    "hop1": {"question": "a{i}?", "answer": "b{i}"},
    "hop2": {"question": "b{i}?", "answer": "c{i}"},
    "direct": "a{i}, twice?",
}


def planned(folder, study, hash_seed):
    """Each param of each job of a dry run, as `support/job_params.py` prints it."""
    script = studies.ROOT / "tests/support/job_params.py"
    done = subprocess.run(
        [sys.executable, script, "study.yaml", "all", *PLANNED[study]],
        cwd=folder,
        env=studies.ENVIRONMENT | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.mark.workflow
@pytest.mark.parametrize("study", PLANNED)
def test_params_are_built_in_and_the_same_in_every_parse(tmp_path, study):
    folder = studies.copy(tmp_path / "project")
    shutil.copy(studies.ROOT / study, folder / "study.yaml")
    chains = [json.dumps(CHAIN).replace("{i}", str(i)) for i in range(10)]
    (folder / "chains.jsonl").write_text("\n".join(chains))
    params = planned(folder, study, "1")
    assert [line for line in params if len(line) == 1 and line != ["all"]] == []
    of_values = [line for line in params if len(line) > 1]
    foreign = {tuple(line[:3]) for line in of_values if line[4] not in ("", WAITING)}
    assert foreign == set()
    assert {(rule, name) for rule, _, name, _, types in of_values if types == WAITING} <= {
        ("summarise", "jobs")
    }
    assert planned(folder, study, "2") == params
