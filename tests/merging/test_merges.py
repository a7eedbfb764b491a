"""What holds for every merge that looks at weights alone."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from merge_cases import MIXED_RANKS, SHAPES, STATIC, WHOLE, close, dense, merges, pool, pools
from model_cases import problem

from recycling import composition
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground import registry
from recycling.ground.errors import InputError
from recycling.merging import METHODS, free_of_data
from recycling.merging.problem import Problem

FACTOR = st.floats(0.1, 10).flatmap(lambda x: st.sampled_from([x, -x]))
# In the span the share of kept entries is one of a core that the zero adapter widens; the export of
# what is not low rank has the rank that the zero adapter adds to.
NO_VOTE = sorted(set(STATIC) - {"average", "ties_span", "ties", "dare"})
# Of copies, the spectrum is flattened all the same.
KEEPS_COPIES = sorted(set(STATIC) - {"iso_c"})


def run(name, adapters, **options):
    return STATIC[name](problem(adapters), **options)


def scaled(adapters, factor):
    return [Adapter(a.name, {m: f.scaled(factor) for m, f in a.items()}) for a in adapters]


def zero(rank=2):
    parts = {
        module: Factors(
            torch.zeros(rank, width, dtype=torch.float64),
            torch.zeros(out, rank, dtype=torch.float64),
        )
        for module, (out, width) in SHAPES.items()
    }
    return Adapter("zero", parts)


def as_if_one(name, count):
    """Options under which `count` copies count as one."""
    options = dict(WHOLE.get(name, {}))
    return options | ({"scale": 1 / count} if name in ("task_arithmetic", "dare") else {})


@given(merges(KEEPS_COPIES), st.integers(1, 4))
def test_a_merge_of_copies_is_the_copy(merge, count):
    name, (one, *_) = merge
    copies = [Adapter(f"copy-{i}", one.modules) for i in range(count)]
    close(run(name, copies, **as_if_one(name, count)), dense(one))


@given(merges(), st.randoms(use_true_random=False))
def test_the_order_of_adapters_does_not_matter(merge, random):
    name, adapters = merge
    expected = dense(run(name, adapters).modules)
    random.shuffle(adapters)
    close(run(name, adapters), expected)


@given(merges(MIXED_RANKS))
def test_updates_count_not_their_factors(merge):
    name, adapters = merge
    split = [
        Adapter(a.name, {m: Factors(f.a.flip(0) * 50, f.b.flip(1) / 50) for m, f in a.items()})
        for a in adapters
    ]
    close(run(name, split), dense(run(name, adapters).modules))


@given(merges(NO_VOTE), st.integers(0, 4), st.booleans())
def test_a_zero_adapter_has_no_vote(merge, position, whole):
    name, adapters = merge
    options = WHOLE.get(name, {}) if whole else {}
    expected = dense(zero()) | dense(run(name, adapters, **options).modules)
    rank = next(iter(adapters[0].values())).rank
    with_zero = [*adapters[:position], zero(rank), *adapters[position:]]
    close(run(name, with_zero, **options), expected)


@pytest.mark.parametrize("name", ["dare", "ties"])
@pytest.mark.parametrize("density", [0.3, 1.0])
def test_a_zero_adapter_has_no_vote_among_all_entries(name, density):
    """At full rank, where the rank that it adds to the export makes no difference."""
    adapters = pool((4, 4, 4))
    expected = dense(run(name, adapters, density=density).modules)
    close(run(name, [zero(), *adapters], density=density), expected)


@given(merges(), FACTOR)
def test_scaled_adapters_give_the_scaled_merge(merge, factor):
    """The scale alpha/r of the sources and the option `scale` act as one factor."""
    name, adapters = merge
    expected = {m: factor * delta for m, delta in dense(run(name, adapters).modules).items()}
    close(run(name, scaled(adapters, factor)), expected)
    if name != "average":
        close(run(name, adapters, scale=factor), expected)


@given(merges())
def test_every_changed_module_has_a_result_of_at_most_the_summed_rank(merge):
    name, adapters = merge
    merged = run(name, adapters)
    summed = {m: sum(a[m].rank for a in adapters if m in a) for m in problem(adapters).modules}
    assert set(merged.modules) == set(summed)
    for module, part in merged.modules.items():
        assert part.rank <= summed[module]
        assert dense(merged.modules)[module].shape == SHAPES[module]
        assert part.a.dtype == part.b.dtype == torch.float64
    assert name in ("dare", "ties") or merged.export_error == 0
    assert [c.source for c in merged.coefficients] == [a.name for a in adapters]
    assert {(c.module, c.direction) for c in merged.coefficients} == {("*", None)}


@given(merges(KEEPS_COPIES))
def test_a_module_of_one_adapter_alone(merge):
    name, (one, *_) = merge
    other = Adapter("other", {"o": Factors(torch.ones(2, 5).double(), torch.ones(6, 2).double())})
    merged = run(name, [one, other], **WHOLE.get(name, {}))
    share = 0.5 if name == "average" else 1.0
    expected = dense(one) | dense(other)
    close(merged, {m: share * delta for m, delta in expected.items()})


@pytest.mark.parametrize("name", sorted(STATIC))
def test_only_zero_adapters(name):
    merged = run(name, [zero(), Adapter("too", zero().modules)])
    assert not any(delta.any() for delta in dense(merged.modules).values())
    assert merged.export_error == 0


@pytest.mark.parametrize("name", sorted(name for name in WHOLE if name != "dare"))
@given(data=st.data())
def test_density_0_is_nothing(name, data):
    adapters = data.draw(pools(equal_ranks=name == "ties_factors"))
    merged = run(name, adapters, density=0.0)
    assert not any(delta.any() for delta in dense(merged.modules).values())


@pytest.mark.parametrize("name", sorted(STATIC))
def test_same_seed_same_bytes(name):
    adapters = [
        Adapter(a.name, {m: Factors(f.a.float(), f.b.float()) for m, f in a.items()})
        for a in pool((2, 2, 2))
    ]
    one, two = (run(name, adapters) for _ in range(2))
    for module in one.modules:
        assert torch.equal(one.modules[module].a, two.modules[module].a)
        assert torch.equal(one.modules[module].b, two.modules[module].b)
        assert one.modules[module].a.dtype == one.modules[module].b.dtype == torch.float32


def test_a_zero_adapter_has_no_vote_in_a_whole_span():
    adapters = pool()
    expected = dense(run("ties_span", adapters, density=1.0).modules)
    close(run("ties_span", [*adapters, zero()], density=1.0), expected)


def test_the_methods_listed_as_free_of_data_are_those_that_merge_without_any():
    given = Problem(pool((2, 2), ((), ())), False, "", [], [], 0)
    merged = set()
    for name, entry in (registry.entries(METHODS) | composition.METHODS).items():
        needed = {key: 2 for key, (_, default) in registry.options(entry).items() if default is ...}
        try:
            found = registry.load(entry)(given, **needed)
        except InputError:
            continue
        assert set(found.modules) == set(SHAPES)
        merged.add(name)
    assert merged == {*free_of_data(), *composition.METHODS}
