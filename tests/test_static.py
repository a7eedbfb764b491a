import numpy as np
import peft
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from model_cases import adapter, factors, problem

from recycling.adapters import export
from recycling.adapters.format import Adapter, Factors
from recycling.errors import InputError
from recycling.merging.static import alone, average, ties, ties_span
from recycling.model import base as bases

SHAPES = {"q": (9, 7), "v": (4, 8)}
METHODS = [average, ties, ties_span]


def pool(ranks=(1, 2, 3), without=((), ("v",), ()), seed=0):
    """Adapters in float64 with mixed ranks; the second lacks a module."""
    return [
        Adapter(
            f"pool-{number}",
            {
                module: factors(rank, *shape, 100 * seed + 10 * number + i, 1.0, torch.float64)
                for i, (module, shape) in enumerate(SHAPES.items())
                if module not in lacking
            },
        )
        for number, (rank, lacking) in enumerate(zip(ranks, without, strict=False))
    ]


def dense(modules):
    return {module: f.b.numpy() @ f.a.numpy() for module, f in modules.items()}


def close(merged, expected):
    found = dense(merged.modules)
    assert set(found) == set(expected)
    for module in expected:
        np.testing.assert_allclose(found[module], expected[module], atol=1e-9)


def elected(matrices, density):
    """TIES entry by entry, in loops."""
    trimmed = []
    for matrix in matrices:
        entries = matrix.ravel()
        largest = sorted(range(entries.size), key=lambda i: -abs(entries[i]))
        kept = set(largest[: round(density * entries.size)])
        trimmed.append([x if i in kept else 0.0 for i, x in enumerate(entries)])
    merged = []
    for column in zip(*trimmed, strict=True):
        agreeing = [x for x in column if x * sum(column) > 0]
        merged.append(sum(agreeing) / len(agreeing) if agreeing else 0.0)
    return np.reshape(merged, matrices[0].shape)


def updates(adapters, module):
    return [dense(a)[module] for a in adapters if module in a]


def test_average_is_the_mean_update_with_zero_for_absent_modules():
    adapters = pool()
    merged = average(problem(adapters))
    close(merged, {m: sum(updates(adapters, m)) / 3 for m in SHAPES})
    assert {m: f.rank for m, f in merged.modules.items()} == {"q": 6, "v": 4}
    assert [(c.source, c.module, c.direction, c.coefficient) for c in merged.coefficients] == [
        (f"pool-{i}", "*", None, 1 / 3) for i in range(3)
    ]
    assert (merged.tokens, merged.export_error, merged.curve) == (0, 0, ())


