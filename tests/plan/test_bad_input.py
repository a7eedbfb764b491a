"""Whatever a study file says, it is completed or refused in one line; no other exception."""

import copy
import datetime
import math

import pytest
import studies
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from recycling.ground.errors import InputError
from recycling.plan.study import file as study_file
from recycling.plan.study import yaml_values
from recycling.plan.study.merging import MergingStudy

STUDIES = [
    yaml.safe_load((studies.ROOT / name).read_text())
    for name in ("config.yaml", "tests/toy/config.yaml", "tests/toy/preconditions.yaml")
]


def places(value, path=()):
    """Paths of all keys and list items below `value`."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in inner:
        yield (*path, key)
        if isinstance(below, dict | list):
            yield from places(below, (*path, key))


PLACES = [list(places(study)) for study in STUDIES]
KEYS = {str(key) for places_of_one in PLACES for path in places_of_one for key in path}
WORDS = [*sorted(KEYS), "all", "none", "{k}"]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(max_size=8)
    | st.dates()
    | st.binary(max_size=3)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS) | SCALARS, inner, max_size=3)
    ),
    max_leaves=6,
)
CHANGES = st.lists(
    st.tuples(st.sampled_from(["put", "remove", "rename", "add"]), VALUES), min_size=1, max_size=3
)


def change(study, path, kind, value):
    """Change one place of a study in place; a place that an earlier change removed is left."""
    for key in path[:-1]:
        try:
            study = study[key]
        except (KeyError, IndexError, TypeError):
            return
    last = path[-1]
    if isinstance(study, list) and isinstance(last, int):
        study[last : last + 1] = [] if kind == "remove" else [value]
    elif isinstance(study, dict):
        if kind in ("remove", "rename"):
            moved = study.pop(last, None)
        if kind == "rename" and value.__hash__:
            study[value] = moved
        if kind == "put":
            study[last] = value
        if kind == "add":
            study[str(value)] = value


@given(st.data(), CHANGES)
@settings(max_examples=150)
def test_any_change_of_a_study_is_completed_or_refused(data, changes):
    number = data.draw(st.sampled_from(range(len(STUDIES))))
    study = copy.deepcopy(STUDIES[number])
    for kind, value in changes:
        change(study, data.draw(st.sampled_from(PLACES[number])), kind, value)
    try:
        full = study_file.complete(study)
    except InputError:
        return
    assert study_file.complete(study_file.keys_of(full)) == full


TWICE = {
    "arms:\n  ties: {k: 1}\n  ties: {k: 2}\n": "arms.ties: found 'it in lines 2 and 3', expected",
    "a: [{b: 1, b: 2}]": "a.0.b: found 'it in lines 1 and 1', expected a key once; rename or",
    '{"a": 1,\n"a": 2}': "a: found 'it in lines 1 and 2'",
}


@pytest.mark.parametrize(("text", "message"), TWICE.items(), ids=range(len(TWICE)))
def test_a_key_that_is_given_twice_is_named(tmp_path, text, message):
    (tmp_path / "study.yaml").write_text(text)
    with pytest.raises(InputError, match=f"^config: {message}"):
        yaml_values.check_keys(tmp_path / "study.yaml")


@pytest.mark.parametrize(
    "text",
    ["a: &x {b: 1}\nc: *x\nd: {b: 1}\n", "a: &x [*x]", '{"a":\n\t1}', "? [a, b]\n: 1\n"],
    ids=["anchor", "endless", "JSON", "list as a key"],
)
def test_a_file_whose_keys_are_given_once_passes(tmp_path, text):
    (tmp_path / "study.yaml").write_text(text)
    yaml_values.check_keys(tmp_path / "study.yaml")


@pytest.mark.parametrize(
    "name", ["config.yaml", *sorted((studies.ROOT / "workflow/studies").glob("*.yaml"))], ids=str
)
def test_no_shipped_study_gives_a_key_twice(name):
    yaml_values.check_keys(studies.ROOT / name)


# A wrong type and a value out of range for every key that the schema knows.


SCHEMA = MergingStudy.model_json_schema()
# A name for each map of the schema whose keys the user chooses.
NAMES = {
    "tasks": "capital",
    "community": "plurals",
    "fresh_variants": "mine",
    "arms": "average",
    "experiments": "mine",
}
WRONG_TYPE = {"string": 7, "object": "text", "array": "text", "boolean": "yes", "number": "much"}


def resolved(rule):
    """A rule with what it refers to, and without the null that stands for a key left out."""
    options = [option for option in rule.get("anyOf", []) if option.get("type") != "null"]
    if len(options) == 1:
        rule = {**options[0], **{key: said for key, said in rule.items() if key != "anyOf"}}
    if "$ref" in rule:
        rule = {**SCHEMA["$defs"][rule["$ref"].rpartition("/")[2]], **rule}
    return rule


def keys(schema, path=""):
    """Dotted path and rule of every key."""
    for name, rule in schema.get("properties", {}).items():
        inner, rule = f"{path}.{name}".lstrip("."), resolved(rule)
        yield inner, rule
        yield from keys(rule, inner)
        if inner in NAMES:
            of = rule.get("additionalProperties") or next(iter(rule["patternProperties"].values()))
            yield from keys(resolved(of), f"{inner}.{NAMES[inner]}")


def wrong(rule):
    """Values that a rule must refuse."""
    kind = rule.get("type")
    yield None
    yield datetime.date(2026, 1, 1)
    if kind == "integer":
        yield from (1.5, 2.0, True, [], 2**70, math.nan)
    if kind in WRONG_TYPE:
        yield WRONG_TYPE[kind]
    if kind == "number":
        yield from (math.nan, math.inf, -math.inf, True)
    if "minimum" in rule:
        yield rule["minimum"] - 1
    if "exclusiveMinimum" in rule:
        yield rule["exclusiveMinimum"]
    if "maximum" in rule:
        yield rule["maximum"] + 1
    if "exclusiveMaximum" in rule:
        yield rule["exclusiveMaximum"]
    if "pattern" in rule:
        yield from ("", "a\n", "../a")
    if "enum" in rule or "const" in rule:
        yield "other"
    if "minItems" in rule:
        yield []
    if "minProperties" in rule:
        yield {}
    if rule.get("uniqueItems"):
        yield ["twice", "twice"]


WRONG = [(path, value) for path, rule in keys(SCHEMA) for value in wrong(rule)]


def test_every_kind_of_rule_is_tried():
    assert len(WRONG) > 400
    tried = {key for _, rule in keys(SCHEMA) for key in rule}
    known = {"type", "enum", "const", "pattern", "uniqueItems", "default", "description", "title"}
    known |= {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "anyOf"}
    known |= {"minProperties", "properties", "required", "additionalProperties", "items", "$ref"}
    assert tried - known == {"patternProperties"}


@pytest.mark.parametrize(("path", "value"), WRONG, ids=map(str, WRONG))
def test_every_key_refuses_what_it_cannot_be(path, value):
    study = copy.deepcopy(STUDIES[0]) | {
        "experiments": {"mine": {"arms": ["average"]}},
        "fresh_variants": {"mine": {}},
    }
    place = study
    *parents, last = path.split(".")
    for key in parents:
        place = place.setdefault(key, {})
    place[last] = value
    with pytest.raises(InputError) as caught:
        study_file.complete(study)
    assert str(caught.value).startswith(f"config: {path}: found ")
    assert len(str(caught.value).splitlines()) == 1
