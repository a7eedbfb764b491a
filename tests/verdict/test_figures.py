import itertools
import math
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import synthetic_experiments
import synthetic_transfer as pool
from hostile import TEXTS
from hypothesis import given
from hypothesis import strategies as st
from synthetic_choice import ON_TEST, SINGLE, made
from synthetic_study import (
    ARMS,
    PAID,
    REPLICATES,
    TASKS,
    coefficients,
    curve,
    jobs,
    predictions,
    scored,
    training,
)

from recycling.ground import registry, tables
from recycling.output import names, style
from recycling.plan.study.merging import Arm, Statistics
from recycling.plan.wiring import built_in
from recycling.pool.candidate import code
from recycling.verdict import (
    FIGURES,
    arm_style,
    cost_figure,
    optimism,
    reliability,
    summary,
    transfer_map,
    variance,
    weights,
)
from recycling.verdict.experiments import EXPERIMENTS, arm_sets, evidence

ENTRIES = registry.entries(FIGURES) | {"experiment": EXPERIMENTS["design_ablation"].figure}
SHOWN = ("base", "fresh", "best_single", "adaptive_with_target", "twins_with_target")
SOME = {arm: ARMS[arm] for arm in SHOWN}
RECIPES = built_in(SOME)
REJECTED = [
    ("header", "shape_mismatch"),
    ("config", "wrong_base"),
    ("config", "dora"),
    ("config", "wrong_base"),
]


def answered(task, replicate):
    """The prediction file of a unit."""
    return pd.concat([predictions(arm, task, replicate, 20).assign(arm=arm) for arm in SOME])


FOUND = [
    {
        "selector": selector,
        "subpool": "all",
        "task": task,
        "replicate": "0",
        "kin": "same",
        "k": k,
        "found": k // 2,
        "expected": k / 4,
        "relatives": 3,
        "ranked": 12,
    }
    for selector in ("evaluation", "random")
    for task in TASKS
    for k in (1, 3, 10)
]


