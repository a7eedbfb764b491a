"""What a profile asks for a rule holds for all rules of its kind."""

import studies
import yaml
from snakemake.settings.types import ResourceSettings

from recycling.ground import rule_settings


def test_rules_get_what_the_first_of_them_is_given_unless_they_have_their_own():
    settings = ResourceSettings(
        overwrite_resources={"merge": {"gpu": 1}, "merge_3": {"gpu": 2}},
        overwrite_threads={"merge": 4},
    )
    rule_settings.share(settings, "merge", ["merge", "merge_2", "merge_3"])
    asked = settings._parsed_overwrite_resources
    assert {rule: asked[rule]["gpu"].value for rule in asked} == {
        "merge": 1,
        "merge_2": 1,
        "merge_3": 2,
    }
    threads = settings._parsed_overwrite_threads
    assert {rule: threads[rule].value for rule in threads} == {
        "merge": 4,
        "merge_2": 4,
        "merge_3": 4,
    }


def test_nothing_is_shared_where_nothing_is_asked():
    settings = ResourceSettings(overwrite_resources={"other": {"gpu": 1}})
    rule_settings.share(settings, "merge", ["merge", "merge_2"])
    assert [*settings._parsed_overwrite_resources] == ["other"]


def test_snakemake_gives_every_rule_of_merges_the_resources_of_the_profile(tmp_path):
    folder = studies.copy(tmp_path / "project")
    file = folder / "toy.yaml"
    study = yaml.safe_load(file.read_text())
    study |= {"replicates": 1, "runtime": {"device": "cpu", "arms_per_process": 9}}
    file.write_text(yaml.safe_dump(study, sort_keys=False))
    done = studies.toy(folder, "-n", "--set-resources", "merge_adapters:mem_mb=4321")
    assert done.returncode == 0, done.stdout[-3000:]
    jobs = done.stdout.split("\n[")
    for rule in ("merge_adapters", "merge_adapters_2", "merge_adapters_3"):
        [job] = [job for job in jobs if f"\nrule {rule}:\n" in job]
        assert "mem_mb=4321" in job
