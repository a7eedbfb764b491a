"""The workflow on the toy study: end to end, again, killed and resumed, edited, misconfigured."""

import csv
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest
import studies
import yaml

from recycling.ground import tables

pytestmark = pytest.mark.workflow
RESULTS = Path("results/toy")
TOY = yaml.safe_load((studies.ROOT / "tests/toy/config.yaml").read_text())


def again(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished study, times of files kept."""
    folder = tmp_path / "project"
    shutil.copytree(finished, folder)
    return folder


def test_every_cell_is_scored_and_every_candidate_is_accounted_for(finished):
    results = finished / RESULTS
    scores = pd.read_csv(results / "tables/scores.tsv", sep="\t")
    assert len(scores) == 2 * len(TOY["arms"])
    assert (scores["n"] == 48).all()
    accepted = pd.read_csv(results / "pool/accepted.tsv", sep="\t")
    rejected = pd.read_csv(results / "pool/rejected.tsv", sep="\t")
    listed = pd.read_csv(results / "pool/candidates.tsv", sep="\t")
    assert len(accepted) >= 2
    assert rejected["reason"].notna().all()
    assert rejected["reason"].nunique() >= 8
    assert sorted([*accepted["repo"], *rejected["repo"]]) == sorted(listed["repo"])


def test_results_end_in_words_and_figures_and_a_record(finished):
    results = finished / RESULTS
    record = tables.read_json(results / "provenance.json")
    assert record["bases"] == [tables.read_json(results / "base/about.json")]
    assert "fresh" in (results / "verdict.md").read_text()
    assert {file.stem for file in (results / "figures").glob("*.svg")} >= {"accuracy", "attrition"}
    account = (results / "experiments.md").read_text()
    assert account.count("**Claim.**") == account.count("**Here.**") == 2
    assert "of 1 tests" in account
    assert (results / "figures/real_against_twins.svg").is_file()


def test_only_predictions_and_the_oracle_s_own_scores_read_test_rows(finished):
    done = studies.toy(finished, "--detailed-summary")
    assert done.returncode == 0, done.stdout[-3000:]
    listed = done.stdout[done.stdout.index("output_file\t") :].splitlines()
    rows = list(csv.DictReader(listed, delimiter="\t"))

    def readers(part: str) -> set[str]:
        """What is made from files whose path holds `part`, tables left out."""
        made = {row["output_file"] for row in rows if part in (row["input-file(s)"] or "")}
        return {path for path in made if "/tables/" not in path}

    of_test_rows = readers("test.jsonl")
    timed = {path for path in of_test_rows if path.startswith(f"{RESULTS}/seconds/")}
    assert {path.split("/")[3] for path in timed} == {"score_on_test"}
    assert {path.split("/")[2] for path in of_test_rows - timed} == {"predictions", "oracle_scores"}
    ranked = {f"results/toy/rankings/oracle/all/months/{number}.tsv" for number in (0, 1)}
    assert readers("oracle_scores/") == ranked
    of_oracle = readers("rankings/oracle/")
    assert f"{RESULTS}/merged/oracle/months/0/adapter_model.safetensors" in of_oracle
    assert [path for path in of_oracle if "/oracle/" not in path] == []
    contrasts = pd.read_csv(finished / RESULTS / "tables/contrasts.tsv", sep="\t")
    assert not {"oracle"} & {*contrasts["arm"], *contrasts["reference"]}
    assert "`oracle` chose adapters by" in (finished / RESULTS / "verdict.md").read_text()


def test_second_run_has_nothing_to_do_and_says_so_quickly(finished):
    started = time.monotonic()
    done = studies.toy(finished)
    assert "Nothing to be done" in done.stdout
    assert time.monotonic() - started < 15


def test_report_is_a_zip_with_captions(finished):
    done = studies.toy(finished, "--report", "report.zip")
    assert done.returncode == 0, done.stdout[-3000:]
    assert (finished / "report.zip").stat().st_size > 100_000


def test_killed_run_goes_on_and_ends_with_the_same_bytes(finished, tmp_path):
    folder = studies.lean(tmp_path / "project")
    log = folder / "killed.log"
    with log.open("w") as output:
        run = subprocess.Popen(
            studies.command("--configfile", "toy.yaml", "--", studies.VERDICT),
            cwd=folder,
            env=studies.ENVIRONMENT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # The files of a job are there before Snakemake has noted its end; a kill between the two
    # repeats the job.
    while not re.search(r"Finished jobid: \d+ \(Rule: train_fresh\)", log.read_text()):
        assert run.poll() is None, "the run ended before its first fresh LoRA"
        time.sleep(0.1)
    first = folder / RESULTS / "fresh/fresh/months/0/adapter_model.safetensors"
    second = studies.toy(folder)
    assert second.returncode == 1
    assert "Directory cannot be locked" in second.stdout
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    finished_before = first.stat().st_mtime_ns
    studies.judged(folder)
    assert first.stat().st_mtime_ns == finished_before
    resumed, whole = studies.results(folder), studies.results(finished)
    shared = {path for path in resumed if "/pool/" in path or path.endswith(".safetensors")}
    assert len(shared) > len(studies.LEAN)
    assert {path: resumed[path] for path in shared} == {path: whole[path] for path in shared}
    # The whole study answers and scores with more arms; those of both are the same.
    for file in ("predictions/months/0.parquet", "tables/scores.tsv"):
        few, many = (table(folder / RESULTS / file) for folder in (folder, finished))
        of_both = many["arm"].isin(studies.LEAN) & (many.get("replicate", 0) == 0)
        pd.testing.assert_frame_equal(few, many[of_both].reset_index(drop=True))


def table(file: Path) -> pd.DataFrame:
    return pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file, sep="\t")


def planned(output: str) -> set[str]:
    """Rules in the job table of a dry run."""
    return set(re.findall(r"^(\w+) +\d+$", output, re.MULTILINE)) - {"total", "all"}


def test_edit_of_a_method_reruns_its_arms_and_what_follows(finished, tmp_path):
    folder = again(finished, tmp_path)
    ties = folder / "src/recycling/merging/ties.py"
    ties.write_text(ties.read_text().replace("density: float = 0.2", "density: float = 0.3"))
    done = studies.toy(folder, "-n")
    assert {"merge_adapters", "predict", "score_predictions"} <= planned(done.stdout)
    assert "train_fresh" not in planned(done.stdout)
    done = studies.toy(folder, "--", f"{RESULTS}/merged/ties/months/0/merge.json")
    assert done.returncode == 0, done.stdout[-3000:]
    merges = studies.made(folder, "merge_adapters", "months/0/0")
    assert [arm for arm, end in merges.items() if end == "made"] == ["ties"]
    # Two arms are the bare base, and the oracle is merged apart.
    assert len(merges) == len(TOY["arms"]) - 3


def test_touch_and_comment_rerun_nothing(finished, tmp_path):
    folder = again(finished, tmp_path)
    static = folder / "src/recycling/merging/static.py"
    static.write_text(static.read_text() + "\n# A comment changes no result.\n")
    assert "Nothing to be done" in studies.toy(folder, "-n").stdout


def test_study_file_replaces_the_default_study(tmp_path):
    folder = studies.copy(tmp_path / "project")
    plan = studies.toy(folder, "-n").stdout
    assert "results/toy/" in plan
    assert "smollm2" not in plan
    assert "twins_with_target" not in plan


def test_config_on_the_command_line_overrides_the_study(tmp_path):
    folder = studies.copy(tmp_path / "project")
    plan = studies.toy(folder, "-n", "--config", "replicates=1").stdout
    assert "replicate=0" in plan
    assert "replicate=1" not in plan


def test_default_study_plans_in_an_empty_directory(tmp_path):
    folder = studies.copy(tmp_path / "project")
    done = studies.snakemake(folder, "-n")
    assert done.returncode == 0, done.stdout[-3000:]
    assert {"fetch_base", "train_community", "vet_pool"} <= planned(done.stdout)


CONFIG_FAULTS = {
    "kind": (
        "study: toy",
        "study: toy\nkind: mergin",
        "config: kind: found 'mergin', expected a kind of study, one of [",
    ),
    "method": (
        "method: ties",
        "method: tise",
        "config: arms.ties.merge.method: found 'tise', expected one",
    ),
    "number": (
        "replicates: 2",
        "replicates: .nan",
        "config: replicates: found nan, expected a finite",
    ),
    "key": ("seed: 7", "7: 7", "config: (top level): found 7, expected text as a key; put"),
    "twice": ("replicates: 2", "seed: 8", "seed: found 'it in lines "),
    "file": (
        "months.jsonl",
        "may.jsonl",
        "config: tasks.months.path: found 'may.jsonl', expected a file",
    ),
    "braces": (
        "path: months.jsonl",
        "path: '{m}'",
        "config: tasks.months.path: found '{m}', expected a file wh",
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), CONFIG_FAULTS.values(), ids=CONFIG_FAULTS)
def test_a_fault_in_the_config_is_one_line(tmp_path, old, new, message):
    folder = studies.copy(tmp_path / "project")
    study = folder / "toy.yaml"
    study.write_text(study.read_text().replace(old, new))
    done = studies.toy(folder, "-n")
    assert done.returncode == 1
    assert f"toy.yaml: {message}" in done.stdout
    assert done.stdout.count("toy.yaml: ") == 1
    assert "Traceback" not in done.stdout


# Snakemake reads a study file before the Snakefile; these words and exit code are its own.
KEYS_WANTED = "Config file must be given as JSON or YAML with keys at top level."
UNREADABLE = {
    "missing": (None, "FileNotFoundError: [Errno 2] No such file or directory: 'mine.yaml'"),
    "empty": (b"", KEYS_WANTED),
    "list": (b"- a\n", KEYS_WANTED),
    "broken": (b"a: [1\n", "Config file is not valid JSON or YAML."),
    "encoding": ("study: \xe4\n".encode("latin-1"), "UnicodeDecodeError: 'utf-8' codec can't"),
}


@pytest.mark.parametrize(("content", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_study_file_that_cannot_be_read_ends_the_run_at_once(tmp_path, content, message):
    folder = studies.copy(tmp_path / "project")
    if content is not None:
        (folder / "mine.yaml").write_bytes(content)
    done = studies.snakemake(folder, "--configfile", "mine.yaml")
    assert done.returncode == 1
    assert message in done.stdout
    assert not (folder / "results").exists()


TASK_FAULTS = {
    "missing key": (b'{"input": "a"}\n', "line 1: found ['input'], expected the key 'output'"),
    "empty answer": (b'{"input": "a", "output": ""}\n', "line 1, output: found '', expected more"),
    "encoding": ('{"input": "ä", "output": "b"}\n'.encode("utf-16"), "expected UTF-8 text; save"),
}


@pytest.mark.parametrize(("content", "message"), TASK_FAULTS.values(), ids=TASK_FAULTS)
def test_a_fault_in_a_task_file_is_one_line_and_leaves_nothing(tmp_path, content, message):
    folder = studies.copy(tmp_path / "project")
    (folder / "months.jsonl").write_bytes(content)
    target = "results/toy/tasks/months/0/task.json"
    done = studies.snakemake(folder, target, "--configfile", "toy.yaml")
    assert done.returncode == 1
    [line] = [line for line in done.stdout.splitlines() if line.startswith("ERROR months.jsonl: ")]
    assert message in line
    assert "Traceback" not in done.stdout
    assert [file.name for file in (folder / RESULTS).rglob("*") if file.is_file()] == ["0.log"]


def test_a_line_beyond_all_measure_is_said_when_the_rows_are_counted(tmp_path):
    """Before anything runs: whether a study has folds depends on how many rows there are."""
    folder = studies.copy(tmp_path / "project")
    (folder / "months.jsonl").write_bytes(b"x" * 10_000_000)
    done = studies.snakemake(folder, "--configfile", "toy.yaml")
    assert done.returncode == 1
    assert done.stdout.count("months.jsonl: line 1: found b'xxxx") == 1
    assert "put one example on each line" in done.stdout
    assert "Traceback" not in done.stdout
    assert not (folder / "results").exists()


def test_a_fault_of_the_user_is_said_once_however_often_jobs_are_tried(tmp_path):
    folder = studies.copy(tmp_path / "project")
    target = "results/toy/base/modules.tsv"
    done = studies.snakemake(folder, target, "--configfile", "toy.yaml", "--retries", "2")
    assert done.returncode == 1
    assert (
        done.stdout.count("ERROR base: path: found 'base', expected a folder with a readable") == 1
    )
    assert "Traceback" not in done.stdout
