"""How many relatives of a target stand among the first k of a ranking."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom

from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.output import style
from recycling.verdict import relatives
from recycling.verdict.relatives_figure import relatives as figure

NAMES = [f"a{number:02d}" for number in range(40)]
ACCEPTED = pd.DataFrame(
    {
        "adapter": NAMES,
        "repo": [f"o/{name}" for name in NAMES],
        "owner": "o",
        # a01 is a copy of a00
        "family": ["a00", "a00", *NAMES[2:]],
    }
)
PUBLISHED = pd.DataFrame(
    [{"repo": f"o/{name}", "recipe": f"r-{name}", "task": "t"} for name in NAMES[2:5]]
)
KIN = {"t": {"same": ["a00"], "sibling": ["r-a02", "a03"]}, "u": {"same": [], "sibling": ["t"]}}


def ranking(order, **about):
    """Rows of the table `selection`; None stands for one that was passed over."""
    told = {"selector": "evaluation", "subpool": "all", "task": "t", "replicate": "0"} | about
    rows, position = [], 0
    for name, there in order:
        position += there
        placed = position if there else None
        rows.append({**told, "adapter": name, "score": 0.0, "position": placed})
    return pd.DataFrame(rows)


def counted(*rankings):
    found = relatives.table(pd.concat(rankings), ACCEPTED, [PUBLISHED], KIN)
    return found.set_index(["selector", "subpool", "task", "replicate", "kin", "k"])


def test_relatives_and_their_copies_are_counted_among_the_first_k():
    order = [("a05", True), ("a01", True), ("a00", False), ("a02", True), ("a03", True)]
    order += [(name, True) for name in NAMES[6:]]
    found = counted(ranking(order))
    same = found.xs(("evaluation", "all", "t", "0", "same"))
    assert same["found"].tolist() == [0, 1, 1, 1]
    assert same.index.tolist() == [1, 3, 10, 30]  # no ranking has a hundred
    assert {*same["relatives"]} == {1}
    sibling = found.xs(("evaluation", "all", "t", "0", "sibling"))
    assert sibling["found"].tolist() == [0, 1, 2, 2]
    assert {*sibling["ranked"]} == {len(order) - 1}


def test_what_chance_finds_is_the_mean_of_the_hypergeometric_distribution():
    generator = np.random.default_rng(1)
    drawn = [
        ranking([(NAMES[i], True) for i in generator.permutation(len(NAMES))], replicate=str(n))
        for n in range(300)
    ]
    found = counted(*drawn).reset_index()
    for (grade, k), rows in found.groupby(["kin", "k"]):
        oracle = hypergeom(len(NAMES), rows["relatives"].iloc[0], k)
        assert rows["expected"].unique() == pytest.approx([oracle.mean()])
        error = oracle.std() / np.sqrt(len(rows))
        assert abs(rows["found"].mean() - oracle.mean()) < 4 * error, grade


def test_each_ranking_has_rows_of_its_own_and_targets_without_kin_have_none():
    every = [(name, True) for name in NAMES]
    found = counted(
        ranking(every),
        ranking(every, subpool="few"),
        ranking(every, task="u"),
        ranking(every, task="v"),
    ).reset_index()
    assert {*map(tuple, found[["subpool", "task", "kin"]].to_numpy())} == {
        ("all", "t", "same"),
        ("all", "t", "sibling"),
        ("few", "t", "same"),
        ("few", "t", "sibling"),
        ("all", "u", "sibling"),
    }


def test_a_relative_that_was_not_accepted_is_named():
    with pytest.raises(InputError, match=r"pool.kin.t: found 'gone', expected an adapter, repo"):
        relatives.table(ranking([("a00", True)]), ACCEPTED, [], {"t": {"same": ["gone"]}})


def made_up(folder):
    """The table of a pool in which one selector sees kinship and the other does not."""
    generator = np.random.default_rng(2)
    rankings = []
    for task in ("t", "u"):
        for replicate in "012":
            for selector, seen in (("evaluation", 1.5), ("random", 0.0)):
                kind = np.array([2.0, 2.0, 1.0, 1.0, 1.0, *[0.0] * 35])
                order = np.argsort(-seen * kind - generator.normal(size=40))
                about = {"task": task, "replicate": replicate, "selector": selector}
                rankings.append(ranking([(NAMES[i], True) for i in order], **about))
    found = relatives.table(pd.concat(rankings), ACCEPTED, [PUBLISHED], KIN)
    tables.write_table(found, folder / "relatives.tsv", "relatives")
    return str(folder / "relatives.tsv")


def test_the_figure_has_a_panel_for_each_target_and_grade(tmp_path):
    drawn = figure(relatives=made_up(tmp_path))
    titles = [axes.get_title(loc="left") or axes.get_title() for axes in drawn.axes]
    assert titles == [
        "t\n2 learnt the same task",
        "u\n0 learnt the same task",
        "t\n2 learnt a sibling task",
        "u\n3 learnt a sibling task",
    ]
    table = tables.read_table(tmp_path / "relatives.tsv", "relatives")
    part = table[(table["task"] == "t") & (table["kin"] == "same")]
    chance, first, points, *_ = drawn.axes[0].lines
    assert chance.get_ydata() == pytest.approx(part.groupby("k")["expected"].mean().to_numpy())
    of_first = part[part["selector"] == part["selector"].iloc[0]]
    assert first.get_ydata() == pytest.approx(of_first.groupby("k")["found"].mean().to_numpy())
    assert len(points.get_ydata()) == len(of_first)


def test_the_figure_is_saved_the_same_twice(tmp_path):
    for name in "ab":
        inputs = {"relatives": made_up(tmp_path)}
        style.save(figure, inputs, str(tmp_path / f"{name}.svg"), str(tmp_path / f"{name}.png"))
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
