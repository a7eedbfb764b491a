from dataclasses import replace

import pandas as pd
import pytest
from synthetic_study import ARMS, PAID, STATISTICS, TASKS, jobs, scored, training

from recycling.plan.study.merging import Primary, Statistics
from recycling.verdict import designs, page, result_figures, results, summary
from recycling.verdict.answers import ADJECTIVES, SENTENCES
from recycling.verdict.conclusions import deciding
from recycling.verdict.contrasts import planned, without_adapters

# One contrast of each question that the arms can answer.
ASKED = {one.question: Primary(arm=one.arm, reference=one.reference) for one in planned(ARMS)}
ABOUT = page.About(study="toy", tasks_are="fixed", resampled=True, primary_named=True)


def made(examples, arms, targets, statistics):
    """The tables of a study."""
    answers = summary.answered(examples, list(arms), targets, statistics)
    means = summary.means(answers)
    return page.Tables(
        summary=means,
        contrasts=summary.contrasts(answers, arms, statistics),
        design=designs.designs(answers, arms, statistics, 1),
        cost=summary.costs({arm: PAID[arm] for arm in arms}, jobs(), means),
        training=training(),
    )


@pytest.fixture(scope="module")
def examples():
    return scored(n=40)


@pytest.fixture(scope="module")
def study(examples):
    return made(examples, ARMS, TASKS, STATISTICS)


def forced(study, question, outcome, metric=None, **numbers):
    """The study with the outcomes of the primary contrasts of a question set."""
    contrasts = study.contrasts.copy()
    rows = (contrasts["question"] == question) & (contrasts["family"] == "primary")
    if metric is not None:
        rows &= contrasts["metric"] == metric
    contrasts.loc[rows, "outcome"] = outcome
    for name, value in numbers.items():
        contrasts.loc[rows, name] = value
    return replace(study, contrasts=contrasts)


def section(text, heading):
    """What stands below a heading."""
    return text.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def test_it_says_what_was_measured_and_when_the_data_do_not_decide(study):
    text = page.write(forced(study, "together", "undecided"), ABOUT)
    assert "# Verdict of the study toy" in text
    assert "The data do not decide. Recycling alone is worse than a fresh LoRA" in text
    assert "Worse than a fresh LoRA: `adaptive`." in text
    assert "Better than random twins: `adaptive`." in text
    assert "n = 600 answers per arm from 15 trained runs, to 120 different test rows." in text
    assert "brackets are 95% intervals" in text
    assert "those that the study file names as primary" in text
    assert "They speak of these tasks, with other labelled rows, other trainings" in text
    for arm in ARMS:
        assert f"\n| {arm} | " in text


@pytest.mark.parametrize(
    ("question", "outcome", "sentence"),
    [
        ("together", "more", "Train a fresh LoRA and merge it with the pool."),
        ("together", "less", "Worse than the fresh LoRA alone: `adaptive_with_target`."),
        ("together", "equivalent", "Equal to it within the margin: `adaptive_with_target`."),
        ("instead", "more", "Recycle the pool.\n"),
        ("instead", "undecided", "Whether recycling alone can replace a fresh LoRA is not decided"),
        ("instead", "less", "Worse than a fresh LoRA: `adaptive`."),
        ("twins_together", "more", "Better than random twins: `adaptive_with_target`."),
        ("twins_together", "less", "random twins do better than the adapters they imitate"),
        ("twins_together", "equivalent", "Merged with the fresh LoRA, random twins do as well"),
        ("twins_instead", "undecided", "as well without the fresh LoRA is not decided"),
        ("recalibration", "equivalent", "Rescaling the fresh LoRA alone does as well"),
    ],
)
def test_sentences_follow_from_outcomes(study, question, outcome, sentence):
    assert sentence in page.write(forced(study, question, outcome), ABOUT)


