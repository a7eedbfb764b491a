from collections import Counter
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from model_cases import factors

from recycling.adapters import TWINS, lowrank, twins
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground.errors import InputError

KINDS = sorted(name for name, row in TWINS.items() if not row.trained)
# What these draw for an adapter does not depend on the pool.
APART = sorted(set(KINDS) - {"pooled_std"})
SEED = st.integers(0, 10**6)


def pool(scales=(0.1, 1.0, 3.0)):
    """Three adapters of two layers with different ranks; the last lacks one kind of module."""
    adapters = []
    for number, scale in enumerate(scales):
        modules = {
            f"layers.{layer}.{kind}": factors(rank, out, width, 10 * number + seed, scale)
            for seed, (layer, (kind, rank, out, width)) in enumerate(
                product((0, 1), [("q", number + 2, 40, 30), ("v", number + 3, 20, 50)])
            )
        }
        adapters.append(Adapter(f"pool-{number}", modules, {"licence": "mit"}))
    for layer in (0, 1):
        del adapters[2].modules[f"layers.{layer}.v"]
    return adapters


@st.composite
def adapters_in_float64(draw):
    """Modules of three shapes in up to five layers, ranks up to 6 and above the smaller side."""
    shapes = {"attn.q": (7, 5), "attn.v": (2, 5), "mlp.down": (6, 9)}
    places = [f"model.layers.{n}.{kind}" for n in range(5) for kind in shapes]
    chosen = draw(st.lists(st.sampled_from(places), min_size=1, unique=True))
    seed = draw(SEED)
    return Adapter(
        "one",
        {
            place: factors(
                draw(st.integers(1, 6)),
                *shapes[".".join(place.split(".")[3:])],
                seed + number,
                1.0,
                torch.float64,
            )
            for number, place in enumerate(chosen)
        },
    )


def dense(part):
    return part.b.double().numpy() @ part.a.double().numpy()


def values(part):
    return np.linalg.svd(dense(part), compute_uv=False)


