"""What the README and the pages show works, and the numbers they give are those of a reference."""

import re
import shutil
import subprocess
import sys
import textwrap

import pandas as pd
import pytest
import studies
import yaml
from safetensors import safe_open

from recycling.pool.inspection import WEIGHTS

README = (studies.ROOT / "README.md").read_text()
CONTRIBUTING = (studies.ROOT / "CONTRIBUTING.md").read_text()
OWN_STUDY = (studies.ROOT / "docs/own_study.md").read_text()
FINDINGS = (studies.ROOT / "docs/findings.md").read_text()
THOUSAND = (studies.ROOT / "docs/thousand.md").read_text()
PAPERS = (studies.ROOT / "docs/papers.md").read_text()
REFERENCES = studies.ROOT / "results/reference"
TRIAGE = studies.ROOT / "workflow/studies/triage.yaml"
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    *sorted(f"docs/{page.name}" for page in studies.ROOT.glob("docs/*.md")),
]


def block(page: str, language: str, mark: str) -> str:
    """The fenced block of a language on a page that contains `mark`."""
    blocks = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    (found,) = [text for text in blocks if mark in text]
    return found


@pytest.mark.workflow
def test_method_of_contributing_works_as_shown(tmp_path):
    folder = studies.copy(tmp_path / "project")
    merging = folder / "src/recycling/merging"
    static = merging / "static.py"
    static.write_text(static.read_text() + "\n\n" + block(CONTRIBUTING, "python", "def balanced"))
    table = merging / "__init__.py"
    line = block(CONTRIBUTING, "python", '"balanced":')
    table.write_text(table.read_text().replace("METHODS = {\n", f"METHODS = {{\n{line}"))
    study = yaml.safe_load((folder / "toy.yaml").read_text())
    study["arms"] |= yaml.safe_load(block(CONTRIBUTING, "yaml", "balanced:"))
    (folder / "toy.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    target = "results/toy/merged/balanced/months/0/merge.json"
    plan = studies.toy(folder, "-n", target)
    assert plan.returncode == 0, plan.stdout[-3000:]
    assert target in plan.stdout
    code = """
        import sys
        sys.path.insert(0, "src")
        import torch
        from recycling.ground import registry
        from recycling.adapters.canonical import Adapter, Factors
        from recycling.merging import METHODS
        from recycling.merging.problem import Problem
        loud = Adapter("loud", {"m": Factors(torch.ones(1, 2), 4 * torch.ones(3, 1))})
        quiet = Adapter("quiet", {"m": Factors(torch.ones(1, 2), torch.ones(3, 1))})
        problem = Problem([loud, quiet], False, "", [], [], 0)
        merged = registry.load(METHODS["balanced"].entry)(problem, power=0.5)
        torch.testing.assert_close(merged.modules["m"].delta(), torch.full((3, 2), 2.0))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "mark", ["triage", "inference", "Llama-3.1", "kind: folder", "gain_against_k"]
)
def test_examples_of_a_study_of_your_own_are_valid_settings(mark):
    from recycling.plan.study import file as study_file

    study = yaml.safe_load((studies.ROOT / "config.yaml").read_text())
    shown = yaml.safe_load(block(OWN_STUDY, "yaml", mark))
    study["tasks"] |= shown.pop("tasks", {})
    if "arms" in shown:
        # Other arms than those that the default study decides by.
        del study["statistics"]["primary"]
    assert study_file.complete(study | shown)


@pytest.mark.parametrize("page", PAGES)
def test_paths_of_the_documents_exist(page):
    """Those from the root, those that start in the library, and links that count from the page."""
    file = studies.ROOT / page
    text = file.read_text()
    paths = re.findall(r"\b(?:workflow|envs|tests|src|tools|profiles)/[\w./-]*\w", text)
    assert page != "README.md" or len(paths) > 10
    for path in paths:
        assert (studies.ROOT / path).exists(), path
    for path in re.findall(r"`(\w+/\w+\.py)`", text):
        places = [studies.ROOT / path, studies.ROOT / "src/recycling" / path]
        assert any(place.exists() for place in places), path
    for path in re.findall(r"\]\((?!http)([^)#]+)", text):
        assert (file.parent / path).exists(), path


def test_results_of_the_readme_are_those_of_the_reference_run():
    assert (REFERENCES / "smollm2/tables/results.md").read_text().strip() in FINDINGS
    default, thousand = README.partition("## Try it")[0].split("**With a thousand adapters**")
    for part, name, count in ((default, "smollm2", 5), (thousand, "smollm2_thousand", 4)):
        intervals = shown(part)
        assert len(intervals) == count
        assert set(intervals) <= set(shown((REFERENCES / name / "verdict.md").read_text()))


def test_study_of_the_readme_is_the_one_that_is_shipped():
    assert block(README, "yaml", "study: triage") == TRIAGE.read_text()
    assert len(README.splitlines()) <= 150


@pytest.mark.workflow
def test_study_of_the_readme_runs_as_it_stands(finished, tmp_path):
    """But for its base, its pool and one replicate of two folds, to be fast.

    The pool is a plain folder: adapters as PEFT saved them, without owners and cards.
    """
    folder = studies.runnable(tmp_path / "project")
    community = finished / "results/toy/community/adapters"
    shutil.copytree(community, folder / "adapters")
    study = yaml.safe_load(TRIAGE.read_text())
    study["base"] = yaml.safe_load((folder / "toy.yaml").read_text())["base"]
    study["base"]["source"]["path"] = "../../base"
    study |= {"replicates": 1, "split": {"folds": 2}}
    study["pool"]["hub"]["path"] = "../../adapters"
    for arm in study["arms"].values():
        if "k" in arm:
            arm["k"] = 2  # the toy pool holds no more
    (folder / "workflow/studies/triage.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    done = studies.snakemake(folder, "--configfile", "workflow/studies/triage.yaml")
    assert done.returncode == 0, done.stdout[-5000:]
    used = "has 100 rows, each tested once a replicate. In each of 2 folds 50 are tested, and of"
    assert done.stdout.count(f"task triage {used}") == 1
    verdict = (folder / "results/triage/verdict.md").read_text()
    assert "on one task (triage): n = 100 answers per arm from 2 trained runs, to 100" in verdict
    assert f"`triage` {used}" in verdict
    assert "2 folds of the task, with 1 degree of freedom" in verdict
    accepted = pd.read_csv(folder / "results/triage/pool/accepted.tsv", sep="\t")
    assert accepted["adapter"].tolist() == ["plurals", "plurals-attention"]
    merged = folder / "results/triage/merged/adaptive/triage/0.0"
    assert "plurals-attention at revision" in (merged / "NOTICE").read_text()
    with safe_open(merged / WEIGHTS, "pt") as file:
        assert file.keys()


def test_rows_of_the_replay_are_those_of_the_reference_run():
    table = (REFERENCES / "replay/tables/results.md").read_text().splitlines()
    section = PAPERS.split("## The paper's own tables, replayed")[1]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    rows = [row for row in rows if not row.startswith(("| | ", "| --- "))]
    assert len(rows) == 6
    assert set(rows) <= set(table)


@pytest.mark.parametrize(
    ("page", "heading", "names", "least"),
    [
        (FINDINGS, "## Does it hold on a second base?", ["gemma3_270m", "smollm2"], 11),
        (FINDINGS, "## Every method, every control", ["smollm2_methods"], 26),
        (FINDINGS, "## The rivals of a merge", ["smollm2_rivals"], 31),
        (FINDINGS, "## Where does recycling stop paying?", ["smollm2_rows"], 28),
        (FINDINGS, "## Does a relative in the pool help?", ["smollm2_relevance"], 15),
        (THOUSAND, "## What was found", ["smollm2_thousand"], 20),
    ],
)
def test_every_interval_of_an_account_is_of_its_reference(page, heading, names, least):
    account = page.partition(heading)[2].partition("\n## ")[0]
    known = []
    for name in names:
        reference = REFERENCES / name
        for file in ("experiments.md", "verdict.md", "tables/results.md"):
            if (reference / file).is_file():
                known.append((reference / file).read_text())
        for table, value, form in (
            ("reliability", "value", "{:.2f} [{:.2f}, {:.2f}]"),
            ("transfer_correlations", "value", "{:+.2f} [{:+.2f}, {:+.2f}]"),
            ("labelled_rows", "value", "{:.2f} [{:.2f}, {:.2f}]"),
            ("contrasts", "difference", "{:+.3f} [{:+.3f}, {:+.3f}]"),
            ("optimism", "value", "{:+.2f} [{:+.2f}, {:+.2f}]"),
        ):
            if (file := reference / f"tables/{table}.tsv").is_file():
                rows = pd.read_csv(file, sep="\t")[[value, "low", "high"]]
                known += [form.format(*row) for row in rows.itertuples(index=False)]
    intervals = shown(account)
    assert len(intervals) >= least
    assert set(intervals) <= set(shown("\n".join(known)))


@pytest.mark.parametrize(
    ("page", "heading", "least"),
    [
        ("docs/findings.md", "## When two adapters know together what neither knows alone", 8),
        ("docs/composition.md", "## What was found", 30),
        ("docs/composition.md", "## Problems in invented words", 30),
    ],
)
def test_every_interval_of_the_account_of_composition_is_of_a_reference(page, heading, least):
    account = (studies.ROOT / page).read_text().partition(f"{heading}\n")[2].partition("\n## ")[0]
    references = REFERENCES
    known = set()
    for name in (
        *("composition/tables/two_hop", "composition/tables/places", "composition/tables/math"),
        *("word_lists/tables/word_lists", "word_lists_gemma3_270m/tables/word_lists"),
        "places_gemma3_270m/tables/places",
    ):
        for row in pd.read_csv(references / f"{name}.tsv", sep="\t").itertuples():
            known.add(f"{row.share:.2f} [{row.low:.2f}, {row.high:.2f}]")
    for study in ("composition", "word_lists"):
        claims = references / study / "tables/claims.tsv"
        for row in pd.read_csv(claims, sep="\t").itertuples():
            known.add(f"{row.difference:+.2f} [{row.low:+.2f}, {row.high:+.2f}]")
    intervals = shown(account)
    assert len(intervals) >= least
    assert set(intervals) <= known


def test_every_interval_of_the_example_of_preconditions_is_of_the_reference():
    page = (studies.ROOT / "docs/preconditions.md").read_text()
    account = page.partition("## What the example says\n")[2].partition("\n## ")[0]
    reference = REFERENCES / "preconditions/tables/preconditions.md"
    assert len(shown(account)) == 7
    assert set(shown(account)) <= set(shown(reference.read_text()))


def shown(text: str) -> list[str]:
    """The estimates of a text that have an interval, whatever line they end in."""
    return [" ".join(found.split()) for found in re.findall(r"[+-]?\d\.\d+\s+\[[^]]*\]", text)]
