"""The page of all keys and the JSON schemas are those of the records, and fit shipped studies."""

import json

import describe_configuration as describe
import jsonschema
import pytest
import studies
import yaml

from recycling.plan.study.file import KINDS

REMEDY = "make configuration writes it anew"
SHIPPED = ["config.yaml", "tests/toy/config.yaml", "tests/toy/composition.yaml"]
SHIPPED += ["tests/toy/preconditions.yaml"]
SHIPPED += [
    str(file.relative_to(studies.ROOT))
    for file in sorted((studies.ROOT / "workflow/studies").glob("*.yaml"))
    if file.stem != "tasks62"
]


def test_the_page_is_that_of_the_records():
    assert describe.PAGE.read_text() == describe.page(), REMEDY


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_of_a_kind_is_that_of_its_record(kind):
    stored = json.loads((describe.SCHEMAS / f"{kind}.schema.json").read_text())
    assert stored == describe.schema(kind), REMEDY


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_has_a_meaning(kind):
    whole = describe.schema(kind)
    found = list(describe.rows(whole, whole))
    assert len(found) > 25
    assert [key for key, _, _, meaning in found if not meaning] == []


@pytest.mark.parametrize("file", SHIPPED)
def test_a_shipped_study_fits_its_schema(file):
    study = yaml.safe_load((studies.ROOT / file).read_text())
    jsonschema.validate(study, describe.schema(study.get("kind", "merging")))


def test_the_schema_refuses_a_misspelt_key():
    study = yaml.safe_load((studies.ROOT / "config.yaml").read_text())
    with pytest.raises(jsonschema.ValidationError, match="replicate"):
        jsonschema.validate(study | {"replicate": 3}, describe.schema("merging"))
