from dataclasses import replace

import numpy as np
import pytest

from recycling.statistics import design, inference, simulation
from recycling.statistics.inference import SHARE_DIFFERENCE
from recycling.statistics.moments import Moments

MARGIN = 0.05


def moments(value, spread=0.05, tasks=3, runs=4, n=48, shared=0.0, item=0.3):
    """A design whose run means differ as normal ones with that spread would."""
    steps = np.linspace(-1, 1, runs)
    steps *= spread / steps.std(ddof=1)
    return Moments(
        runs=value + np.tile(steps, (tasks, 1)),
        answers=np.full(tasks, item / n),
        shared=np.full(tasks, shared),
        constant=np.asarray(False),
        n=tasks * runs * n,
    )


def decided(found, runs, truth, seed=1):
    """The share of made-up studies of a design that decide."""
    of = replace(design.own(found, "fixed"), runs=runs)
    rates = simulation.rates(of, truth, "fixed", MARGIN, np.random.default_rng(seed))
    return max(rates.found, rates.equal)


@pytest.mark.parametrize(("value", "spread"), [(0.06, 0.1), (0.1, 0.14), (0.0, 0.09), (0.02, 0.1)])
def test_the_replicates_that_decide_do_so_four_times_in_five(value, spread):
    found = moments(value, spread)
    needed = design.outlook(found, "fixed", MARGIN, 1, 1000).replicates
    assert needed > 4
    assert 0.74 < decided(found, needed, value) < 0.95
    assert decided(found, max(2, needed // 2), value) < 0.75


def test_holm_s_correction_asks_for_more():
    found = moments(0.06, 0.1)
    alone, of_five = (
        design.outlook(found, "fixed", MARGIN, family, 1000).replicates for family in (1, 5)
    )
    assert of_five > alone


def test_where_rows_are_shared_more_replicates_do_not_pass_a_floor():
    found = moments(0.06, 0.1, shared=0.004)
    looked = design.outlook(found, "fixed", MARGIN, 1, 220)
    assert looked.replicates is None
    assert 220 < looked.rows < 2000
    enough = replace(found, shared=found.shared * 220 / looked.rows)
    assert design.outlook(enough, "fixed", MARGIN, 1, 220).replicates is not None


def test_a_difference_at_the_margin_of_equality_is_never_shown_equal():
    looked = design.outlook(moments(0.0005, 0.1, shared=0.0), "fixed", 0.0005, 1, 220)
    assert looked == design.Outlook(None, None)


def test_one_run_says_nothing_of_more():
    assert design.outlook(moments(0.3, runs=4), "fixed", MARGIN, 1, 220).replicates is not None
    one = replace(moments(0.3), runs=np.full((3, 1), 0.3))
    assert design.outlook(one, "fixed", MARGIN, 1, 220) == design.Outlook(None, None)


def test_random_tasks_are_not_replaced_by_replicates():
    found = moments(0.05, tasks=8)
    found = replace(found, runs=found.runs + np.linspace(-0.3, 0.3, 8)[:, None])
    assert design.outlook(found, "random", MARGIN, 1, 220) == design.Outlook(None, None)
    alike = replace(found, runs=found.runs - np.linspace(-0.3, 0.3, 8)[:, None])
    assert design.outlook(alike, "random", MARGIN, 1, 220).replicates is not None
    assert design.own(found, "random").between == pytest.approx(0.21, abs=0.03)


def test_the_length_of_a_list_is_seen_from_what_runs_share():
    rng = np.random.default_rng(2)
    lengths = [
        design.list_rows([[rng.permutation(220)[:48] for _ in range(5)] for _ in range(3)])
        for _ in range(50)
    ]
    assert np.mean(lengths) == pytest.approx(220, rel=0.1)
    assert design.list_rows([[np.arange(48)] * 2]) == 48
    assert design.list_rows([[np.arange(48), np.arange(48) + 100]]) == np.inf


def test_own_variances_are_those_that_were_drawn():
    rng = np.random.default_rng(3)
    made = simulation.Design(
        runs=6,
        answers=np.full(40, 100),
        spread=np.full(40, 0.08),
        differing=np.full(40, 0.4),
        shared=np.zeros(40),
    )
    drawn = simulation.simulated(made, 0.1, rng, 1)
    one = Moments(drawn.runs[0], drawn.answers[0], drawn.shared[0], drawn.constant[0], drawn.n)
    found = design.own(one, "fixed")
    assert np.sqrt((found.spread**2).mean()) == pytest.approx(0.08, rel=0.15)
    assert found.differing.mean() == pytest.approx(0.4, rel=0.05)
    assert list(found.answers) == [100] * 40


def of_folds(value, spread, replicates, item=0.3):
    """A task with 100 rows in five folds."""
    found = moments(value, spread, tasks=1, runs=5 * replicates, n=20, item=item)
    return replace(found, folds=5)


def test_the_replicates_of_folds_that_decide_do_so_at_least_four_times_in_five():
    """The corrected variance is cautious: it takes more of the differences for overlap."""
    found = of_folds(0.22, 0.12, 1)
    needed = design.outlook(found, "fixed", MARGIN, 1, 100).replicates
    assert needed > 2
    assert decided(found, 5 * needed, 0.22) > 0.74
    assert decided(found, 5, 0.22) < 0.74


def test_more_replicates_of_folds_do_not_pass_a_floor_and_more_rows_do():
    found = of_folds(0.12, 0.12, 2)
    looked = design.outlook(found, "fixed", MARGIN, 1, 100)
    assert looked.replicates is None
    assert 100 < looked.rows < 1000
    rows = [rows for fold in range(5) for rows in [np.arange(20) + 20 * fold]]
    assert design.list_rows([rows * 2], folds=5) == 100
    assert design.own(found, "fixed").folds == 5


def test_the_chance_to_show_equality_is_that_of_made_up_studies():
    of = design.own(moments(0.0, 0.02, n=500), "fixed")
    chance = design.shown_equal(of, "fixed", MARGIN, np.random.default_rng(4))
    drawn = simulation.simulated(of, 0.0, np.random.default_rng(5), 4000)
    found = inference.intervals(drawn, "fixed", SHARE_DIFFERENCE)
    assert chance == pytest.approx(((found.low > -MARGIN) & (found.high < MARGIN)).mean(), abs=0.03)
    assert chance > 0.8
