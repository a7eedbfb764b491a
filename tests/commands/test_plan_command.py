"""`recycling plan`: Snakemake's own jobs, seconds that were measured, and what is unknown."""

import json
import re
import shutil

import pandas as pd
import pytest
import studies
import yaml
from command_cases import recycling

from recycling.commands import dry_run, plan, program, room, seconds_by_rule
from recycling.commands.dry_run import DryRun, Job
from recycling.commands.seconds_by_rule import Measured
from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.plan.study import file

PRINTED = """\
Job stats:
job              count
-------------  -------
train_fresh          1
vet_pool             1
total                2

[Sun Nov 29 11:35:35 2026]
rule train_fresh:
    input: results/toy/base/model
    benchmark: results/toy/benchmarks/train_fresh/fresh/months/0.tsv
    threads: 2
    resources: tmpdir=/tmp, mem_mb=3000, gpu=1
[Sun Nov 29 11:35:35 2026]
localcheckpoint vet_pool:
    input: results/toy/pool/inspected.jsonl
    resources: tmpdir=/tmp
DAG of jobs will be updated after completion.
The run involves checkpoint jobs, which will result in alteration of the DAG of jobs.
"""


def study(**changes):
    """The toy study with other keys."""
    return {**yaml.safe_load((studies.ROOT / "tests/toy/config.yaml").read_text()), **changes}


@pytest.fixture
def folder(tmp_path):
    """A working directory with the toy study."""
    (tmp_path / "base").mkdir()
    shutil.copy(studies.ROOT / "tests/toy/months.jsonl", tmp_path)
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump(study()))
    return tmp_path


def benchmark(folder, *seconds):
    """Jobs of the rule that fetches the base, in earlier runs."""
    for number, spent in enumerate(seconds):
        path = folder / f"results/toy/benchmarks/fetch_base/{number}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\tmax_rss\n{spent}\t100\n")


def test_jobs_are_those_of_snakemake_and_seconds_those_of_earlier_jobs(folder):
    benchmark(folder, 2, 4)
    done = recycling("plan", "toy.yaml", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    shown = studies.snakemake(
        folder, "-n", "--snakefile", studies.ROOT / "Snakefile", "--configfile", "toy.yaml"
    ).stdout.partition("Job stats:")[2]
    # Oracle: Snakemake's own table.
    counted = re.findall(r"^(\w+) +(\d+)$", shown.partition("\n\n")[0], re.MULTILINE)
    lines = done.stdout.splitlines()
    by_rule = dict(line.split()[:2] for line in lines[1:] if not line.startswith(" "))
    for rule, count in counted:
        if rule != "total":
            assert by_rule[rule] == count
    assert f"jobs        {dict(counted)['total']} (Snakemake's dry run)" in lines
    [fetch] = [line for line in lines if line.startswith("fetch_base")]
    assert fetch.split(maxsplit=4) == ["fetch_base", "1", "3.0", "3", EARLIER]
    # No reference ran on the toy's base.
    [merges] = [line for line in lines if line.startswith("merge_adapters ")]
    assert merges.split()[2:] == ["unknown"]
    assert not any(line.startswith("reference") for line in lines)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        {"base", "months.jsonl", "toy.yaml", "results"} | {".snakemake"}
    )


EARLIER = "earlier jobs of this study, mean of 2"


def test_a_printed_plan_is_read():
    found = dry_run.read(PRINTED, "toy")
    assert found == DryRun(
        [Job("train_fresh", "train_fresh", 2, 1), Job("vet_pool", "", 1, 0)], True
    )
    done = "Building DAG of jobs...\nNothing to be done (all requested files are present).\n"
    assert dry_run.read(done, "toy") == DryRun([], False)
    assert list(plan._jobs(DryRun([], False), {})) == [
        "nothing is to be done: all results are there"
    ]


