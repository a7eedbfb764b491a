"""The profile for SLURM fits the rules."""

import re

import studies
import yaml

PROFILE = yaml.safe_load((studies.ROOT / "profiles/slurm/profile.yaml").read_text())
RULES = "\n".join(file.read_text() for file in sorted(studies.ROOT.glob("workflow/rules/**/*.smk")))


BLOCKS = {
    block.partition(":")[0]: block.split("\nuse rule ")[0]
    for block in re.split(r"^(?:rule|checkpoint) ", RULES, flags=re.MULTILINE)[1:]
}


def test_every_rule_that_is_submitted_has_its_resources():
    submitted = {rule for rule, block in BLOCKS.items() if "localrule: True" not in block}
    made = re.findall(r"^use rule (\w+) as (\w+) with:", RULES, re.MULTILINE)
    submitted |= {name for source, name in made if source in submitted}
    assert set(PROFILE["set-resources"]) == submitted
    for wants in PROFILE["set-resources"].values():
        assert all("* attempt" in wants[key] for key in ("mem_mb", "runtime"))


def test_a_rule_made_from_a_local_one_is_local():
    made = re.findall(
        r"^use rule (\w+) as (\w+) with:\n((?:    .*\n|\n(?=    ))*)", RULES, re.MULTILINE
    )
    assert made
    for source, name, text in made:
        assert ("localrule: True" in text) is ("localrule: True" in BLOCKS[source]), name


def test_measured_limits_of_the_plugin_are_respected():
    assert PROFILE["slurm-status-command"] == "squeue"
    assert PROFILE["slurm-status-attempts"] >= 60
    assert PROFILE["max-status-checks-per-second"] <= 0.5
    assert not any("array" in key for key in PROFILE)


def test_three_lines_are_to_be_edited():
    text = (studies.ROOT / "profiles/slurm/profile.yaml").read_text()
    edited = re.findall(r"(\S+): \S+ # EDIT", text)
    assert edited == ["slurm_account", "slurm_partition", "slurm_partition"]


def test_what_is_submitted_needs_no_network():
    online = {
        script.stem
        for script in studies.ROOT.glob("workflow/scripts/*/*.py")
        if "online=True" in script.read_text()
    }
    assert {"fetch_base", "download_shard"} <= online
    for rule in online:
        assert "localrule: True" in BLOCKS[rule], rule


def test_a_fault_of_the_user_is_said_once():
    """The rules that read what the user gave: their scripts ask a network again."""
    given = ("fetch_base", "prepare_task", "list_candidates", "fetch_published")
    for rule in (*given, "inspect_candidates", "download_shard"):
        assert "retries: 0" in BLOCKS[rule], rule
    assert RULES.count("retries: ") == 6