GRADES = {
    (task, adapter): "same" if place == 0 else "unrelated"
    for task in pool.TASKS
    for place, adapter in enumerate(pool.ADAPTERS)
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Figure name -> inputs, for a small study on disk."""
    folder = tmp_path_factory.mktemp("study")

    def stored(rows, schema, name=""):
        path = folder / f"{schema}{name}.tsv"
        tables.write_table(rows, path, schema)
        return str(path)

    answers = summary.answered(scored(n=20), list(SOME), TASKS, Statistics())
    means = summary.means(answers)
    case = synthetic_experiments.evidence("design_ablation")
    designs = arm_sets.against_reference(case)
    units = {(task, number): answered(task, number) for task in TASKS for number in REPLICATES}
    stated = reliability.answered(units, list(SOME), "fixed")
    map_of_transfer = transfer_map.table(
        pd.concat(
            [
                transfer_map.evidence(*pool.made(), pool.MEASURES, "base"),
                transfer_map.weights(*pool.merged(), {*pool.ADAPTERS}),
            ]
        ),
        {("a", pool.ADAPTERS[0]): "sibling"},
    )
    blank = dict.fromkeys(tables.columns("rejected"))
    cells = [("fresh", task, "0") for task in TASKS] + [("average", TASKS[0], "0")]
    trained = {"training": stored(training(), "training")}
    return {
        "attrition": {
            "accepted": stored([dict.fromkeys(tables.columns("accepted"))] * 5, "accepted"),
            "rejected": stored(
                [{**blank, "stage": s, "reason": r} for s, r in REJECTED], "rejected"
            ),
        },
        **{
            name: {"summary": stored(means, "summary"), "arms": RECIPES, **trained}
            for name in ("accuracy", "accuracy_by_task")
        },
        "differences": {
            "contrasts": stored(summary.contrasts(answers, SOME, Statistics()), "contrasts"),
            "arms": RECIPES,
            **trained,
        },
        "cost": {
            "cost": stored(summary.costs({arm: PAID[arm] for arm in SOME}, jobs(), means), "cost"),
            "summary": stored(means, "summary"),
            "arms": RECIPES,
            **trained,
        },
        "coefficients": {
            "coefficients": [stored(coefficients(layers=3), "coefficients")],
            "cells": [("adaptive_with_target", "past_tense", "0")],
            "base": "lab/Tiny-1B",
            **trained,
        },
        "curves": {
            "curves": [stored(curve(*cell), "curve", "".join(cell)) for cell in cells[:3]]
            + [stored([], "curve", "none")],
            "cells": cells,
        },
        "reliability": {
            "reliability": stored(reliability.errors(stated, SOME), "reliability"),
            "curve": stored(reliability.curves(stated), "reliability_curve"),
            "arms": RECIPES,
        },
        "variance": {
            "variance": stored(variance.table(answers, SOME, Statistics(), 1), "variance")
        },
        "optimism": {
            "optimism": stored(
                optimism.table(
                    *made(runs=3), {"exact_match": ON_TEST, "likelihood": SINGLE}, "fixed"
                ),
                "optimism",
            )
        },
        "transfer": {
            "transfer": stored(map_of_transfer, "transfer"),
            "correlations": stored(
                transfer_map.correlations(map_of_transfer, 100, 1), "transfer_correlations"
            ),
        },
        "relatives": {"relatives": stored(FOUND, "relatives")},
        "weights": {"weights": stored(weights.table(*pool.merged(), GRADES), "weights")},
        "experiment": {
            "table": stored(evidence.table(designs, case), "experiment"),
            "name": case.name,
        },
        "folder": folder,
        "stored": stored,
    }


def draw(name, inputs):
    return registry.load(ENTRIES[name])(**inputs)


def titles(figure):
    """Titles of the panels with data."""
    panels = [axes for axes in figure.axes if axes.lines or axes.images]
    return [axes.get_title(loc="left") or axes.get_title() for axes in panels]


def texts(figure):
    """All text of a figure."""
    found = [text.get_text() for axes in figure.axes for text in axes.texts]
    for axes in figure.axes:
        found += [axes.get_title(loc="left"), axes.get_title(), axes.get_ylabel()]
        found += [label.get_text() for label in axes.get_yticklabels()]
    return [*found, *(text.get_text() for text in figure.texts)]


def saved(name, study, folder):
    svg, png = folder / "x.svg", folder / "x.png"
    style.save(registry.load(ENTRIES[name]), study[name], str(svg), str(png))
    return svg.read_bytes(), png.read_bytes()


@pytest.mark.parametrize("name", ENTRIES)
def test_every_figure_is_saved_without_a_date(study, tmp_path, name):
    svg, png = saved(name, study, tmp_path)
    assert svg.startswith(b"<?xml")
    assert b"<dc:date>" not in svg
    assert png.startswith(b"\x89PNG")
    assert not list(tmp_path.glob(".*.tmp"))


def test_a_figure_has_the_same_bytes_each_time(study, tmp_path):
    assert saved("attrition", study, tmp_path) == saved("attrition", study, tmp_path)


def test_the_table_names_functions_with_keyword_arguments_only():
    for entry in ENTRIES.values():
        assert registry.options(entry)


def test_attrition_counts_every_candidate_once(study):
    figure = draw("attrition", study["attrition"])
    found = texts(figure)
    order = [text for text in found if ": " in text]
    assert order == ["header: shape mismatch", "config: wrong base", "config: dora"]
    shown = [text for text in found if text.removeprefix("\N{MINUS SIGN}").isdigit()]
    minus = "\N{MINUS SIGN}"
    assert shown == ["9", f"{minus}1", f"{minus}2", f"{minus}1", "5"]
    assert any("n = 9 candidates" in text for text in found)


def test_attrition_of_a_clean_pool(study):
    clean = {**study["attrition"], "rejected": study["stored"]([], "rejected", "none")}
    assert [t.get_text() for t in draw("attrition", clean).axes[0].texts] == ["5", "5"]


@pytest.mark.hostile
def test_reasons_beyond_thirty_are_counted_together(study):
    """3,000 strangers with a reason each, and a few that many have."""
    row = {"repo": "ana/x", "commit": "0" * 40, "detail": "found x"}
    many = [
        {**row, "stage": stage, "reason": f"unknown_config:k{number}"}
        for stage, number in zip(["listing", "header", "header"] * 1000, range(3000), strict=True)
    ]
    many += [{**row, "stage": "header", "reason": "base_mismatch"}] * 7
    stored = study["stored"](many, "rejected", "many")
    figure = draw("attrition", {**study["attrition"], "rejected": stored})
    bars = [text for text in texts(figure) if ": " in text and "unknown config" not in text]
    assert bars == ["listing: other reasons", "header: base mismatch", "header: other reasons"]
    assert figure.get_figheight() < 15
    removed = [
        int(t.get_text()[1:]) for t in figure.axes[0].texts if t.get_text()[0] == "\N{MINUS SIGN}"
    ]
    assert sum(removed) == 3007
    assert len(removed) <= 33


@pytest.mark.hostile
def test_no_reason_is_markup_in_a_figure(study, tmp_path):
    """A report takes figures as SVG. What strangers write gets there as a part of a reason."""
    blank = dict.fromkeys(tables.columns("rejected"))
    many = [
        {**blank, "stage": "header", "reason": f"unknown_config:{code(text)}"}
        for text in TEXTS.values()
    ]
    hostile = {**study["attrition"], "rejected": study["stored"](many, "rejected", "hostile")}
    svg, _ = saved("attrition", {"attrition": hostile}, tmp_path)
    elements = list(ElementTree.fromstring(svg).iter())
    drawn = {"svg", "metadata", "defs", "style", "g", "path", "use", "clipPath", "rect"}
    about = {"RDF", "Work", "type", "format", "title", "creator", "Agent"}
    assert {element.tag.rpartition("}")[2] for element in elements} <= drawn | about
    assert not [name for element in elements for name in element.attrib if name.startswith("on")]


def rows(figure):
    """The names of the rows of the first panel; a group has none, but its name in the panel."""
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_accuracy_groups_arms_by_what_they_are_the_best_first(study):
    figure = draw("accuracy", study["accuracy"])
    shown = [text.get_text() for text in figure.axes[0].texts]
    assert shown == [arm_style.GROUPS[name] for name in arm_style.grouped(SOME, {})]
    table = tables.read_table(study["accuracy"]["summary"], "summary")
    table = table[(table["task"] == "all") & (table["metric"] == "exact_match")]
    scores = dict(zip(table["arm"], table["mean"], strict=True))
    named = arm_style.labels(SOME, tables.read_table(study["accuracy"]["training"], "training"))
    for members in arm_style.grouped(SOME, scores).values():
        places = [rows(figure).index(named[arm]) for arm in members]
        assert places == [*range(places[0], places[0] + len(places))]
        found = [scores[arm] for arm in members if arm in scores]
        assert found == sorted(found, reverse=True)
    note = " ".join(figure.get_supxlabel().split())
    assert "95% intervals" in note
    assert "n = 300 answers per arm: 3 tasks, 15 trained runs." in note


def test_accuracy_by_task_has_a_panel_per_task_in_the_same_order(study):
    figure = draw("accuracy_by_task", study["accuracy_by_task"])
    assert titles(figure) == ["city country", "country german", "past tense"]
    assert rows(figure) == rows(draw("accuracy", study["accuracy"]))


def test_accuracy_of_many_tasks_takes_more_lines(study):
    one = tables.read_table(study["accuracy"]["summary"], "summary")
    many = [one.assign(task=f"task_{i}") for i in range(9)]
    path = study["stored"](pd.concat([one[one["task"] == "all"], *many]), "summary", "many")
    figure = draw("accuracy_by_task", {**study["accuracy"], "summary": path})
    assert [axes.get_visible() for axes in figure.axes] == [True] * 9 + [False] * 3


@pytest.mark.parametrize(
    ("arm", "group"),
    [
        ({}, "base"),
        ({"demonstrations": 4}, "in context"),
        ({"fresh": True}, "fresh"),
        ({"fresh": "longer"}, "fresh"),
        ({"pool": "real", "select": "random", "k": 1}, "static"),
        ({"pool": "real", "select": "random", "k": 2, "merge": {"method": "iso_c"}}, "static"),
        ({"pool": "real", "select": "random", "k": 2, "merge": {"method": "lorahub"}}, "learned"),
        ({"pool": "real", "select": "random", "k": 2, "merge": {"method": "arrow"}}, "routed"),
        ({"pool": "real", "select": "oracle", "k": 1}, "controls"),
        (
            {"pool": "twins", "twin": "norm", "select": "random", "k": 2}
            | {"merge": {"method": "average"}},
            "controls",
        ),
    ],
)
def test_every_arm_has_a_group(arm, group):
    assert arm_style.group(Arm.model_validate(arm)) == group


def test_differences_show_every_arm_against_fresh(study):
    figure = draw("differences", study["differences"])
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    start = "adaptive merging with target (start 5/15)"
    assert labels == ["best single", start, "twins with target"]
    assert "Start 5/15: in 5 of 15 runs" in figure.get_supxlabel()
    # Per row the overall difference and three tasks, a line and a point each; and the zero.
    assert [len(axes.lines) for axes in figure.axes] == [1 + 3 * 4 * 2] * 2


def test_differences_of_a_study_without_pairs(study):
    empty = study["stored"]([], "contrasts", "none")
    bare = {"contrasts": empty, "arms": {"base": built_in(ARMS["base"])}}
    figure = draw("differences", {**study["differences"], **bare})
    assert figure.axes
    assert "Start" not in figure.get_supxlabel()


def filled(axes):
    """Whether each mark of a panel is filled, from top to bottom; a text where there is none."""
    marks = {line.get_ydata()[0]: line.get_markerfacecolor() != "white" for line in axes.lines}
    return marks | {text.get_position()[1]: text.get_text() for text in axes.texts}


def test_cost_has_a_row_for_each_arm_the_best_first(study):
    figure = draw("cost", study["cost"])
    right, *spent = figure.axes
    table = tables.read_table(study["cost"]["summary"], "summary")
    table = table[(table["task"] == "all") & (table["metric"] == "exact_match")]
    means = table.set_index("arm")["mean"].sort_values(ascending=False, kind="stable")
    assert [text.get_text() for text in right.get_yticklabels()] == [
        {"adaptive_with_target": "adaptive merging with target (start 5/15)"}.get(
            arm, arm.replace("_", " ")
        )
        for arm in means.index
    ]
    marks = [line.get_xdata()[0] for line in right.lines if line.get_marker() == "o"]
    assert marks == list(means)
    for axes in spent:
        rows = filled(axes)
        assert sorted(rows) == list(range(len(means)))
        assert rows[list(means.index).index("base")] == "free"


def test_a_cost_that_is_not_known_is_said_to_be_so(study):
    spent = tables.read_table(study["cost"]["cost"], "cost")
    spent.loc[spent["arm"] == "fresh", "tokens"] = pd.NA
    path = study["stored"](spent, "cost", "unknown")
    right, seconds, tokens = draw("cost", {**study["cost"], "cost": path}).axes
    place = [text.get_text() for text in right.get_yticklabels()].index("fresh")
    assert filled(seconds)[place] in (True, False)
    assert filled(tokens)[place] == "not measured"


@pytest.mark.parametrize("decades", [0, 0.1, 0.3, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 7])
def test_costs_are_plain_numbers_with_room_between_them(study, decades):
    spent = tables.read_table(study["cost"]["cost"], "cost")
    some = spent["seconds"] > 0
    spent["seconds"] = spent["seconds"].astype(float)
    spent.loc[some, "seconds"] = np.geomspace(0.031, 0.031 * 10**decades, some.sum())
    path = study["stored"](spent, "cost", "wide")
    figure = draw("cost", {**study["cost"], "cost": path})
    figure.draw_without_rendering()
    axis = figure.axes[1].get_xaxis()
    low, high = axis.get_view_interval()
    labels = [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    assert len(labels) >= 2
    assert all(float(label.get_text()) > 0 for label in labels)
    extents = [label.get_window_extent() for label in labels]
    assert not any(one.x1 >= other.x0 for one, other in itertools.pairwise(extents))


AMOUNTS = st.lists(
    st.tuples(st.integers(0, 4) | st.just(math.nan), st.integers(0, 4)), min_size=1, max_size=7
)


@given(AMOUNTS)
def test_filled_are_the_arms_that_no_other_beats(amounts):
    """A beaten arm is beaten by one that is filled, and none that is filled beats another."""
    spent, right = (pd.Series(list(column), dtype=float) for column in zip(*amounts, strict=True))
    spent.index = right.index = spent.index.map(str)
    best = cost_figure.efficient(spent, right)
    known = set(spent.dropna().index)
    assert best <= known

    def beats(one, other):
        here, there = (spent[one], -right[one]), (spent[other], -right[other])
        return here != there and all(a <= b for a, b in zip(here, there, strict=True))

    assert not any(beats(one, other) for one in best for other in best)
    assert all(any(beats(one, other) for one in best) for other in known - best)


def test_coefficients_have_a_panel_per_source(study):
    figure = draw("coefficients", study["coefficients"])
    panels = [axes for axes in figure.axes if axes.images]
    assert titles(figure) == [
        "fresh",
        "capitals",
        "language-in-\nfrench",
        "plurals",
        "Tiny-1B",
    ]
    absent = panels[3].images[0].get_array().mask
    assert absent.sum() == 3 * 3
    assert panels[0].images[0].get_clim()[0] == -panels[0].images[0].get_clim()[1]


def test_only_the_first_and_the_strongest_of_many_sources_are_shown(study):
    rows = [
        {"source": f"s{i}", "module": "*", "direction": None, "coefficient": float(i)}
        for i in range(9)
    ]
    path = study["stored"](rows, "coefficients", "many")
    cells = [("average", "t", "0")]
    figure = draw("coefficients", {**study["coefficients"], "coefficients": [path], "cells": cells})
    assert titles(figure) == ["s0", "s4", "s5", "s6", "s7", "s8"]


def test_coefficients_may_all_be_zero(study):
    rows = [{"source": "a", "module": "m.0.q_proj", "direction": 0, "coefficient": 0.0}]
    path = study["stored"](rows, "coefficients", "zero")
    cells = [("a", "t", "0")]
    assert draw(
        "coefficients", {**study["coefficients"], "coefficients": [path], "cells": cells}
    ).axes


def test_coefficients_are_of_the_arm_that_moved_most_and_say_where_it_did_not(study):
    still, moved = "adaptive_with_target", "adaptive"
    (path,) = study["coefficients"]["coefficients"]
    cells = [[arm, task, "0"] for arm in (still, moved) for task in TASKS]
    many = {**study["coefficients"], "coefficients": [path] * len(cells)}

    def lines(of):
        figure = draw("coefficients", {**many, "cells": of})
        found = [axes.get_ylabel() for axes in figure.axes if axes.images]
        return [label.removesuffix("\nlayer").split("\n")[1] for label in found if label]

    assert lines(cells) == ["adaptive merging, replicate 0"] * len(TASKS)
    of_one = [cell for cell in cells if cell[0] == still]
    many["coefficients"] = [path] * len(TASKS)
    label = "adaptive merging with target, replicate 0"
    assert lines(of_one) == [f"{label}, its start", label, label]


def test_curves_have_a_panel_per_arm_that_trains(study):
    figure = draw("curves", study["curves"])
    assert titles(figure) == ["fresh"]
    assert len(figure.axes[0].lines) == 3 * 3


@pytest.mark.parametrize("name", ["coefficients", "curves"])
def test_a_study_that_learns_nothing_says_so(name):
    more = {"training": "", "base": ""} if name == "coefficients" else {}
    figure = draw(name, {name: [], "cells": [], **more})
    assert "No arm of this study" in figure.get_supxlabel()


def test_every_figure_has_a_caption_with_its_claim():
    report = Path(__file__).parents[2] / "workflow" / "report"
    for name in ENTRIES:
        text = " ".join((report / f"{name}.rst").read_text().split())
        assert "refuted" in text, name
        assert "interval" in text, name


# reliability


def test_each_arm_has_a_panel_with_its_points_its_error_and_n(study):
    figure = draw("reliability", study["reliability"])
    found = texts(figure)
    errors = tables.read_table(study["reliability"]["reliability"], "reliability")
    errors = errors[(errors["task"] == "all") & (errors["quantity"] == "calibration_error")]
    points = tables.read_table(study["reliability"]["curve"], "reliability_curve")
    for row in errors.itertuples():
        said = f"error {row.value:.2f} [{row.low:.2f}, {row.high:.2f}]"
        title = f"{names.of_arm(row.arm)}\n{said}"
        [axes] = [axes for axes in figure.axes if axes.get_title() == title]
        assert len(axes.lines[-1].get_xdata()) == (points["arm"] == row.arm).sum()
    assert any("n = 300 answers per arm, 15 runs" in text for text in found)


# variance


def test_sources_stand_beside_those_of_each_difference_that_decides(study):
    figure = draw("variance", study["variance"])
    table = tables.read_table(study["variance"]["variance"], "variance")
    minus = "\N{MINUS SIGN}"
    differences = table.dropna(subset=["arm"])[["arm", "reference"]].drop_duplicates()
    assert len(differences) >= 3
    assert [axes.get_title() for axes in figure.axes] == [
        "scores of all arms",
        *(
            f"{names.of_arm(row.arm)} {minus} {names.of_arm(row.reference)}"
            for row in differences.itertuples()
        ),
    ]
    left, *others = [[label.get_text() for label in axes.get_yticklabels()] for axes in figure.axes]
    both = [f"arm \N{MULTIPLICATION SIGN} {other}" for other in ("task", "run", "row")]
    assert left == ["task", "run", "row", "arm", *both]
    assert {tuple(labels) for labels in others} == {("task", "run", "row")}
    drawn = [line.get_xdata()[0] for line in figure.axes[0].lines if len(line.get_xdata()) == 1]
    shares = table[table["arm"].isna()].sort_values("metric", ascending=False, kind="stable")
    assert sorted(drawn) == pytest.approx(sorted(shares["share"]))


def test_a_score_without_any_variance_is_said_to_be_equal(study):
    table = tables.read_table(study["variance"]["variance"], "variance")
    table = table[table["arm"].isna()]
    constant = table["metric"] == "exact_match"
    table.loc[constant, ["share", "low", "high"]] = None
    figure = draw("variance", {"variance": study["stored"](table, "variance", "equal")})
    assert [text.get_text() for text in figure.axes[0].texts] == ["exact match: all equal"]


# optimism


def test_each_score_has_a_panel_with_its_selector_and_what_is_due_to_the_choice(study):
    figure = draw("optimism", study["optimism"])
    assert titles(figure) == ["exact match", "minus nll per answer token"]
    table = tables.read_table(study["optimism"]["optimism"], "optimism")
    drawn = [line.get_xdata()[0] for axes in figure.axes for line in axes.lines[1:]]
    for value in table[table["task"] == "all"]["value"]:
        assert min(abs(x - value) for x in drawn) < 1e-12
    assert any("exact_match: 6 runs, 288 test answers" in text for text in texts(figure))
    assert not any("not told apart" in text for text in texts(figure))


def test_a_choice_from_a_part_of_the_pool_has_a_row_of_its_own(study):
    table = optimism.table(
        *made(runs=3, parts={"of_3": 3}),
        {"exact_match": replace(ON_TEST, parts=["all", "of_3"]), "likelihood": SINGLE},
        "fixed",
    )
    figure = draw("optimism", {"optimism": study["stored"](table, "optimism", "of_parts")})
    rows = [[tick.get_text() for tick in axes.get_yticklabels()] for axes in figure.axes]
    assert rows == [["exact match", "exact match, of 3"], ["likelihood"]]
    assert any("exact_match, of_3: 6 runs, 288 test answers" in text for text in texts(figure))


def test_a_gap_alone_is_said_to_have_two_causes_and_one_run_to_have_no_interval(study):
    table = tables.read_table(study["optimism"]["optimism"], "optimism")
    table = table[table["quantity"] == "gap"].assign(low=None, high=None)
    figure = draw("optimism", {"optimism": study["stored"](table, "optimism", "gap")})
    [note] = [text for text in texts(figure) if "not told apart" in text]
    assert "Without an interval: one run" in note


# transfer


def test_maps_stand_side_by_side_with_numbers_kin_and_correlations_below(study):
    figure = draw("transfer", study["transfer"])
    assert [axes.get_title() for axes in figure.axes] == [
        "gain over the base\n(exact match, test rows)",
        "closeness to the fresh LoRA\n(cosine)",
        "weight in\nadaptive",
        "",
    ]
    first, _, weights, below = figure.axes
    names = [label.get_text() for label in first.get_yticklabels()]
    assert names == [f"lora-{i}" for i in range(7, -1, -1)]
    assert "0 \N{WHITE CIRCLE}" in [text.get_text() for text in first.texts]
    assert len(weights.texts) == 2 * 5
    rows = [label.get_text() for label in below.get_yticklabels()]
    assert rows == ["score: nll", "closeness: cosine", "weight: adaptive"]
    [note] = [text for text in texts(figure) if "n = 8 adapters, 3 runs to a target" in text]
    assert "Grey: never merged" in note
    assert "a sibling" in note


def test_of_a_large_pool_the_best_are_shown_by_the_end_of_their_names(study):
    table = tables.read_table(study["transfer"]["transfer"], "transfer")
    table = table[(table["quantity"] == "gain") & (table["adapter"] == "owner--lora-1")]
    long = [f"owner--{'x' * 40}-{i:02d}" for i in range(40)]
    many = pd.concat([table.assign(adapter=name, value=i) for i, name in enumerate(long)])
    figure = draw(
        "transfer",
        {
            "transfer": study["stored"](many, "transfer", "many"),
            "correlations": study["stored"]([], "transfer_correlations", "none"),
        },
    )
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(names) == 30
    assert names[0].endswith("x-39")
    assert len(names[0]) == 37
    assert len(figure.axes) == 1
    assert any("The 30 best are shown" in text for text in texts(figure))
