"""Studies on small bases that know the task already, with the templates of two families."""

import chat_templates
import pandas as pd
import pytest
import studies
import yaml
from toy.knowing_base import build

from recycling.ground.tables import read_json

BASES = [
    pytest.param("GEMMA", marks=pytest.mark.workflow),
    pytest.param("QWEN", marks=pytest.mark.slow),
]


def knowing(folder, template, **keys):
    """A study of few jobs on a base that answers every row of the toy task."""
    studies.copy(folder)
    build(folder / "base", getattr(chat_templates, template), thinks=template == "QWEN")
    file = folder / "toy.yaml"
    study = yaml.safe_load(file.read_text())
    arms = ("base", "fresh", "average")
    study |= {"replicates": 1, "arms": {arm: study["arms"][arm] for arm in arms}}
    study["base"] |= keys
    del study["experiments"]
    file.write_text(yaml.safe_dump(study, sort_keys=False))
    return folder


@pytest.fixture(scope="module", params=BASES)
def study(request, tmp_path_factory):
    folder = knowing(tmp_path_factory.mktemp("base") / "project", request.param)
    return request.param, studies.judged(folder) / "results/toy"


def test_a_base_that_knows_the_task_is_seen_to(study):
    _, results = study
    scores = pd.read_csv(results / "tables/summary.tsv", sep="\t")
    right = scores[(scores["arm"] == "base") & (scores["task"] == "months")].set_index("metric")
    assert right.loc["exact_match", "mean"] == 1.0
    assert right.loc["valid_format", "mean"] == 1.0


def test_its_verdict_asks_for_no_training(study):
    _, results = study
    verdict = (results / "verdict.md").read_text()
    assert "exact match 1.00" in verdict
    assert "Train a fresh LoRA." not in verdict


def test_what_was_found_of_it_is_written_down(study):
    name, results = study
    about = read_json(results / "base/about.json")
    end, place = {"GEMMA": ("<end_of_turn>", "user"), "QWEN": ("<|im_end|>", "system")}[name]
    assert (about["end_of_turn"], about["instruction"]) == (end, place)
    assert about["stops"] == ["<eos>", end]
    assert about["opens_a_thought"] is False