def test_a_plan_that_does_not_add_up_is_refused():
    with pytest.raises(InputError, match="found 2, expected 3, which it says they are"):
        dry_run.read(PRINTED.replace("total                2", "total                3"), "toy")
    with pytest.raises(InputError, match="found 0, expected None"):
        dry_run.read("something else\n", "toy")


def test_hours_are_of_the_jobs_whose_seconds_are_known():
    jobs = [Job("predict", "predict", 2, 1)] * 3 + [Job("screen_pool", "screen_pool", 1, 1)]
    found = {
        "predict": Measured(1800.0, 5, "there"),
        "score_pool": Measured(10.0, 4, "there"),
    }
    lines = list(plan._time(DryRun(jobs, True), found, 4))
    of = "3 of 4 timed jobs; the others are unknown, those that come later not counted"
    assert lines == [
        f"core hours  3.00, seconds by threads ({of})",
        "            on 4 cores 45.0 minutes or more",
        "GPU hours   1.50 (3 of 4 jobs that ask for a GPU)",
    ]
    assert "            score_pool: 4, 40 s in there" in plan._jobs(DryRun(jobs, True), found)
    [hours, gpu] = plan._time(DryRun(jobs[3:], False), found, 4)
    assert (
        hours
        == "core hours  unknown, seconds by threads (0 of 1 timed jobs; the others are unknown)"
    )
    assert gpu == "GPU hours   unknown (1 jobs ask for a GPU)"
    assert list(plan._time(DryRun([Job("all", "", 1, 0)], False), found, 4)) == []


def test_the_nearest_reference_on_the_same_base_counts(tmp_path, monkeypatch):
    keys = {"kind": "merging", "base": {"name": "a"}, "seed": 1, "replicates": 2}
    rules = {"predict": {"jobs": 4, "seconds": 6.0, "max_rss_mb": 1.0}, "none": {"jobs": 0}}
    for name, changes in {
        "near": {"seed": 2},
        "far": {"seed": 2, "replicates": 5},
        "elsewhere": {"base": {"name": "b"}},
    }.items():
        record = {"config": keys | changes, "rules": rules, "processor": f"cpu of {name}"}
        tables.write_json(record, tmp_path / name / "provenance.json")
    tables.write_json({"config": {}, "rules": None}, tmp_path / "bench" / "provenance.json")
    monkeypatch.setattr(seconds_by_rule, "REFERENCES", tmp_path)
    found, about = seconds_by_rule.reference(keys)
    assert found == {"predict": Measured(1.5, 4, "results/reference/near")}
    assert about == "results/reference/near ran on cpu of near; other keys there: seed"
    assert seconds_by_rule.reference(keys | {"base": {"name": "c"}}) == ({}, "")
    assert seconds_by_rule.reference(keys | {"seed": 2})[1].endswith("near with the same keys")


def test_the_disk_is_bounded_by_ranks_and_widths(folder, monkeypatch):
    monkeypatch.chdir(folder)
    opened = file.opened(study(), ["toy.yaml"], look=True)
    results = folder / "results/toy"
    (folder / "base/model.safetensors").write_bytes(b"0" * 3_000_000)
    assert list(room.disk(opened, results)) == [
        f"0 MB in {results} now (measured)",
        "3 MB for the copy of the base (size of its files)",
        "adapters: unknown before the base is fetched, which tells the widths of its modules",
    ]
    widths = [{"module": "q", "out": 300_000, "in": 200_000}]
    tables.write_table(widths, results / "base/modules.tsv", "modules")
    (results / "base/model").mkdir()
    (results / "base/model/weights").write_bytes(b"0" * 5_000_000)
    (results / "link").hardlink_to(results / "base/model/weights")
    [there, fresh, merges] = room.disk(opened, results)
    assert there.startswith("5 MB in ")
    assert merges == "merges: unknown before the pool is vetted, which tells its ranks"
    units = len(opened.all_targets) * opened.replicates
    ranks = sum(recipe.rank for recipe in opened.fresh_recipes.values())
    assert fresh == f"at most {units * ranks * 2:,} MB for fresh LoRAs (ranks and widths)"
    accepted = pd.DataFrame({"rank": [8, 2, 4]}).reindex(columns=[*tables.columns("accepted")])
    tables.write_table(accepted, results / "pool/accepted.tsv", "accepted")
    assert list(room.disk(opened, results))[-1].startswith("at most ")
    arms = {"cut": arm("ties", k=1), "sum": arm("average", k=2), "wide": arm("average", k=3)}
    keys = study(arms=arms, export=["sum"])
    keys["community"]["another"] = keys["community"]["plurals"]
    del keys["experiments"]
    exported, passing = list(room.disk(file.complete(keys), results))[2:]
    assert exported.startswith(f"at most {(8 + 4) * 2 * 2} MB for merges (")
    assert passing == f"at most {8 * 2 * 2} MB for merges that go once they are answered with"


