"""Files of answers have the layout of lm-evaluation-harness, and other programs can read them."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from statistics import fmean

import foreign_wheel
import jsonschema
import numpy as np
import pandas as pd
import pytest
import report_cases
import studies
import write_evaluations
import yaml

from recycling.ground import tables
from recycling.output import harness
from recycling.plan.wiring import built_in
from recycling.plan.work import evaluations, units
from recycling.statistics import metrics
from recycling.tasks.prediction import Prediction

# `SampleResult` and what is asked of `EvalResults` in lm_eval 0.4.13, lm_eval/result_schema.py.
SAMPLE = {
    "doc_id": int,
    "doc": dict,
    "target": str,
    "arguments": dict,
    "resps": list,
    "filtered_resps": list,
    "filter": str,
    "metrics": list,
    "doc_hash": str,
    "prompt_hash": str,
    "target_hash": str,
}
RESULTS = {
    "results",
    "group_subtasks",
    "configs",
    "versions",
    "n-shot",
    "higher_is_better",
    "n-samples",
    "config",
    "date",
    "transformers_version",
    "lm_eval_version",
    "model_source",
    "model_name",
    "model_name_sanitized",
    "task_hashes",
}
ROWS = [
    Prediction(
        "a",
        "Osaka?",
        ("Asia", "asia"),
        ("Asia", "Africa"),
        "Asia",
        True,
        0.5,
        2,
        (0.5, 1.5),
        (2, 2),
    ),
    Prediction(
        "b", "Accra?", ("Africa",), ("Asia", "Africa"), " Asia\n", True, 2.0, 2, (0.25, 2.0), (2, 2)
    ),
    Prediction(
        "c",
        "\x1b[31m\u202e?",
        ("Asia",),
        ("Asia", "Africa"),
        "As",
        False,
        1.0,
        2,
        (1.0, 1.0),
        (2, 2),
    ),
]
ABOUT = harness.Evaluated(
    task="city_continent",
    base="org/base",
    adapter="results/s/merged/adaptive/city_continent/0",
    by="hf",
    shown=0,
    cap=8,
    instruction="Where?",
    day=None,
)


def written(folder, about=ABOUT, rows=ROWS):
    """The results and the samples by task."""
    harness.write(
        folder,
        about,
        rows,
        "{} {}".format,
        {"transformers_version": "5", "lm_eval_version": "none"},
    )
    [results] = folder.glob("results_*.json")
    samples = {
        # As `get_file_task_name` of lm_eval/utils.py reads it.
        path.name[path.name.find("_") + 1 : path.name.rfind("_")]: [
            json.loads(line) for line in path.read_text().splitlines()
        ]
        for path in folder.glob("samples_*.jsonl")
    }
    return json.loads(results.read_text()), samples


def test_files_have_the_keys_and_types_of_the_harness(tmp_path):
    results, samples = written(tmp_path)
    assert set(results) == RESULTS
    assert set(samples) == set(results["results"]) == {"city_continent", "city_continent_choice"}
    for task, rows in samples.items():
        for row in rows:
            assert {key: type(row[key]) for key in SAMPLE} == SAMPLE
            scores = set(row) - set(SAMPLE)
            assert scores == set(row["metrics"])
            assert all(type(row[name]) is float for name in scores)
            assert len(row["resps"]) == len(row["filtered_resps"]) == len(row["arguments"])
        assert results["n-samples"][task] == {"original": 3, "effective": 3}
        assert set(results["higher_is_better"][task]) == set(rows[0]["metrics"])
    assert results["config"]["model_args"] == (
        "pretrained=org/base,peft=results/s/merged/adaptive/city_continent/0"
    )
    assert results["model_name_sanitized"] == "results__s__merged__adaptive__city_continent__0"


def test_free_text_and_candidates_are_two_tasks_as_there(tmp_path):
    results, samples = written(tmp_path)
    first = samples["city_continent"][0]
    assert first["target"] == "Asia"
    assert first["arguments"]["gen_args_0"]["arg_0"] == "Where? Osaka?"
    assert first["arguments"]["gen_args_0"]["arg_1"]["max_gen_toks"] == 8
    assert (first["resps"], first["filtered_resps"]) == ([["Asia"]], ["Asia"])
    chosen = samples["city_continent_choice"][1]
    assert chosen["target"] == "1"
    assert [one["arg_1"] for one in chosen["arguments"].values()] == ["Asia", "Africa"]
    assert chosen["filtered_resps"] == [["-0.25", "True"], ["-2.0", "False"]]
    assert chosen["resps"] == [[["-0.25", "True"]], [["-2.0", "False"]]]
    assert {task: one["output_type"] for task, one in results["configs"].items()} == {
        "city_continent": "generate_until",
        "city_continent_choice": "multiple_choice",
    }


def test_means_are_those_of_the_metrics_and_errors_those_of_numpy(tmp_path):
    results, _ = written(tmp_path)
    found = {key: value for one in results["results"].values() for key, value in one.items()}
    for name, metric in metrics.METRICS.items():
        values = [metric.score(row) for row in ROWS]
        assert found[f"{name},none"] == fmean(values)
        # Oracle: the standard error of a mean.
        error = np.std(values, ddof=1) / np.sqrt(3)
        assert found[f"{name}_stderr,none"] == pytest.approx(error, rel=1e-12)
    one, _ = written(tmp_path / "one", rows=ROWS[:1])
    assert one["results"]["city_continent"]["exact_match_stderr,none"] == "N/A"


def test_the_date_is_that_of_the_study_and_files_are_the_same_again(tmp_path):
    written(tmp_path / "first")
    written(tmp_path / "second")
    names = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert names == [
        "results_1970-01-01T00-00-00.json",
        "samples_city_continent_1970-01-01T00-00-00.jsonl",
        "samples_city_continent_choice_1970-01-01T00-00-00.jsonl",
    ]
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
        assert (tmp_path / "first" / name).read_bytes().isascii()
    dated, _ = written(tmp_path / "dated", replace(ABOUT, day="2026-01-31"))
    assert dated["date"] == 1769817600
    assert {
        re.search(r"_([^_]*)\.json", path.name)[1] for path in (tmp_path / "dated").iterdir()
    } == {"2026-01-31T00-00-00"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The evaluations of the default study, whose answers are made up."""
    folder = tmp_path_factory.mktemp("results")
    results = report_cases.copied("smollm2", folder)
    study = report_cases.study_of("smollm2")
    of = units.units(study)
    write_evaluations.main(
        model=str(results / "base/model"),
        predictions=[f"{results}/predictions/{task}/{number}.parquet" for task, number in of],
        records=[path.replace("<results>", str(results)) for path in evaluations.records(study)],
        units=built_in(of),
        evaluated=built_in(evaluations.evaluated(study)),
        folder=str(results / "evaluations"),
    )
    return results


