"""Experiments on made-up arms whose truth is known."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import synthetic_experiments as made_up
from scipy.stats import spearmanr

from recycling.ground import registry, tables
from recycling.ground.errors import InputError
from recycling.output import names
from recycling.plan.study.merging import Statistics
from recycling.statistics import estimates
from recycling.verdict.contrasts import records
from recycling.verdict.experiments import (
    EXPERIMENTS,
    account,
    arm_sets,
    crossings,
    evidence,
    single_adapters,
)


@pytest.fixture(scope="module")
def seen():
    """Experiment -> its evidence."""
    return {name: made_up.evidence(name) for name in EXPERIMENTS}


@pytest.fixture(scope="module")
def found(seen, tmp_path_factory):
    """Experiment -> its table, through the disk."""
    folder = tmp_path_factory.mktemp("tables")
    for name, about in EXPERIMENTS.items():
        table = evidence.table(registry.load(about.entry)(seen[name]), seen[name])
        tables.write_table(table, folder / f"{name}.tsv", "experiment")
    return {name: folder / f"{name}.tsv" for name in EXPERIMENTS}


def decisive(found, name):
    """Label -> outcome of the rows that test the claim by exact match over all targets."""
    table = tables.read_table(found[name], "experiment")
    table = table[(table["metric"] == "exact_match") & (table["task"] == "all")]
    tested = table[table["claimed"].notna()]
    return {(row.panel, row.label): row.outcome for row in tested.itertuples()}


KNOWN = {
    "merging_methods": {
        ("minus average", "ties"): "equivalent",
        ("minus average", "learned"): "more",
    },
    "gain_against_k": {
        ("largest k minus smallest", "kall"): "more",
        ("largest k minus smallest", "with_k5"): "equivalent",
    },
    "real_against_twins": {
        ("real minus twins, alone", "norm_alone"): "more",
        ("real minus twins, alone", "spectrum_alone"): "more",
        ("real minus twins, with the fresh LoRA", "norm_with"): "equivalent",
        ("real minus twins, with the fresh LoRA", "spectrum_with"): "equivalent",
    },
    "recalibration_ladder": {("with partners minus alone", "partners"): "equivalent"},
    "selectors": {
        ("minus random, alone", "evaluation"): "more",
        ("minus random, alone", "cosine"): "equivalent",
        ("rank correlation of score and usefulness, 6 adapters", "evaluation"): "more",
        ("rank correlation of score and usefulness, 6 adapters", "cosine"): "undecided",
    },
    "relevance_dial": {
        (arm_sets.DIAL["kin_instead"], "same task, 1 of 1"): "more",
        (arm_sets.DIAL["kin_together"], "same task, 1 of 1"): "equivalent",
        (arm_sets.DIAL["recalibration"], "same task, 1 of 1"): "equivalent",
    },
    "low_data": {
        ("few examples: minus fresh", "joined"): "more",
        ("few minus many", "joined"): "undecided",
    },
    "design_ablation": {("minus usual", "layer"): "equivalent", ("minus usual", "softmax"): "less"},
    "single_adapters": {("adapter's share minus task's share", "adapter - task"): "less"},
    "warm_start": {
        ("minus fresh", "best"): "more",
        ("best minus another start", "twin"): "more",
        ("best minus another start", "random"): "equivalent",
        ("best minus another start", "average"): "more",
    },
    "stated_rank": {("minus whole", "at_16"): "equivalent", ("minus whole", "at_1"): "less"},
    "compress_then_merge": {
        ("compressed before minus cut afterwards", "first_to_4"): "more",
        ("compressed before minus cut afterwards", "first_to_1"): "equivalent",
    },
    "routing": {
        ("routed minus average", "arrow"): "equivalent",
        ("routed minus average", "logo"): "more",
        ("routed minus routed twins", "logo"): "more",
    },
    "pool_subspace": {
        ("whole minus other directions", "random"): "equivalent",
        ("whole minus other directions", "base"): "more",
    },
    "labelled_rows": {
        (f"minus the {fresh}", f"recycled, {number} rows"): outcome
        for fresh in ("fresh LoRA", "tuned fresh LoRA")
        for number, outcome in ((10, "more"), (160, "less"))
    },
    "tuned_alike": {
        ("tuned minus the fresh LoRA as well tuned", "merged_tuned"): "equivalent",
        ("tuned minus the fresh LoRA as well tuned", "joined_tuned"): "more",
    },
    "worse_pools": {
        ("unrelated, minus base", "evaluation, learned, 0%"): "more",
        ("unrelated, minus base", "evaluation, learned, 100%"): "more",
        ("shuffled answers, minus base", "evaluation, learned, 0%"): "more",
        ("shuffled answers, minus base", "evaluation, learned, 100%"): "more",
        ("opposite sign, minus base", "evaluation, learned, 0%"): "more",
        ("opposite sign, minus base", "evaluation, learned, 100%"): "equivalent",
    },
    "without_training": {
        ("fresh minus", "shown"): "more",
        ("fresh minus", "nearest"): "equivalent",
    },
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_what_is_tested_turns_out_as_it_was_made(found, name):
    assert decisive(found, name) == KNOWN[name]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_holm_runs_within_a_panel(found, name):
    table = tables.read_table(found[name], "experiment")
    tested = table[~table["quantity"].isin(["share", "mean"]) & table["p_holm"].notna()]
    question = "primary" if name == "relevance_dial" else tested["panel"]
    if name == "labelled_rows":
        question = tested["panel"] + tested["arm"]
    for _, family in tested.assign(question=question).groupby(
        ["question", "metric", tested["task"] == "all"]
    ):
        assert family["p_holm"].tolist() == pytest.approx(estimates.holm(list(family["p"])), 1e-4)
    assert table.loc[table["quantity"].isin(["share", "mean"]), "p"].isna().all()
    assert table["margin"].notna().eq(table["quantity"] == "difference").all()


def test_the_dial_compares_each_relative_with_its_match_and_tests_what_is_primary(found):
    table = tables.read_table(found["relevance_dial"], "experiment")
    exact = table[(table["metric"] == "exact_match") & (table["task"] == "all")]
    swaps = exact[exact["panel"].str.contains("unrelated")]
    assert {(row.arm, row.reference, row.x) for row in swaps.itertuples()} == {
        (f"{how}_{kin}_{k}", f"{how}_unrelated_{k}", k)
        for how in ("alone", "joined")
        for kin in ("same", "sibling")
        for k in (1, 5)
    }
    tested = exact[exact["outcome"].notna()]
    pairs = list(zip(tested["arm"], tested["reference"], strict=True))
    assert pairs == made_up.PRIMARY["relevance_dial"]
    assert exact["p"].notna().all()
    assert set(exact["series"]) == {"same task", "sibling task", "unrelated"}


def test_what_is_tuned_is_compared_with_what_is_as_well_tuned_and_with_itself_untuned(found):
    table = tables.read_table(found["tuned_alike"], "experiment")
    pairs = {(row.panel, row.arm, row.reference) for row in table.itertuples()}
    alike, recipes, untuned = EXPERIMENTS["tuned_alike"].compares
    assert pairs == {
        *((alike, arm, "tuned") for arm in ("rescaled_tuned", "merged_tuned", "joined_tuned")),
        *((recipes, arm, "fresh") for arm in ("tuned", "other_recipe")),
        (untuned, "rescaled_tuned", "rescaled"),
        (untuned, "merged_tuned", "merged"),
        (untuned, "little_tuned", "merged"),
    }


def test_numbers_of_rows_have_their_own_means_over_the_same_tasks(found):
    table = tables.read_table(found["labelled_rows"], "experiment")
    means = table[(table["quantity"] == "mean") & (table["task"] == "all")]
    assert {(row.arm, row.x) for row in means.itertuples()} == {
        (arm, number) for arm in made_up.ARMS["labelled_rows"] for number in (10, 40, 160)
    }
    assert (means["n"] == 2 * 5 * 60).all()
    [at_ten] = (
        means[(means["arm"] == "recycled") & (means["x"] == 10)]
        .query("metric == 'exact_match'")
        .itertuples()
    )
    of_tasks = table[table["task"].isin(["plural_10", "capital_10"]) & (table["arm"] == "recycled")]
    of_tasks = of_tasks[(of_tasks["quantity"] == "mean") & (of_tasks["metric"] == "exact_match")]
    assert at_ten.value == pytest.approx(of_tasks["value"].mean(), abs=1e-5)


CROSSINGS = {
    "stops": (
        {10: "more", 20: "undecided", 40: "more", 80: "undecided", 160: "less"},
        "stops to be better between 40 and 160 rows.",
    ),
    "equal is no better": (
        {10: "more", 20: "equivalent"},
        "stops to be better between 10 and 20 rows.",
    ),
    "there and back": (
        {10: "less", 20: "more", 40: "undecided", 80: "less"},
        "starts to be better between 10 and 20 rows; stops to be better between 20 and 80 rows.",
    ),
    "better everywhere": (
        {10: "more", 20: "undecided", 40: "more"},
        "no crossing: better with 10, 40 rows, the rest is undecided.",
    ),
    "never better": (
        {10: "less", 20: "equivalent"},
        "no crossing: no better with 10, 20 rows.",
    ),
    "nothing decided": (
        {10: "undecided", 20: "undecided"},
        "no number of rows is decided, of 2.",
    ),
}


@pytest.mark.parametrize(("outcomes", "words"), CROSSINGS.values(), ids=CROSSINGS)
def test_a_crossing_lies_between_the_nearest_numbers_that_are_decided(outcomes, words):
    assert crossings.crossing(outcomes) == words


def test_the_account_says_where_arms_cross(found):
    table = tables.read_table(found["labelled_rows"], "experiment")
    said = account.account({"labelled_rows": table}, "made_up")
    # At 40 rows both answer alike, which decides it within the margin.
    assert "* `recycled` minus `fresh`: stops to be better between 10 and 40 rows." in said
    assert "* `base` minus `fresh`: no crossing: no better with 10, 40, 160 rows." in said
    assert "right answers" not in said
    for name in ("low_data", "selectors"):
        other = tables.read_table(found[name], "experiment")
        assert "Where they cross" not in account.account({name: other}, "made_up")


def test_differences_are_by_target_too(found):
    table = tables.read_table(found["design_ablation"], "experiment")
    assert set(table["task"]) == {"all", *made_up.TARGETS}
    assert (table.loc[table["task"] == "all", "n"] == 3 * 5 * 60).all()
    assert (table.loc[table["task"] != "all", "n"] == 5 * 60).all()


def test_methods_are_compared_on_the_same_adapters_and_all_arms_with_the_fresh_lora(found):
    table = tables.read_table(found["merging_methods"], "experiment")
    labels = {panel: list(dict.fromkeys(rows["label"])) for panel, rows in table.groupby("panel")}
    assert labels == {
        "minus average": ["ties", "learned"],
        "minus fresh": ["average", "ties", "learned", "one"],
    }


def test_gain_is_drawn_against_the_number_that_was_merged(found):
    table = tables.read_table(found["gain_against_k"], "experiment")
    lines = table[table["x"].notna() & (table["task"] == "all")]
    lines = lines[lines["metric"] == "exact_match"]
    sizes = {name: list(rows["x"]) for name, rows in lines.groupby("series")}
    assert sizes == {
        "recycled adapters, evaluation, learned": [1, 5, 6],
        "recycled adapters and the fresh LoRA, evaluation, learned": [1, 5],
    }


def test_few_minus_many_is_the_difference_of_the_two(found):
    table = tables.read_table(found["low_data"], "experiment")
    value = table[table["metric"] == "exact_match"].set_index("panel")["value"]
    parts = value["few examples: minus fresh"] - value["many examples: minus fresh"]
    assert value["few minus many"] == pytest.approx(parts, abs=1e-5)


def test_rank_correlation_is_scipys(found, seen):
    table = tables.read_table(found["selectors"], "experiment")
    row = table[(table["label"] == "cosine") & (table["metric"] == "exact_match")]
    got = row[row["quantity"] == "correlation"]["value"].item()
    case = seen["selectors"]
    scores = case.rankings[case.rankings["selector"] == "cosine"]
    means = scores.groupby(["task", "adapter"])["score"].mean()
    arms = [f"only_{i}" for i in range(6)]
    oracle = []
    for task, resampled in case.resamples().items():
        useful = [resampled.observed[resampled.arms.index(arm), 0] for arm in arms]
        oracle.append(spearmanr([means[task, one] for one in made_up.POOL], useful).statistic)
    assert got == pytest.approx(np.mean(oracle), abs=1e-5)


def test_a_target_where_all_adapters_are_equal_foretells_nothing():
    flat = np.full((1, 2, 4), 0.5)
    score = np.arange(8.0).reshape(1, 2, 4)
    assert single_adapters._correlation(score, flat).tolist() == [0]
    flat[0, 1] = [0, 0.1, 0.2, 0.3]
    assert single_adapters._correlation(score, flat).tolist() == pytest.approx([0.5])


def test_no_share_is_anyone_s_where_all_scores_are_equal(seen):
    case = seen["single_adapters"]
    flat = {task: [np.ones_like(run) for run in runs] for task, runs in case.answers.scores.items()}
    answers = replace(case.answers, scores=flat)
    found = single_adapters.single_adapters(replace(case, answers=answers))
    shares = [one.estimate.value for one in found if one.quantity == "share"]
    assert shares == [0] * 6


def test_too_few_resamples_are_refused(seen):
    case = replace(seen["selectors"], statistics=Statistics(resamples=100))
    with pytest.raises(InputError, match=r"statistics.resamples: found 100, expected at least \d+"):
        evidence.table(single_adapters.selectors(case), case)


def test_arms_that_answer_nothing_are_refused(seen):
    for name, about in EXPERIMENTS.items():
        if about.entry.endswith(":against_reference"):
            continue
        bare = replace(
            seen[name], arms=records({"base": made_up.BASE}), merged=seen[name].merged[:0], few=[]
        )
        with pytest.raises(InputError, match=rf"experiments.{name}.arms: .*that this experiment"):
            evidence.table(registry.load(about.entry)(bare), bare)


def test_the_experiments_with_a_reference_are_those_that_compare_with_it():
    needing = {name for name, about in EXPERIMENTS.items() if about.needs_reference}
    assert needing == set(made_up.REFERENCES)
    for name, about in EXPERIMENTS.items():
        assert about.entry.endswith(":against_reference") == (name in needing)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_figure_shows_every_panel_with_n(found, name, tmp_path):
    drawn = registry.load(EXPERIMENTS[name].figure)(table=str(found[name]), name=name)
    table = tables.read_table(found[name], "experiment")
    panels = set(table["panel"])
    axes = [axes for part in [drawn, *drawn.subfigs] for axes in part.axes]
    shown = {
        text
        for ax in axes
        for text in (ax.get_title(loc="left") or ax.get_title(), ax.get_ylabel())
    }
    assert panels <= shown
    assert "n = " in drawn.get_supxlabel()
    assert "95% intervals" in drawn.get_supxlabel()
    labels = {text.get_text() for ax in axes for text in ax.get_yticklabels()}
    rows = table[table["x"].isna()]["label"].map(names.of_arm)
    assert set(rows) <= labels


@pytest.mark.parametrize("basis", ["runs", "answers", "tasks"])
def test_account_and_figure_say_what_their_intervals_are_over(found, basis, tmp_path):
    name = "gain_against_k"
    table = tables.read_table(found[name], "experiment").assign(basis=basis)
    assert f"brackets are intervals over the {basis} of" in account.account({name: table}, "s")
    tables.write_table(table, tmp_path / "x.tsv", "experiment")
    drawn = registry.load(EXPERIMENTS[name].figure)(table=str(tmp_path / "x.tsv"), name=name)
    assert f"95% intervals over {basis}. Open" in drawn.get_supxlabel().replace("\n", " ")


def test_the_account_says_whether_each_claim_held(found):
    read = {name: tables.read_table(path, "experiment") for name, path in found.items()}
    text = account.account(read, "toy")
    assert text.startswith("# Experiments of the study toy\n")
    dial = read["relevance_dial"].query("metric == 'exact_match' and task == 'all'")
    explored = dial[dial["label"] == "sibling task, 1 of 5"]
    assert f"({explored.iloc[0]['p']:.2g})" in text
    for about in EXPERIMENTS.values():
        assert f"## {about.title}\n\n**Claim.** {about.claim}" in text
        assert f"It is refuted when {about.refuted}." in text
    assert "It held: of 4 tests 4 turned out as foretold, 0 otherwise and 0 did not decide." in text
    assert "It held in part: of 2 tests 1 turned out as foretold, 1 otherwise" in text


@pytest.mark.parametrize(
    ("outcomes", "word"),
    [
        (["more", "more"], "It held:"),
        (["more", "undecided"], "It was not decided:"),
        (["undecided"], "It was not decided:"),
        (["less", "equivalent"], "It was refuted:"),
        (["more", "less"], "It held in part:"),
        ([], "No arm of this study tests it."),
    ],
)
def test_a_claim_is_judged_by_the_rows_that_test_it(found, outcomes, word):
    table = tables.read_table(found["relevance_dial"], "experiment")
    row = table[(table["metric"] == "exact_match") & (table["task"] == "all")].iloc[:1]
    rows = row.loc[row.index.repeat(len(outcomes))].assign(outcome=outcomes)
    assert account.held(rows).startswith(word)


def test_every_experiment_says_what_would_refute_it():
    for about in EXPERIMENTS.values():
        assert about.claim.endswith(".")
        assert about.refuted
        assert not about.refuted.endswith(".")


def test_directions_of_the_pool_are_shown_beside_those_of_chosen_adapters_and_the_fresh_lora(found):
    table = tables.read_table(found["pool_subspace"], "experiment")
    shown = table[table["claimed"].isna()]
    assert set(zip(shown["panel"], shown["label"], strict=True)) == {
        ("whole minus chosen adapters", "chosen"),
        *(("minus fresh", arm) for arm in ("whole", "random", "base", "chosen")),
    }


def test_a_calibrated_base_is_compared_by_its_choices_alone(found):
    table = tables.read_table(found["without_training"], "experiment")
    assert set(table.loc[table["label"] == "calibrated", "metric"]) == {"choice_accuracy"}
    assert set(table.loc[table["label"] == "shown", "metric"]) == {"choice_accuracy", "exact_match"}


def test_no_experiment_has_the_name_of_another_table():
    """Each writes `tables/NAME.tsv`, and so do other rules of such a study."""
    rules = Path(__file__).resolve().parents[2] / "workflow/rules"
    texts = [
        file.read_text()
        for room in ("merging", "pool", "verdict")
        for file in (rules / room).iterdir()
    ]
    others = {name for text in texts for name in re.findall(r"<results>/tables/(\w+)\.", text)}
    assert {"tuning", "scores", "training"} <= others
    assert not {*EXPERIMENTS} & others