def arm(method, k):
    return {"pool": "real", "select": "random", "k": k, "merge": {"method": method}}


def test_the_rank_of_a_merge_is_at_most_the_sum_of_the_largest():
    arms = {
        "fresh": {"fresh": True},
        "two": {"pool": "real", "select": "random", "k": 2, "merge": {"method": "average"}},
        "all": {"pool": "real", "select": "random", "k": "all", "merge": {"method": "average"}},
        "cut": {
            "pool": "real",
            "select": "random",
            "k": 2,
            "fresh": True,
            "merge": {"method": "average", "export_rank": 3},
        },
    }
    keys = study(arms=arms)
    del keys["experiments"]
    opened = file.complete(keys)
    own = opened.fresh.rank
    found = {arm: room.largest_rank(opened, arm, [2, 8, 4]) for arm in arms}
    assert found == {"fresh": own, "two": 12, "all": 14, "cut": 3}


def test_requests_are_counted_where_the_pool_is_the_hubs(tmp_path):
    assert list(room.requests(file.complete(study()), tmp_path)) == []
    keys = study()
    keys["pool"]["hub"] = {"kind": "huggingface"}
    del keys["community"]
    keys.pop("experiments", None)
    lines = list(room.requests(file.complete(keys), tmp_path))
    assert lines[1] == "then 3 to 5 for each adapter that is listed, how many is unknown"
    ids = tmp_path / "ids.txt"
    ids.write_text("a/b\nc/d\n")
    keys["pool"]["hub"]["ids"] = str(ids)
    opened = file.complete(keys)
    names = 1 + len(opened.base.aliases)
    [line] = room.requests(opened, tmp_path)
    assert line == f"6 to {16 + names} requests for 2 repositories, as {ids} names"
    listed = pd.DataFrame({"repo": ["a/b"]}).reindex(columns=[*tables.columns("candidates")])
    tables.write_table(listed, tmp_path / "pool/candidates.tsv", "candidates")
    [line] = room.requests(opened, tmp_path)
    assert line == f"3 to {8 + names} requests for 1 repositories, as listed before"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "expected a file with the keys of a study; correct the path or the file"),
        ("a: [", "expected a file with the keys of a study; correct the path or the file"),
        ("- a", "found ['a'], expected keys of a study, such as study: my-study"),
        (json.dumps({"study": "x", "sed": 1}), "sed"),
    ],
)
def test_what_is_no_study_is_one_line(tmp_path, capsys, text, expected):
    path = tmp_path / "study.yaml"
    if text is not None:
        path.write_text(text)
    assert program.main(["plan", str(path)]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("ERROR ")
    assert expected in line


def test_what_snakemake_refuses_is_said(folder, monkeypatch):
    monkeypatch.chdir(folder)
    shutil.rmtree(folder / "base")
    with pytest.raises(
        InputError, match=r"snakemake -n: found .*expected a plan; run snakemake -n"
    ):
        dry_run.planned(folder / "toy.yaml", "toy")
