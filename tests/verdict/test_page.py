import pandas as pd
import pytest
from synthetic_study import ARMS, PAID, jobs, scored, training

from recycling.verdict import page, results, summary


@pytest.fixture(scope="module")
def study():
    """Summary, contrasts and cost of the synthetic study."""
    resamples = summary.resample(
        scored(n=40), list(ARMS), draws=2000, level=0.95, tasks_random=False, seed=1
    )
    means = summary.means(resamples)
    return means, summary.contrasts(resamples, ARMS, 0.02), summary.costs(PAID, jobs(), means)


def forced(contrasts, question, outcome, **numbers):
    """The contrasts with the outcomes of a question set."""
    changed = contrasts.copy()
    rows = changed["question"] == question
    changed.loc[rows, "outcome"] = outcome
    for name, value in numbers.items():
        changed.loc[rows, name] = value
    return changed


def page_of(study, contrasts=None, tasks="fixed", resampled=True):
    means, found, cost = study
    asked = found if contrasts is None else contrasts
    return page.write(means, asked, cost, training(), "toy", tasks, resampled)


def test_it_says_what_was_measured_and_when_the_data_do_not_decide(study):
    text = page_of(study)
    assert "# Verdict of the study toy" in text
    assert "The data do not decide. Recycling alone is worse than a fresh LoRA" in text
    assert "Better than random twins: `adaptive`." in text
    assert "n = 240 answers per arm from 6 trained runs" in text
    assert "brackets are 95% intervals" in text
    assert "The interval crosses 0 and it is not inside +-0.02." in text
    assert "times as many replicates decide." in text
    assert "tasks were not: the intervals speak of these tasks" in text
    for arm in ARMS:
        assert f"\n| {arm} | " in text


@pytest.mark.parametrize(
    ("question", "outcome", "sentence"),
    [
        ("together", "more", "Train a fresh LoRA and merge it with the pool."),
        ("together", "less", "Train a fresh LoRA.\n"),
        ("together", "equivalent", "Equal to it within the margin: `adaptive_with_target`."),
        ("instead", "more", "Recycle the pool.\n"),
        ("instead", "undecided", "Whether recycling alone can replace a fresh LoRA is not decided"),
        ("twins_together", "more", "Better than random twins: `adaptive_with_target`."),
        ("twins_together", "less", "random twins do better than the adapters they imitate"),
        ("twins_together", "equivalent", "Merged with the fresh LoRA, random twins do as well"),
        ("twins_instead", "undecided", "as well without the fresh LoRA is not decided"),
        ("recalibration", "equivalent", "Rescaling the fresh LoRA alone does as well"),
    ],
)
def test_sentences_follow_from_outcomes(study, question, outcome, sentence):
    assert sentence in page_of(study, forced(study[1], question, outcome))


def test_choice_accuracy_gets_an_answer_of_its_own(study):
    contrasts = study[1].copy()
    rows = (contrasts["question"] == "together") & (contrasts["metric"] == "choice_accuracy")
    contrasts.loc[rows, "outcome"] = "more"
    text = page_of(study, contrasts)
    assert "fresh LoRA?** The data do not decide." in text
    assert "the answer is: Train a fresh LoRA and merge it with the pool." in text


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        # Half-width 0.08; zero is excluded within 0.04: (0.08/0.04)^2 = 4.
        ({"low": -0.04, "high": 0.12, "difference": 0.04}, "about 4 times as many"),
        # Centred on zero, it must shrink into the margin: (0.06/0.02)^2 = 9.
        ({"low": -0.06, "high": 0.06, "difference": 0.0}, "about 9 times as many"),
        ({"low": -0.001, "high": 0.021, "difference": 0.01}, "about 2 times as many"),
        ({"low": 0.01, "high": 0.05, "difference": 0.03}, "excludes 0, but Holm's p does not"),
    ],
)
def test_what_it_would_take(study, numbers, expected):
    assert expected in page_of(study, forced(study[1], "together", "undecided", **numbers))


def test_it_says_where_training_changed_nothing(study):
    told = "Validation kept the start in 2 of 6 runs."
    lines = [line for line in page_of(study).splitlines() if told in line]
    assert lines
    assert all(line.startswith("- `adaptive_with_target` - ") for line in lines)


@pytest.mark.parametrize(
    ("replicates", "told"),
    [(6, "With 2 runs per task the intervals hold 1/2 of the"), (3, "With one run per task")],
)
def test_it_says_what_the_number_of_runs_shows(study, replicates, told):
    means, contrasts, cost = study
    assert told in page_of((means.assign(replicates=replicates), contrasts, cost))


def test_random_tasks_are_said(study):
    assert "further tasks like these" in page_of(study, tasks="random")


def test_a_study_without_contrasts_has_a_verdict(study):
    means, contrasts, cost = study
    alone = (means[means["arm"] == "base"], contrasts.iloc[:0], cost[cost["arm"] == "base"])
    text = page_of(alone)
    assert "This study compares no recycled arm with a fresh LoRA." in text
    assert "The base model without any adapter has" not in text


def test_the_table_of_results(study):
    lines = results.table(*study).splitlines()
    assert len(lines) == 2 + len(ARMS)
    assert len({line.count("|") for line in lines}) == 1
    base, fresh = lines[2], lines[3]
    assert base.startswith("| base | 0.00 [0.00, ")
    assert base.endswith("|  | 0 |")
    assert fresh.endswith("|  | 35 |")
    assert "n = 240 answers per arm from 6 trained runs" in results.caption(study[0])


def test_an_unknown_cost_is_an_empty_cell(study):
    means, contrasts, cost = study
    unknown = cost.assign(seconds=pd.Series([pd.NA] * len(cost), dtype="Float64"))
    assert results.table(means, contrasts, unknown).splitlines()[3].endswith("|  |  |")


def test_it_says_whether_the_runs_have_their_own_labelled_rows(study):
    assert "these tasks, with other labelled examples" in page_of(study)
    assert "these tasks, with the same labelled examples" in page_of(study, resampled=False)
    assert "with the same labelled examples in each run" in page_of(study, None, "random", False)
