import numpy as np
import pytest
import torch
from model_cases import factors

from recycling.adapters import lowrank, twins
from recycling.adapters.format import Adapter, Factors

KINDS = sorted(twins.TWINS)


def pool(scales=(0.1, 1.0, 3.0)):
    """Three adapters with different ranks; the last lacks one module."""
    adapters = []
    for number, scale in enumerate(scales):
        modules = {
            "q": factors(number + 2, 40, 30, 10 * number, scale),
            "v": factors(number + 3, 20, 50, 10 * number + 1, scale),
        }
        adapters.append(Adapter(f"pool-{number}", modules, {"licence": "mit"}))
    del adapters[2].modules["v"]
    return adapters


def same(one, other):
    return list(one) == list(other) and all(
        torch.equal(one[m].a, other[m].a) and torch.equal(one[m].b, other[m].b) for m in one
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_twin_has_the_shapes_of_its_adapter_and_nothing_else_of_it(kind):
    adapters = pool()
    for adapter, twin in zip(adapters, twins.draw(kind, adapters, 1), strict=True):
        assert (twin.name, twin.source) == (f"twin-of-{adapter.name}", {"twin_of": adapter.name})
        assert list(twin) == list(adapter)
        for module, real in adapter.items():
            assert twin[module].a.shape == real.a.shape
            assert twin[module].b.shape == real.b.shape
            # Random directions in some thousand dimensions are nearly orthogonal.
            cosine = lowrank.inner(twin[module], real) / lowrank.norm(real)
            assert abs(cosine / lowrank.norm(twin[module])) < 0.15


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides(kind):
    adapters = pool()
    for one, two, other in zip(*(twins.draw(kind, adapters, s) for s in (1, 1, 2)), strict=True):
        assert same(one, two)
        assert not same(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_adapters_of_one_shape_get_different_twins(kind):
    modules = {"q": factors(2, 4, 3, 1)}
    one, two = twins.draw(kind, [Adapter("one", modules), Adapter("two", modules)], 1)
    assert not same(one, two)


@pytest.mark.parametrize("kind", KINDS)
def test_a_zero_adapter_has_a_zero_twin(kind):
    zero = Adapter("zero", {"q": Factors(torch.zeros(2, 3), torch.zeros(4, 2))})
    assert not twins.draw(kind, [zero], 1)[0]["q"].delta().any()


def test_norm_keeps_the_norm_of_each_update():
    adapters = pool()
    for adapter, twin in zip(adapters, twins.draw("norm", adapters, 1), strict=True):
        for module, real in adapter.items():
            expected = np.linalg.norm(real.b.double().numpy() @ real.a.double().numpy())
            found = twin[module].b.double().numpy() @ twin[module].a.double().numpy()
            assert np.linalg.norm(found) == pytest.approx(expected, rel=1e-5)


def test_norm_twins_do_not_depend_on_each_other():
    adapters = pool()
    together = twins.draw("norm", adapters, 1)
    for adapter, twin in zip(adapters, together, strict=True):
        assert same(twins.draw("norm", [adapter], 1)[0], twin)
    assert all(map(same, twins.draw("norm", adapters[::-1], 1)[::-1], together))


def test_a_factor_that_starts_at_zero_stays_zero_in_norm():
    untrained = Adapter("x", {"q": Factors(torch.randn(2, 3), torch.zeros(4, 2))})
    assert not twins.draw("norm", [untrained], 1)[0]["q"].delta().any()


def test_pooled_std_has_one_spread_for_each_module_and_side():
    adapters = pool()
    drawn = [twins.draw("pooled_std", adapters, seed) for seed in range(20)]
    for module in ("q", "v"):
        for side in ("a", "b"):
            real = np.concatenate(
                [getattr(a[module], side).numpy().ravel() for a in adapters if module in a]
            )
            for number, adapter in enumerate(adapters):
                if module in adapter:
                    entries = [getattr(group[number][module], side) for group in drawn]
                    spread = torch.cat(entries).std().item()
                    assert spread == pytest.approx(real.std(), rel=0.1)
                    assert abs(torch.cat(entries).mean().item()) < 0.1 * real.std()


def test_pooled_std_does_not_keep_norms():
    adapters = pool()
    twin = twins.draw("pooled_std", adapters, 1)[0]
    assert lowrank.norm(twin["q"]) > 10 * lowrank.norm(adapters[0]["q"])


def test_no_adapters_have_no_twins():
    assert [twins.draw(kind, [], 1) for kind in KINDS] == [[], []]