def test_average_is_peft_s_concatenation(toy_base, toy_folder, tmp_path):
    adapters = [adapter(toy_base, name, i, ranks=(4,)) for i, name in enumerate("abc")]
    for a in adapters:
        export.write_peft(a, tmp_path / a.name, "toy", alpha=6)
    model = peft.PeftModel.from_pretrained(
        bases.load(toy_folder, "cpu", "float32").model, tmp_path / "a", adapter_name="a"
    )
    for name in "bc":
        model.load_adapter(tmp_path / name, name)
    model.add_weighted_adapter(list("abc"), [1 / 3] * 3, "mean", combination_type="cat")
    read = [export.read_peft(tmp_path / name, name, toy_base.linears) for name in "abc"]
    merged = average(problem(read))
    layers = {
        name.removeprefix("base_model.model."): layer
        for name, layer in model.named_modules()
        if isinstance(layer, peft.tuners.lora.Linear)
    }
    assert set(layers) == set(merged.modules)
    for module, layer in layers.items():
        with torch.no_grad():
            expected = layer.get_delta_weight("mean")
        torch.testing.assert_close(merged.modules[module].delta(), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("density", [0.0, 0.1, 0.2, 0.5, 0.93, 1.0])
@pytest.mark.parametrize("scale", [1.0, -0.4])
def test_ties(density, scale):
    # Ranks that add up to the full rank, so that the file holds the whole result.
    adapters = pool(ranks=(4, 4, 4))
    merged = ties(problem(adapters), density=density, scale=scale)
    close(merged, {m: scale * elected(updates(adapters, m), density) for m in SHAPES})
    assert merged.export_error < 1e-9


@pytest.mark.parametrize("density", [0.1, 0.5, 1.0])
def test_export_error_is_what_the_file_loses(density):
    adapters = pool(ranks=(1, 1, 2))
    merged = ties(problem(adapters), density=density)
    lost = total = 0
    for module, found in dense(merged.modules).items():
        expected = elected(updates(adapters, module), density)
        lost += np.square(found - expected).sum()
        total += np.square(expected).sum()
    assert merged.export_error == pytest.approx(np.sqrt(lost / total), rel=1e-9)
    assert merged.export_error > 0.05
    assert merged.modules["q"].rank == 4


def in_span(adapters, module, density):
    deltas, width = updates(adapters, module), sum(a[module].rank for a in adapters if module in a)
    u = np.linalg.svd(np.hstack(deltas), full_matrices=False)[0][:, :width]
    vt = np.linalg.svd(np.vstack(deltas), full_matrices=False)[2][:width]
    cores = [u.T @ delta @ vt.T for delta in deltas]
    return u @ elected(cores, density) @ vt


@pytest.mark.parametrize("density", [0.0, 0.2, 0.5, 1.0])
@pytest.mark.parametrize("ranks", [(1, 2, 3), (2, 2, 2), (5, 4, 6)])
def test_ties_span(ranks, density):
    adapters = pool(ranks=ranks)
    merged = ties_span(problem(adapters), density=density, scale=0.7)
    close(merged, {m: 0.7 * in_span(adapters, m, density) for m in SHAPES})
    assert merged.export_error == 0
    assert merged.rank <= sum(ranks)


@pytest.mark.parametrize("method", METHODS)
def test_updates_count_not_their_factors(method):
    adapters = pool(ranks=(2, 3, 3))
    split = [
        Adapter(a.name, {m: Factors(f.a.flip(0) * 50, f.b.flip(1) / 50) for m, f in a.items()})
        for a in adapters
    ]
    close(method(problem(split)), dense(method(problem(adapters)).modules))


def test_ties_span_holds_every_source_where_they_cancel():
    """The sum of the two is nothing, the span of the two is not."""
    one = pool()[0]
    opposite = Adapter("opposite", {m: f.scaled(-1) for m, f in one.items()})
    third = Adapter("third", {m: f.scaled(0.5) for m, f in one.items()})
    merged = ties_span(problem([one, opposite, third]), density=1.0)
    close(merged, {m: 0.75 * delta for m, delta in dense(one).items()})


@pytest.mark.parametrize("method", METHODS)
def test_a_merge_of_copies_is_the_copy(method):
    one = pool()[2]
    copies = [Adapter(f"copy-{i}", one.modules) for i in range(3)]
    options = {} if method is average else {"density": 1.0}
    close(method(problem(copies), **options), dense(one))


@pytest.mark.parametrize("method", [alone, *METHODS])
def test_a_merge_of_one_is_that_one(method):
    one = pool()[2]
    options = {"density": 1.0} if method in (ties, ties_span) else {}
    merged = method(problem([one]), **options)
    close(merged, dense(one))
    assert merged.export_error < 1e-9


@given(st.permutations(range(4)), st.sampled_from(METHODS))
def test_the_order_of_adapters_does_not_matter(order, method):
    adapters = pool(ranks=(3, 4, 2, 3), without=((), ("v",), (), ("q",)))
    expected = dense(method(problem(adapters)).modules)
    close(method(problem([adapters[i] for i in order])), expected)


# In the span the share of kept entries is one of a core that the zero adapter widens.
@pytest.mark.parametrize(("method", "density"), [(ties, 0.3), (ties, 1.0), (ties_span, 1.0)])
def test_a_zero_adapter_has_no_vote(method, density):
    adapters = pool(ranks=(4, 4))
    zero = Adapter("zero", {m: f.scaled(0) for m, f in adapters[0].items()})
    expected = dense(method(problem(adapters), density=density).modules)
    close(method(problem([*adapters, zero]), density=density), expected)


def test_a_zero_adapter_thins_the_average():
    adapters = pool(without=((), (), ()))
    zero = Adapter("zero", {m: f.scaled(0) for m, f in adapters[0].items()})
    expected = {m: sum(updates(adapters, m)) / 4 for m in SHAPES}
    close(average(problem([*adapters, zero])), expected)


@pytest.mark.parametrize("method", METHODS)
def test_only_zero_adapters(method):
    zero = Adapter("zero", {"q": Factors(torch.zeros(2, 5), torch.zeros(6, 2))})
    merged = method(problem([zero, Adapter("too", zero.modules)]))
    assert not merged.modules["q"].delta().any()
    assert merged.export_error == 0


@pytest.mark.parametrize("method", METHODS)
def test_a_module_of_one_adapter_alone(method):
    adapters = pool(ranks=(2, 2), without=(("q",), ("v",)))
    options = {} if method is average else {"density": 1.0}
    share = 0.5 if method is average else 1.0
    merged = method(problem(adapters), **options)
    close(merged, {"q": share * dense(adapters[1])["q"], "v": share * dense(adapters[0])["v"]})


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_bytes(method):
    adapters = [
        Adapter(a.name, {m: Factors(f.a.float(), f.b.float()) for m, f in a.items()})
        for a in pool()
    ]
    one, two = (method(problem(adapters)) for _ in range(2))
    for module in one.modules:
        assert torch.equal(one.modules[module].a, two.modules[module].a)
        assert torch.equal(one.modules[module].b, two.modules[module].b)
        assert one.modules[module].a.dtype == torch.float32


@pytest.mark.parametrize("method", [ties, ties_span])
def test_coefficients_of_ties_name_the_sources(method):
    merged = method(problem(pool()))
    assert merged.coefficient_means(pool()) == [1, 1, 1]


@pytest.mark.parametrize("method", [ties, ties_span])
@pytest.mark.parametrize("density", [-0.1, 1.5, float("nan")])
def test_density_that_is_not_a_share(method, density):
    with pytest.raises(InputError, match="merge ties: density: found"):
        method(problem(pool()), density=density)


def test_alone_takes_one_adapter():
    with pytest.raises(InputError, match="merge none: adapters: found 3, expected exactly one"):
        alone(problem(pool()))
