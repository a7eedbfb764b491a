"""Communities drawn from counts: the counts are met, by the whole and about by each beginning."""

import time
from collections import Counter

import pytest
import studies
from hypothesis import given, settings
from hypothesis import strategies as st

from recycling.community import dealing, drawing
from recycling.community.defects import DEFECTS
from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.plan.study import mix as mixes
from recycling.plan.study.mix import Mix
from recycling.tasks.builtin import BUILTIN

FILE = studies.ROOT / "workflow/communities/thousand.yaml"
THOUSAND = mixes.read(str(FILE))
TARGETS = ["city_continent", "past_tense", "which_language"]
FAMILIES: dict[str, list[str]] = {}
for task, builtin in BUILTIN.items():
    FAMILIES.setdefault(builtin.family, []).append(task)


def drawn(count=960, seed=1, mix=THOUSAND, targets=TARGETS):
    return drawing.drawn(mix, FAMILIES, targets, sorted(DEFECTS), count, seed)


def fit(community):
    return {name: recipe for name, recipe in community.items() if recipe.defect is None}


WHOLE = drawn()
FIT = fit(WHOLE)


def shape(recipe):
    return recipe.rank, recipe.alpha / recipe.rank, tuple(recipe.modules)


def test_the_whole_has_the_counts_of_the_mix():
    assert len(FIT) == THOUSAND.size == 960
    wanted = Counter()
    for one in THOUSAND.shapes:
        modules = tuple(drawing.KINDS[part] for part in one.modules)
        wanted[max(1, round(one.rank / 8)), one.scale, modules] += one.count
    found = Counter(
        (rank, round(scale, 9), modules) for rank, scale, modules in map(shape, FIT.values())
    )
    assert found == wanted
    sizes = Counter(Counter(recipe.owner for recipe in FIT.values()).values())
    assert sizes == {owners.adapters: owners.count for owners in THOUSAND.owners}
    tasks = Counter(recipe.task for recipe in FIT.values())
    assert {task: tasks.pop(task) for task in TARGETS} == dict.fromkeys(TARGETS, 20)
    assert {*tasks} == {*BUILTIN} - {*TARGETS}
    assert max(tasks.values()) - min(tasks.values()) <= 1
    unfit = Counter(recipe.defect for recipe in WHOLE.values() if recipe.defect)
    assert {*unfit} == {*DEFECTS}
    assert unfit.total() == THOUSAND.unfit
    assert max(unfit.values()) - min(unfit.values()) <= 1
    unnamed = [name for name, recipe in FIT.items() if recipe.task.replace("_", "-") not in name]
    assert len(unnamed) == THOUSAND.unnamed


def test_three_owners_have_a_quarter_of_the_whole():
    owners = Counter(recipe.owner for recipe in FIT.values())
    assert len(owners) == 295
    assert sum(count for _, count in owners.most_common(3)) == 258


def runs(community):
    """Run -> its adapters."""
    found = {}
    for name, recipe in community.items():
        found.setdefault(recipe.run or name, []).append(recipe)
    return found


def test_runs_are_trained_in_the_shares_of_the_mix():
    trained = Counter(
        (recipes[0].steps, recipes[0].learning_rate, recipes[0].rows, recipes[0].labels)
        for recipes in runs(FIT).values()
    )
    whole = sum(learning.share for learning in THOUSAND.learning)
    for one in THOUSAND.learning:
        expected = one.share / whole * trained.total()
        found = trained[one.steps, one.learning_rate, one.rows, one.labels]
        assert abs(found - expected) < 1
    assert sum(one.share for one in THOUSAND.learning) == 100


def test_adapters_of_a_run_are_checkpoints_of_one_owner_or_copies_by_another():
    several = [recipes for recipes in runs(FIT).values() if len(recipes) > 1]
    series = [recipes for recipes in several if len(recipes) == THOUSAND.series.checkpoints]
    copies = [recipes for recipes in several if len(recipes) == 2]
    assert (len(series), len(copies)) == (THOUSAND.series.count, THOUSAND.copies)
    assert len(several) == len(series) + len(copies)
    for recipes in several:
        assert (
            len({(shape(one), one.task, one.steps, one.rows, one.labels) for one in recipes}) == 1
        )
        assert all(one.run is None or one.run in FIT for one in recipes)
    for recipes in series:
        assert len({one.owner for one in recipes}) == 1
        steps = recipes[0].steps
        expected = sorted(max(1, round(part * steps / 4)) for part in range(1, 5))
        assert sorted(one.stop or steps for one in recipes) == expected
    for one, other in copies:
        assert one.owner != other.owner
        assert one.stop is None is other.stop