def harmful(study, twins, floor, low, high):
    """The study with another difference of twins and the arm that theirs is without them."""
    contrasts = study.contrasts.copy()
    chosen = (contrasts["arm"] == twins) & (contrasts["reference"] == floor)
    chosen &= contrasts["task"] == "all"
    assert chosen.sum() == contrasts["metric"].nunique()
    contrasts.loc[chosen, ["difference", "low", "high"]] = ((low + high) / 2, low, high)
    return replace(study, contrasts=contrasts)


@pytest.mark.parametrize(
    ("question", "twins", "floor"),
    [("twins_instead", "twins", "base"), ("twins_together", "twins_with_target", "fresh")],
)
@pytest.mark.parametrize("outcome", ["more", "less", "equivalent", "undecided"])
@pytest.mark.parametrize(("low", "high"), [(-0.3, -0.1), (-0.3, 0.1), (0.1, 0.3)])
def test_to_beat_twins_that_do_harm_is_no_gain(study, question, twins, floor, outcome, low, high):
    seen = forced(harmful(study, twins, floor, low, high), question, outcome)
    about = replace(ABOUT, bare=without_adapters(ARMS))
    text = page.write(seen, about)
    said = f"But `{twins}` is worse than `{floor}`, -0.200 [-0.300, -0.100] (explored)"
    # In the head, in the evidence, and by choice accuracy.
    assert text.count(said) == (3 if outcome == "more" and high < 0 else 0)
    assert said not in page.write(seen, ABOUT)
    if outcome == "more":
        claimed = SENTENCES[question]["more"].partition(".")[0]
        assert (claimed in section(text, "The evidence")) == (high >= 0)


def test_choice_accuracy_gets_an_answer_of_its_own(study):
    known = forced(study, "together", "undecided", "exact_match")
    text = page.write(forced(known, "together", "more", "choice_accuracy"), ABOUT)
    assert "fresh LoRA?** The data do not decide." in text
    assert "the answer is: Train a fresh LoRA and merge it with the pool." in text


def test_what_is_explored_has_intervals_and_no_words(study):
    text = section(page.write(study, ABOUT), "Explored")
    assert "| `best_single` - `fresh` | the whole recipe | -0." in text
    assert "| `fresh` - `base` | the whole recipe | +0." in text
    assert "`adaptive` - `fresh`" not in text
    assert not {"better", "worse", "equal"} & set(text.split())
    by_task = section(page.write(study, ABOUT), "Task by task")
    assert not {"better", "worse", "equal"} & set(by_task.split())
    assert by_task.count("[") == 3 * 5


@pytest.mark.parametrize(
    ("numbers", "design", "expected"),
    [
        (
            {"low": -0.04, "high": 0.12, "difference": 0.04},
            {"replicates_to_decide": 7},
            "The interval crosses 0 and it is not inside +-0.02. This study finds a difference of "
            "0.3 four times in five, and shows a true equality in 12% of cases. If the difference "
            "seen is the true one, 7 replicates decide four times in five.",
        ),
        (
            {"low": 0.01, "high": 0.05, "difference": 0.03},
            {"rows_to_decide": 900},
            "The interval excludes 0, but Holm's p does not",
        ),
        (
            {"low": -0.1, "high": 0.1, "difference": 0.0},
            {"rows_to_decide": 900},
            "more replicates do not decide: they ask the same test rows again. Tasks of about 900 "
            "different rows would.",
        ),
        ({"low": -0.1, "high": 0.1}, {}, "the true one, more replicates do not decide.\n"),
        (
            {"low": -1.0, "high": 0.3, "minimum_detectable": 1.2},
            {},
            "This study finds no difference four times in five",
        ),
        ({"low": -0.01, "high": 0.01}, {}, "inside the margin, but a study of this size decides"),
    ],
)
def test_what_would_decide(study, numbers, design, expected):
    asked = {"replicates_to_decide": pd.NA, "rows_to_decide": pd.NA, "shows_equality": 0.12}
    changed = forced(study, "together", "undecided", **{"minimum_detectable": 0.3, **numbers})
    changed = replace(changed, design=study.design.assign(**{**asked, **design}))
    changed = replace(changed, training=study.training.iloc[:0])
    assert expected in page.write(changed, ABOUT)


