"""Whatever a study file says, it is completed or refused in one line; no other exception."""

import copy
import datetime
import math

import pytest
import studies
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from recycling.ground import yaml_values
from recycling.ground.errors import InputError
from recycling.plan.study import file as study_file

STUDIES = [
    yaml.safe_load((studies.ROOT / name).read_text())
    for name in (
        "config.yaml",
        "tests/toy/config.yaml",
        "tests/toy/composition.yaml",
        "tests/toy/preconditions.yaml",
        "workflow/studies/replay.yaml",
    )
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


@pytest.mark.hostile
@given(st.data(), CHANGES)
@settings(max_examples=250)
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


# A wrong type and a value out of range for every key that the schema of a kind knows.

# A study of each kind in which every map has an entry, and every record that may be left out is.
DEFAULT, _, COMPOSITION, PRECONDITIONS, REPLAY = STUDIES
SUBPOOL = {"some": {"only": ["capital"]}}
FILE = {"package": "x==1", "wheel_sha256": "0", "member": "x"}
WHEELS = FILE | {"kind": "wheel", "member_sha256": "0", "continued_in": [FILE], "terms": FILE}
WHOLE = {
    "merging": DEFAULT
    | {
        "base": DEFAULT["base"] | {"source": WHEELS, "template": {"enable_thinking": False}},
        "arms": DEFAULT["arms"] | {"base": {"worsened": {"by": "unrelated", "share": 0.5}}},
        "experiments": {"gain_against_k": {"arms": ["average"]}},
        "community_count": 96,
        "fresh_variants": {"mine": {"tune": {"learning_rate": [0.1], "steps": [2], "rank": [1]}}},
        "pool": DEFAULT["pool"]
        | {
            "kin": {"past_tense": {"same": ["capital"], "sibling": ["plural"]}},
            "subpools": SUBPOOL,
        },
    },
    "composition": COMPOSITION | {"base": {"source": WHEELS}},
    "preconditions": PRECONDITIONS
    | {
        "base": PRECONDITIONS["base"] | {"aliases": {"toy/copy": "quantised"}, "source": WHEELS},
        "experts": {"others": ["plurals"]},
    },
    "replay": REPLAY
    | {
        "labelled": REPLAY["labelled"]
        | {
            "base": {"file": "x", "column": "y", "names": {"a": "b"}},
            "columns": {"a": "b"},
            "expected": {"a": 1},
        }
    },
}
WRONG_TYPE = {"string": 7, "object": "text", "array": "text", "boolean": "yes", "number": "much"}


def resolved(schema, rule):
    """A rule with what it refers to, and without the null that stands for a key left out."""
    options = [option for option in rule.get("anyOf", []) if option.get("type") != "null"]
    if len(options) == 1:
        rule = {**options[0], **{key: said for key, said in rule.items() if key != "anyOf"}}
    if "$ref" in rule:
        rule = {**schema["$defs"][rule["$ref"].rpartition("/")[2]], **rule}
    return rule


def keys(schema, record, study, path=()):
    """Path and rule of every key; of a map and of a list those of the first entry in `study`."""
    below = list(record.get("properties", {}).items())
    maps = [record.get("additionalProperties"), *record.get("patternProperties", {}).values()]
    of = next((rule for rule in maps if isinstance(rule, dict)), None)
    if of is not None and study:
        below += [(next(iter(study)), of)]
    if "items" in record and study:
        below += [(0, record["items"])]
    for name, rule in below:
        rule = resolved(schema, rule)
        yield (*path, name), rule
        there = isinstance(name, int) or name in (study or {})
        yield from keys(schema, rule, study[name] if there else None, (*path, name))


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
    if "multipleOf" in rule:
        yield rule["multipleOf"] + 1
    if "pattern" in rule:
        yield from ("", "a\n", "../a")
    if "maxLength" in rule:
        yield "a" * (rule["maxLength"] + 1)
    if rule.get("format") == "date":
        yield from ("2026-1-1", "2026-02-30", "20260101", "today", "2026-01-01T00:00")
    if "enum" in rule or "const" in rule:
        yield "other"
    if "minItems" in rule:
        yield []
    if "minProperties" in rule:
        yield {}
    if rule.get("uniqueItems"):
        yield [2, 2] if rule["items"].get("type") in ("integer", "number") else ["twice", "twice"]


SCHEMAS = {kind: record.model_json_schema() for kind, (record, _) in study_file.KINDS.items()}
EVERY = [
    (kind, path, rule)
    for kind, schema in SCHEMAS.items()
    for path, rule in keys(schema, schema, WHOLE[kind])
]


def test_every_kind_of_rule_is_tried():
    number = {kind: sum(of == kind for of, _, _ in EVERY) for kind in SCHEMAS}
    assert number == {"merging": 185, "composition": 60, "preconditions": 70, "replay": 65}
    tried = {key for _, _, rule in EVERY for key in rule}
    known = {"type", "enum", "const", "pattern", "uniqueItems", "default", "description", "title"}
    known |= {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "anyOf"}
    known |= {"minProperties", "properties", "required", "additionalProperties", "items", "$ref"}
    known |= {"multipleOf", "format", "maxLength", "maxItems"}
    assert tried - known == {"patternProperties", "propertyNames"}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_studies_whose_keys_are_changed_are_fine_but_for_their_names(kind):
    study_file.KINDS[kind][0].model_validate(WHOLE[kind])


@pytest.mark.parametrize(
    ("kind", "path", "rule"),
    EVERY,
    ids=[".".join(map(str, (kind, *path))) for kind, path, _ in EVERY],
)
def test_every_key_refuses_what_it_cannot_be(kind, path, rule):
    for value in wrong(rule):
        study = yaml_values.copied(WHOLE[kind])  # anchors of YAML spelled out
        place = study
        for key in path[:-1]:
            place = place[key] if isinstance(place, list) else place.setdefault(key, {})
        place[path[-1]] = value
        with pytest.raises(InputError) as caught:
            study_file.complete(study)
        where = ".".join(map(str, path))
        assert str(caught.value).startswith(f"config: {where}: found ")
        assert len(str(caught.value).splitlines()) == 1
