"""The profile for SLURM fits the rules."""

import re

import parsed_rules
import pytest
import studies
import yaml

PROFILE = yaml.safe_load((studies.ROOT / "profiles/slurm/profile.yaml").read_text())


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """The rules of every kind of study and their files."""
    return parsed_rules.read(tmp_path_factory.mktemp("rules") / "project")


@pytest.fixture(scope="module")
def rules(read):
    """Name -> rule; a rule that kinds of study share is the same in each."""
    named = {rule.name: rule for rule in read[0]}
    assert len(named) == len(read[0])
    return named


def test_every_file_of_rules_is_read(read):
    files = {
        file.relative_to(studies.ROOT) for file in studies.ROOT.glob("workflow/rules/**/*.smk")
    }
    assert read[1] == {*files, studies.ROOT.joinpath("Snakefile").relative_to(studies.ROOT)}


def test_every_rule_that_is_submitted_has_its_resources(rules):
    assert set(PROFILE["set-resources"]) == {name for name in rules if not rules[name].local}
    for wants in PROFILE["set-resources"].values():
        assert all("* attempt" in wants[key] for key in ("mem_mb", "runtime"))


def test_rules_of_one_script_are_all_local_or_none(rules):
    """A rule made from a local one is not local unless it says so again."""
    scripts = {}
    for rule in rules.values():
        scripts.setdefault(rule.script, set()).add(rule.local)
    assert len(scripts) < len(rules)
    assert [script for script, local in scripts.items() if len(local) > 1] == []


def test_measured_limits_of_the_plugin_are_respected():
    assert PROFILE["slurm-status-command"] == "squeue"
    assert PROFILE["slurm-status-attempts"] >= 60
    assert PROFILE["max-status-checks-per-second"] <= 0.5
    assert not any("array" in key for key in PROFILE)


def test_three_lines_are_to_be_edited():
    text = (studies.ROOT / "profiles/slurm/profile.yaml").read_text()
    edited = re.findall(r"(\S+): \S+ # EDIT", text)
    assert edited == ["slurm_account", "slurm_partition", "slurm_partition"]


def test_what_is_submitted_needs_no_network(rules):
    online = {
        script.stem
        for script in studies.ROOT.glob("workflow/scripts/*/*.py")
        if "online=True" in script.read_text()
    }
    assert {"fetch_base", "download_shard"} <= online
    assert online <= {rule.script for rule in rules.values()}
    for rule in rules.values():
        assert rule.local or rule.script not in online, rule.name


def test_a_fault_of_the_user_is_said_once(rules):
    """The rules that read what the user gave: their scripts ask a network again themselves."""
    given = {"fetch_base", "prepare_task", "list_candidates", "fetch_published"}
    given |= {"inspect_candidates", "download_shard", "read_cards"}
    assert {name: rule.retries for name, rule in rules.items() if rule.retries is not None} == (
        dict.fromkeys(given, 0)
    )