def test_one_training_decides_nothing_about_training(examples):
    one = made(examples[examples["replicate"] == "0"], ARMS, TASKS, STATISTICS)
    text = page.write(one, ABOUT)
    assert "fresh LoRA?** The data do not decide." in text
    assert "**One training a task decides nothing about training.**" in text
    assert "n = 120 answers per arm from 3 trained runs, to 120 different test rows." in text
    assert "set `replicates` to 3 or more" in text
    assert "undecided. The interval excludes 0, for these trained adapters alone." in text
    assert "They speak of the adapters that were trained here, on further test rows." in text
    assert not any(f": {word}." in text for word in ("better", "worse", "equal"))
    assert "## What a study of this design can show" not in text


def test_a_size_that_cannot_be_relied_on_is_said(study):
    small = replace(study, design=study.design.assign(least_coverage=0.912))
    text = page.write(small, ABOUT)
    assert "**A study of this size decides nothing.**" in text
    assert "hold the truth in 91.2% of made-up studies, and 93% are asked for." in text


def test_a_small_study_of_one_s_own_reads_well(examples):
    """One task, four arms, no twins, nothing named: short lines say what was not asked."""
    arms = {name: ARMS[name] for name in ("base", "fresh", "best_single", "adaptive_with_target")}
    rows = examples[(examples["task"] == TASKS[0]) & examples["arm"].isin(arms)]
    found = made(rows, arms, TASKS[:1], Statistics(margin=0.05))
    text = page.write(found, replace(ABOUT, primary_named=False))
    assert "on one task (city_country): n = 200 answers per arm from 5 trained runs" in text
    assert "of each question the first arm of the file that can answer it decides" in text
    assert "1 tasks" not in text
    assert "random twins do as well?**" not in text
    assert "\n- Not asked: random twins in the place of the pool. Add a copy of an arm with" in text
    assert "\n- Not asked: the fresh LoRA rescaled alone. Add an arm `{fresh: true, merge:" in text
    assert "## Task by task" not in text
    assert "One task; n = 200" in results.caption(found.summary)
    single = made(rows[rows["replicate"] == "0"], arms, TASKS[:1], Statistics(margin=0.05))
    assert "per arm from 1 trained run, to 40" in page.write(single, ABOUT)
    assert result_figures.sizes(single.summary) == "n = 40 answers per arm: 1 task, 1 trained run."