def test_owners_keep_to_few_shapes_and_families():
    """0.89 of the published adapters have the commonest shape of their owner, if it has several."""
    owned = {}
    for recipe in FIT.values():
        owned.setdefault(recipe.owner, []).append(recipe)
    several = [recipes for recipes in owned.values() if len(recipes) > 1]
    usual = [Counter(map(shape, recipes)).most_common(1)[0][1] for recipes in several]
    assert 0.75 < sum(usual) / sum(map(len, several)) < 0.97
    families = [len({BUILTIN[one.task].family for one in recipes}) for recipes in several]
    assert sum(families) / len(families) < 1.5


@pytest.mark.parametrize("count", [96, 300])
def test_a_beginning_is_the_same_adapters_and_has_about_their_shares(count):
    first = drawn(count)
    assert fit(first) == dict(list(FIT.items())[:count])
    assert WHOLE.items() >= first.items()
    for key in (lambda one: one.rank, lambda one: BUILTIN[one.task].family, lambda one: one.steps):
        whole, part = Counter(map(key, FIT.values())), Counter(map(key, fit(first).values()))
        for value, number in whole.items():
            assert abs(part[value] - number * count / 960) <= 4, value
    owners = Counter(one.owner for one in fit(first).values()).most_common(3)
    assert 0.2 < sum(number for _, number in owners) / count < 0.35
    for target in TARGETS:
        tasks = Counter(one.task for one in fit(first).values())
        assert tasks[target] >= 1
        like = {*FAMILIES[BUILTIN[target].family]} - {target}
        assert sum(tasks[task] for task in like) >= 1
    assert len(first) - count == round(48 * count / 960)


def test_a_seed_gives_one_community():
    assert drawn() == WHOLE
    assert [*drawn()] == [*WHOLE]
    other = drawn(seed=2)
    assert len(fit(other)) == 960
    assert len({*other} & {*WHOLE}) < 96


def test_a_draw_takes_a_fraction_of_a_second():
    """Every job reads the study. A core that has nothing else to do takes 0.035 s."""
    taken = []
    for _ in range(5):
        start = time.process_time()
        drawn(mix=mixes.read(str(FILE)))
        taken.append(time.process_time() - start)
    assert min(taken) < 0.2


@given(st.integers(1, 40), st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_the_first_of_an_even_order_lie_in_any_stretch_by_its_length(size, seed):
    order = dealing.evenly(size, seeds.numpy_generator(seed))
    assert sorted(order) == list(range(size))
    for count in range(1, size + 1):
        for start in range(0, size, 3):
            for stop in range(start + 1, size + 1, 3):
                inside = sum(start <= place < stop for place in order[:count])
                assert abs(inside - count * (stop - start) / size) < 4


def mix(**changes):
    keys = {
        "shapes": [{"count": 8, "rank": 8, "scale": 2, "modules": ["q"]}],
        "owners": [{"count": 4, "adapters": 2}],
        "learning": [{"share": 1, "steps": 8, "learning_rate": 0.001, "rows": 9}],
        "relatives": 1,
    }
    return Mix.model_validate(keys | changes)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"count": 9}, "community_count: found 9, expected at most 8, the size of the mix"),
        ({"mix": mix(relatives=3)}, "relatives: found 3, expected at most 8 for 3 targets"),
        (
            {"mix": mix(copies=5)},
            r"community_from: copies: found 5, expected at most the \d for which",
        ),
        (
            {"mix": mix(series={"count": 5})},
            r"community_from: series: found 5, expected at most the 0 for which",
        ),
    ],
)
def test_a_mix_that_cannot_be_drawn(given, message):
    with pytest.raises(InputError, match=message):
        drawn(**{"mix": mix(), "count": 8} | given)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("owners: []\n", "a.yaml: .*: found .*, expected also"),
        ("shape: 1\n", "a.yaml: .*: found 'shape', expected "),
        (
            FILE.read_text().replace("count: 185", "count: 184"),
            "a.yaml: adapters of all owners: found 959, expected 960, the sum of shapes",
        ),
    ],
)
def test_a_file_that_is_no_mix(tmp_path, text, message):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        mixes.read(str(tmp_path / "a.yaml"))