def test_every_arm_task_and_replicate_has_its_files(run):
    study = report_cases.study_of("smollm2")
    every = list((run / "evaluations").rglob("*.json*"))
    assert len(every) == 3 * len(study.arms) * len(units.units(study))
    results = json.loads(next(run.glob("evaluations/base/past_tense/0/results_*")).read_text())
    assert results["config"]["model_args"] == "pretrained=HuggingFaceTB/SmolLM2-135M-Instruct"
    sample = json.loads(
        next(run.glob("evaluations/fresh/past_tense/0/samples_past_tense_*"))
        .read_text()
        .splitlines()[0]
    )
    assert "Osaka" in sample["arguments"]["gen_args_0"]["arg_0"]
    # Oracle: the scores that the study itself has made.
    scores = tables.read_parquet(run / "tables/examples.parquet")
    own = scores[
        (scores["arm"] == "adaptive")
        & (scores["task"] == "past_tense")
        & (scores["replicate"] == "0")
    ]
    found = json.loads(next(run.glob("evaluations/adaptive/past_tense/0/results_*")).read_text())
    assert found["results"]["past_tense"]["exact_match,none"] == own["exact_match"].mean()


def test_an_arm_that_the_harness_cannot_run_does_not_say_so():
    study = report_cases.study_of("smollm2_methods")
    found = evaluations.evaluated(study.model_copy(update={"export": "all"}))
    task, replicate = units.units(study)[0]
    of = {name: found[f"{name}/{task}/{replicate}"] for name in ("base", "fresh", "arrow")}
    assert [(one["by"], bool(one["adapter"])) for one in of.values()] == [
        ("hf", False),
        ("hf", True),
        ("recycling", False),
    ]
    found = evaluations.evaluated(study.model_copy(update={"export": "none"}))
    of = {name: found[f"{name}/{task}/{replicate}"] for name in ("base", "fresh")}
    assert [(one["by"], one["adapter"]) for one in of.values()] == [("hf", ""), ("recycling", "")]


CONVERTED = """
import json, sys
from every_eval_ever.converters.lm_eval.adapter import LMEvalAdapter
from every_eval_ever.converters.lm_eval.instance_level_adapter import LMEvalInstanceLevelAdapter
logs = LMEvalAdapter().transform_from_directory(sys.argv[1], {"source_organization_name": "us"})
rows = []
for log in logs:
    name = log.evaluation_id.split("/")[0]
    adapter = LMEvalInstanceLevelAdapter()
    path = f"{sys.argv[1]}/samples_{name}_1970-01-01T00-00-00.jsonl"
    rows += adapter.transform_samples(path, log.evaluation_id, log.model_info.id, name)
both = [[one.model_dump(mode="json", exclude_none=True) for one in many] for many in (logs, rows)]
print(json.dumps(both))
"""


@pytest.mark.slow
def test_every_eval_ever_reads_them_and_its_schemas_hold(tmp_path):
    """Its own converter, from its wheel, which is not installed."""
    wheel = foreign_wheel.unpacked("every-eval-ever==0.3.0", tmp_path)
    written(tmp_path / "answers")
    done = subprocess.run(
        [sys.executable, "-c", CONVERTED, tmp_path / "answers"],
        env={"PYTHONPATH": str(wheel)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    logs, rows = json.loads(done.stdout)
    assert (len(logs), len(rows)) == (2, 3 * len(metrics.METRICS))
    schemas = wheel / "every_eval_ever/schemas"
    for many, name in ((logs, "eval"), (rows, "instance_level_eval")):
        schema = json.loads((schemas / f"{name}.schema.json").read_text())
        for one in many:
            jsonschema.validate(one, schema)
    scored = pd.DataFrame(
        [{"id": row["evaluation_result_id"], **row["evaluation"]} for row in rows]
    )
    for name, metric in metrics.METRICS.items():
        values = scored.loc[scored["id"] == name, "score"].tolist()
        assert values == [metric.score(row) for row in ROWS]


@pytest.mark.workflow
def test_the_target_is_made_where_it_is_asked_for(finished):
    written = finished / "results/toy/evaluations"
    assert not written.exists()
    done = studies.toy(finished, "--", "results/toy/evaluations")
    assert done.returncode == 0, done.stdout
    made = {str(path.parent.relative_to(written)) for path in written.rglob("results_*")}
    assert {"base/months/0", "fresh/months/0", "twins/months/1"} <= made
    assert len(made) == 2 * len(yaml.safe_load((finished / "toy.yaml").read_text())["arms"])