def same(one, other):
    return list(one) == list(other) and all(
        torch.equal(one[m].a, other[m].a) and torch.equal(one[m].b, other[m].b) for m in one
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_twin_has_the_name_the_modules_and_the_shapes_of_its_adapter(kind):
    adapters = pool()
    for adapter, twin in zip(adapters, twins.draw(kind, adapters, 1), strict=True):
        assert (twin.name, twin.source) == (f"twin-of-{adapter.name}", {"twin_of": adapter.name})
        assert list(twin) == list(adapter)
        for module, real in adapter.items():
            assert twin[module].a.shape == real.a.shape
            assert twin[module].b.shape == real.b.shape


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"sign_flipped"}))
def test_a_twin_acts_in_directions_of_its_own(kind):
    adapters = pool()
    for adapter, twin in zip(adapters, twins.draw(kind, adapters, 1), strict=True):
        for module, real in adapter.items():
            # Random directions in some thousand dimensions are nearly orthogonal.
            cosine = lowrank.inner(twin[module], real) / lowrank.norm(real)
            assert abs(cosine / lowrank.norm(twin[module])) < 0.15


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides(kind):
    six = {f"{n}.{kind}": factors(2, 4, 3, n) for n in range(6) for kind in "qkv"}
    adapters = [Adapter("six", six), Adapter("again", six)]
    for one, two, other in zip(*(twins.draw(kind, adapters, s) for s in (1, 1, 2)), strict=True):
        assert same(one, two)
        assert not same(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_adapters_of_one_shape_get_different_twins(kind):
    modules = {f"{n}.{kind}": factors(2, 4, 3, n) for n in range(6) for kind in "qkv"}
    one, two = twins.draw(kind, [Adapter("one", modules), Adapter("two", modules)], 1)
    assert not same(one, two)


@pytest.mark.parametrize("kind", KINDS)
def test_a_zero_adapter_has_a_zero_twin(kind):
    part = Factors(torch.zeros(2, 3), torch.zeros(4, 2))
    twin = twins.draw(kind, [Adapter("zero", {"0.q": part, "1.q": part})], 1)[0]
    assert not any(part.delta().any() for part in twin.values())


def test_norm_keeps_the_norm_of_each_update():
    adapters = pool()
    for adapter, twin in zip(adapters, twins.draw("norm", adapters, 1), strict=True):
        for module, real in adapter.items():
            expected = np.linalg.norm(real.b.double().numpy() @ real.a.double().numpy())
            found = twin[module].b.double().numpy() @ twin[module].a.double().numpy()
            assert np.linalg.norm(found) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", APART)
def test_twins_do_not_depend_on_each_other(kind):
    adapters = pool()
    together = twins.draw(kind, adapters, 1)
    for adapter, twin in zip(adapters, together, strict=True):
        assert same(twins.draw(kind, [adapter], 1)[0], twin)
    assert all(map(same, twins.draw(kind, adapters[::-1], 1)[::-1], together))


@pytest.mark.parametrize("kind", APART)
def test_an_untrained_adapter_has_a_zero_twin(kind):
    untrained = Factors(factors(2, 4, 3, 1).a, torch.zeros(4, 2))
    twin = twins.draw(kind, [Adapter("x", {"0.q": untrained, "1.q": untrained})], 1)[0]
    assert not any(part.delta().any() for part in twin.values())


def test_pooled_std_has_one_spread_for_each_module_and_side():
    adapters = pool()
    drawn = [twins.draw("pooled_std", adapters, seed) for seed in range(20)]
    for module in adapters[0]:
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
    assert lowrank.norm(twin["layers.0.q"]) > 10 * lowrank.norm(adapters[0]["layers.0.q"])


@given(adapters_in_float64(), SEED)
def test_spectrum_keeps_the_inner_products_of_each_side_and_so_the_spectrum(adapter, seed):
    [twin] = twins.draw("spectrum", [adapter], seed)
    for module, real in adapter.items():
        part = twin[module]
        torch.testing.assert_close(part.b.T @ part.b, real.b.T @ real.b)
        torch.testing.assert_close(part.a @ part.a.T, real.a @ real.a.T)
        np.testing.assert_allclose(values(part), values(real), atol=1e-9)
        assert not np.allclose(dense(part), dense(real))


def test_spectrum_directions_are_uniform():
    """Each entry of a uniform unit vector in d dimensions has mean 0 and mean square 1/d."""
    part = factors(2, 4, 3, 1, 1.0, torch.float64)
    vectors = []
    for seed in range(600):
        [twin] = twins.draw("spectrum", [Adapter("one", {"q": part})], seed)
        vectors.append(twin["q"].b[:, 0].numpy() / np.linalg.norm(part.b[:, 0]))
    vectors = np.array(vectors)
    assert np.abs(vectors.mean(0)).max() < 5 * (0.25 / 600) ** 0.5
    # The square of an entry is Beta(1/2, 3/2), of variance 1/16.
    np.testing.assert_allclose(np.square(vectors).mean(0), 0.25, atol=5 * (1 / 16 / 600) ** 0.5)


@given(adapters_in_float64(), SEED)
def test_sign_flipped_keeps_a_and_every_singular_direction_up_to_sign(adapter, seed):
    [twin] = twins.draw("sign_flipped", [adapter], seed)
    for module, real in adapter.items():
        assert torch.equal(twin[module].a, real.a)
        np.testing.assert_allclose(values(twin[module]), values(real), atol=1e-9)
        u, s, vt = np.linalg.svd(dense(real), full_matrices=False)
        strengths = u.T @ dense(twin[module]) @ vt.T
        np.testing.assert_allclose(np.abs(strengths), np.diag(s), atol=1e-9)
        # With both, nothing lies outside the spaces that the real update spans.
        np.testing.assert_allclose(u @ strengths @ vt, dense(twin[module]), atol=1e-9)


def test_sign_flipped_changes_each_sign_half_of_the_time():
    part = factors(3, 8, 6, 1, 1.0, torch.float64)
    u, s, vt = np.linalg.svd(dense(part), full_matrices=False)
    drawn = Counter()
    for seed in range(400):
        [twin] = twins.draw("sign_flipped", [Adapter("one", {"q": part})], seed)
        signs = np.diag(u.T @ dense(twin["q"]) @ vt.T)[:3] / s[:3]
        drawn[tuple(np.rint(signs).astype(int).tolist())] += 1
    assert set(drawn) == set(product((-1, 1), repeat=3))
    assert max(abs(count - 50) for count in drawn.values()) < 5 * (400 * 1 / 8 * 7 / 8) ** 0.5


def test_sign_flipped_does_not_depend_on_the_split_into_factors():
    part = factors(3, 8, 6, 1, 1.0, torch.float64)
    turn = factors(3, 3, 3, 2, 1.0, torch.float64).a
    split = Factors(torch.linalg.solve(turn, part.a), part.b @ turn)
    one, two = (
        dense(twins.draw("sign_flipped", [Adapter("one", {"q": f})], 3)[0]["q"])
        for f in (part, split)
    )
    np.testing.assert_allclose(one, two, atol=1e-9)


def kind_of(module):
    return ".".join(module.split(".")[3:])


@given(adapters_in_float64(), SEED)
def test_layer_shuffled_moves_each_update_to_another_layer_of_its_kind(adapter, seed):
    count = Counter(map(kind_of, adapter))
    if max(count.values()) == 1:
        with pytest.raises(InputError, match="two layers with the same kind of module"):
            twins.draw("layer_shuffled", [adapter], seed)
        return
    [twin] = twins.draw("layer_shuffled", [adapter], seed)
    origin = {id(part): module for module, part in adapter.items()}
    came_from = [origin[id(part)] for part in twin.values()]
    assert list(twin) == list(adapter)
    assert sorted(came_from) == list(adapter)
    for place, module in zip(twin, came_from, strict=True):
        assert kind_of(place) == kind_of(module)
        assert (place == module) == (count[kind_of(place)] == 1)


def test_layer_shuffled_draws_every_order_without_fixed_points_alike():
    four = Adapter("four", {f"{n}.q": factors(1, 3, 2, n) for n in range(4)})
    origin = {id(part): module for module, part in four.items()}
    drawn = Counter(
        tuple(origin[id(part)] for part in twins.draw("layer_shuffled", [four], seed)[0].values())
        for seed in range(900)
    )
    assert len(drawn) == 9
    assert max(abs(count - 100) for count in drawn.values()) < 5 * (900 * 1 / 9 * 8 / 9) ** 0.5


def test_layer_shuffled_keeps_shapes_and_experts_apart():
    """The layer is the first number; a wider layer takes no narrow update."""
    modules = {
        "layers.0.experts.0.up": factors(1, 3, 2, 0),
        "layers.0.experts.1.up": factors(1, 3, 2, 1),
        "layers.1.experts.0.up": factors(1, 3, 2, 2),
        "layers.2.experts.0.up": factors(1, 5, 2, 3),
        "lm_head": factors(1, 3, 2, 4),
    }
    [twin] = twins.draw("layer_shuffled", [Adapter("one", modules)], 1)
    moved = {place for place in modules if twin[place] is not modules[place]}
    assert moved == {"layers.0.experts.0.up", "layers.1.experts.0.up"}


def test_no_adapters_have_no_twins():
    assert not any(twins.draw(kind, [], 1) for kind in KINDS)
