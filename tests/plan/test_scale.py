"""The large studies plan in half a minute, in little memory and with few enough jobs."""

import os
import re
import resource
import time

import pytest
import studies
import yaml

from recycling.ground import tables
from recycling.plan.study import file as study_file

# Study -> adapters of its pool, as many as the paper found.
POOLS = {"llama31_8b": 960, "qwen3_4b": 1956}
OLDEST_FIRST = (
    "../../hub",
    "base/model",
    "base/modules.tsv",
    "base/template.json",
    "base/checksums.json",
    "base/checksums.json",
    "base/runtime.json",
    "base/about.json",
    "pool/candidates.tsv",
    "pool/inspected.jsonl",
    "pool/vetted.tsv",
)


def shipped(name):
    return yaml.safe_load((studies.ROOT / f"workflow/studies/{name}.yaml").read_text())


@pytest.mark.parametrize("name", POOLS)
def test_a_large_study_has_the_paper_s_settings(name):
    full = study_file.complete(
        shipped(name) | {"tasks_from": str(studies.ROOT / "workflow/studies/tasks62.yaml")}
    )
    assert len(full.targets) == 61
    recipe = full.fresh
    assert [getattr(recipe, key) for key in ("rank", "alpha", "steps", "learning_rate")] == [
        64,
        16,
        400,
        3e-4,
    ]
    assert full.split.train + full.split.valid == 100
    arm = full.arms["adaptive"]
    assert (arm.k, arm.merge.options["learning_rate"]) == (30, 0.05)
    assert {"evaluation", "random"} <= {arm.select for arm in full.arms.values()}


def inspected(folder, name, adapters):
    """A project in which the pool of the study is inspected and vetted."""
    studies.copy(folder)
    study = shipped(name)
    study["tasks_from"] = "workflow/studies/tasks62.yaml"
    study["pool"]["hub"] = {"kind": "folder", "path": "hub"}
    (folder / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    (folder / "hub").mkdir()
    results = folder / "results" / name
    (results / "base/model").mkdir(parents=True)
    (results / "pool").mkdir()
    for file in OLDEST_FIRST[2:-1]:
        (results / file).write_text("")
    blank = dict.fromkeys(tables.columns("vetted"))
    rows = [
        blank
        | {
            "repo": f"owner{i % 295}/{i}",
            "commit": "0" * 40,
            "status": "accepted",
            "adapter": f"owner{i % 295}--{i}",
            "shard": i // study["pool"]["shard_size"],
        }
        for i in range(adapters)
    ]
    tables.write_table(rows, results / "pool/vetted.tsv", "vetted")
    for age, file in enumerate(OLDEST_FIRST):
        moment = time.time() - 1000 + age
        os.utime(results / file, (moment, moment))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("name", "adapters"), POOLS.items())
def test_a_large_study_plans_in_half_a_minute(tmp_path, name, adapters):
    folder = inspected(tmp_path / "project", name, adapters)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = studies.snakemake(
        folder, "-n", "--rerun-triggers", "mtime", "--configfile", "study.yaml"
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Of the processor, so that a busy machine does not fail the test.
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    megabytes = after.ru_maxrss / 1024
    assert done.returncode == 0, done.stdout[-3000:]
    jobs = int(re.findall(r"^total +(\d+)$", done.stdout, re.MULTILINE)[-1])
    print(f"{name}: {jobs} jobs planned in {seconds:.0f} s and {megabytes:.0f} MB")
    # A job for each shard of each replicate, whatever the number of tasks.
    study = shipped(name)
    shards = -(-adapters // study["pool"]["shard_size"])
    scoring = rf"^score_pool +{shards * study['replicates']}$"
    assert re.search(scoring, done.stdout, re.MULTILINE)
    assert jobs < 10_000
    assert megabytes < 500
    assert seconds < 30