@pytest.fixture(scope="module")
def folded(examples):
    """One task of 80 rows, two replicates of two folds."""
    arms = {name: ARMS[name] for name in ("base", "fresh", "best_single", "adaptive_with_target")}
    task = examples["task"] == TASKS[0]
    rows = examples[task & examples["arm"].isin(arms) & (examples["replicate"] != "4")].copy()
    fold = rows["replicate"].astype(int) % 2
    rows["example"] = rows["example"] + "-" + fold.astype(str)
    rows["replicate"] = (rows["replicate"].astype(int) // 2).astype(str) + "." + fold.astype(str)
    return made(rows, arms, TASKS[:1], Statistics(margin=0.05))


def test_folds_are_said_with_what_they_are_worth(folded):
    told = {TASKS[0]: "80 rows, each tested once a replicate."}
    text = page.write(folded, replace(ABOUT, folds=2, rows=told))
    assert "n = 160 answers per arm from 4 trained runs, to 80 different test rows." in text
    assert "\n\n`city_country` has 80 rows, each tested once a replicate.\n\n" in text
    assert "t over the 4 folds of the task, with 2 degrees of freedom. They speak of this" in text
    assert "So 4 trainings count as 0.8 that share none (Nadeau and Bengio's correction)." in text
    assert "they never count as more than 1: beyond that, only more rows" in text
    assert "Satterthwaite" not in text
    assert set(folded.design["replicates"]) == {2}
    assert set(folded.design["different_rows"]) == {80}


def test_folds_that_share_too_many_rows_decide_nothing(folded):
    small = replace(folded, design=folded.design.assign(least_coverage=0.9))
    text = page.write(small, replace(ABOUT, folds=10))
    assert "**A study of this size decides nothing.** Since 10 folds share most labelled rows," in (
        text
    )
    assert (
        "hold the truth in 90.0% of made-up studies, and 93% are asked for. Set `split.folds`"
        in (text)
    )


def test_of_many_tasks_whose_rows_were_too_few_some_are_named(study):
    told = {f"task_{n}": f"{n} rows." if n else "" for n in range(8)}
    lines = page.write(study, replace(ABOUT, rows=told)).splitlines()
    assert [line for line in lines if line.startswith("- `task_") or "more tasks" in line] == [
        *(f"- `task_{n}` has {n} rows." for n in range(1, 6)),
        "- 2 more tasks have too few rows as well.",
    ]
    assert not any("` has " in line for line in page.write(study, ABOUT).splitlines())


def test_it_says_where_training_changed_nothing(study):
    told = "Validation kept the start in 5 of 15 runs."
    lines = [line for line in page.write(study, ABOUT).splitlines() if told in line]
    assert lines
    assert all(line.startswith("- `adaptive_with_target` - ") for line in lines)


def test_random_tasks_are_said(study):
    random = replace(study, summary=study.summary.assign(basis="tasks"))
    assert "further tasks like these" in page.write(random, replace(ABOUT, tasks_are="random"))


def test_a_study_without_contrasts_has_a_verdict(study):
    alone = page.Tables(
        summary=study.summary[study.summary["arm"] == "base"],
        contrasts=study.contrasts.iloc[:0],
        design=study.design.iloc[:0],
        cost=study.cost[study.cost["arm"] == "base"],
        training=study.training.iloc[:0],
    )
    text = page.write(alone, ABOUT)
    assert "This study compares no recycled arm with a fresh LoRA." in text
    assert "The base model without any adapter has" not in text
    assert "\n\n\n" not in text


def test_the_table_of_results(study):
    lines = results.table(study.summary, study.contrasts, study.cost).splitlines()
    assert len(lines) == 2 + len(ARMS)
    assert len({line.count("|") for line in lines}) == 1
    base, fresh = lines[2], lines[3]
    assert base.startswith("| base | 0.00 [0.00, ")
    assert base.endswith("|  | 0 |")
    assert fresh.endswith("|  | 35 |")
    caption = results.caption(study.summary)
    assert (
        "n = 600 answers per arm from 15 trained runs; brackets are 95% intervals over runs."
        in (caption)
    )


def test_an_unknown_cost_is_an_empty_cell(study):
    unknown = study.cost.assign(seconds=pd.Series([pd.NA] * len(study.cost), dtype="Float64"))
    shown = results.table(study.summary, study.contrasts, unknown)
    assert shown.splitlines()[3].endswith("|  |  |")


def test_it_says_whether_the_runs_have_their_own_labelled_rows(study):
    same = replace(ABOUT, resampled=False)
    assert "these tasks, with other labelled rows" in page.write(study, ABOUT)
    assert "these tasks, with the same labelled rows" in page.write(study, same)


@pytest.mark.parametrize("question", ASKED)
def test_each_contrast_that_decides_stands_in_the_evidence_with_its_outcome(examples, question):
    seen = made(examples, ARMS, TASKS, Statistics(primary=[ASKED[question]]))
    told = section(page.write(seen, ABOUT), "The evidence")
    rows = deciding(seen.contrasts, question, "exact_match")
    assert len(rows) == 1
    for row in rows.itertuples():
        (line,) = [one for one in told.splitlines() if f"`{row.arm}` - `{row.reference}`:" in one]
        assert f"(Holm): {ADJECTIVES[row.outcome]}." in line
