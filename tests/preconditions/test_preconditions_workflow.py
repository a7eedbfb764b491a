"""The check of preconditions through the workflow, on the toy base; bad questions stop the plan."""

import json

import pandas as pd
import pytest
import studies
import yaml

pytestmark = pytest.mark.workflow
STUDY = yaml.safe_load((studies.ROOT / "tests/toy/preconditions.yaml").read_text())


def chain(i):
    return {
        "hop1": {"question": f"a{i}?", "answer": f"b{i}"},
        "hop2": {"question": f"b{i}?", "answer": f"c{i}"},
        "direct": f"a{i}, twice?",
    }


def prepared(folder, *rows, **changes):
    studies.runnable(folder)
    (folder / "preconditions.yaml").write_text(yaml.safe_dump(STUDY | changes))
    (folder / "chains.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


def run(folder, *arguments):
    return studies.snakemake(folder, "--configfile", "preconditions.yaml", *arguments)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("preconditions") / "project"
    done = run(prepared(folder, *map(chain, range(10))))
    assert done.returncode == 0, done.stdout[-5000:]
    return folder / "results/toy_preconditions"


def test_base_pool_and_rules_are_asked_and_chains_that_choose_judge_nothing(finished):
    table = pd.read_csv(finished / "tables/preconditions.tsv", sep="\t")
    assert set(table["n"]) == {6}
    experts = pd.read_csv(finished / "experts.tsv", sep="\t")
    accepted = pd.read_csv(finished / "pool/accepted.tsv", sep="\t")
    assert set(experts["adapter"]) == set(accepted["adapter"])
    assert experts["score"].notna().all()
    cells = set(zip(table["library"], table["rule"], strict=True))
    assert cells == {
        ("base", "none"),
        *((name, "alone") for name in accepted["adapter"]),
        *(("experts", rule) for rule in ("uniform", "hop_oracle", "two_calls")),
    }
    chosen = table[table["measure"] == "direct_choice"]
    assert (chosen["chance"].round(6) == round(1 / 6, 6)).all()


def test_the_page_gives_a_verdict_and_the_figure_is_drawn(finished):
    page = (finished / "tables/preconditions.md").read_text()
    assert "**Would these adapters answer two-hop questions together?**" in page
    assert "## Which rule composes?" in page
    assert (finished / "figures/preconditions.svg").is_file()


def test_a_second_run_has_nothing_to_do(finished):
    assert "Nothing to be done" in run(finished.parents[1]).stdout


def test_a_bad_question_stops_the_plan_with_one_line(tmp_path):
    rows = [*map(chain, range(10)), {"hop1": "a"}]
    done = run(prepared(tmp_path / "project", *rows), "-n")
    assert done.returncode != 0
    assert "chains.jsonl: line 11: found ['hop1'], expected the key 'hop2'; add it" in done.stdout
