"""Merges that are kept as gates: what is put together again is what would have been exported."""

from dataclasses import replace

import pytest
import torch
from model_cases import ROWS, adapter, factors, mixed_pool, problem

from recycling.adapters import twins
from recycling.adapters.canonical import Adapter
from recycling.adapters.peft_folder import read_peft, write_peft
from recycling.ground import registry
from recycling.ground.errors import InputError
from recycling.merging import METHODS, combination
from recycling.merging.combination import Combination, Gates

SHORT = {"steps": 3, "learning_rate": 0.1, "batch_size": 4, "evaluate_every": 1}
# Every method that combines, with the options that decide how.
CASES = [
    ("average", {}),
    ("task_arithmetic", {"scale": 0.7}),
    ("ridge", {}),
    ("ridge", {"confidence": 0.5, "granularity": "adapter"}),
    ("learned", {**SHORT, "activation": "softmax", "granularity": "layer"}),
    ("learned", {**SHORT, "activation": "sigmoid", "granularity": "sublayer"}),
    ("learned", {**SHORT, "granularity": "direction", "init": "target"}),
    ("learned", {**SHORT, "granularity": "adapter", "ball": 0.5}),
    ("stacked", {**SHORT, "folds": 2}),
    ("adamerging", SHORT),
    ("adamerging_entropy", SHORT),
    ("line_search", {"evaluations": 3}),
    ("lorahub", {"budget": 3}),
]


def given(base, method):
    adapters = mixed_pool(base)
    if method == "none":
        return problem(adapters[1:2], base)
    stand_ins = [adapter(base, "fresh", 10 + fold) for fold in range(2)]
    return replace(problem(adapters, base, fresh=True, train=ROWS[:5]), stand_ins=stand_ins)


def again(adapters):
    """The same adapters, read anew."""
    return [Adapter(one.name, {m: replace(f) for m, f in one.items()}) for one in adapters]


def same(found, expected):
    assert list(found) == list(expected)
    for module, wanted in expected.items():
        assert torch.equal(found[module].a, wanted.a)
        assert torch.equal(found[module].b, wanted.b)


@pytest.mark.parametrize(("method", "options"), [("none", {}), *CASES])
def test_what_is_put_together_from_gates_is_what_was_exported(toy_base, tmp_path, method, options):
    about = given(toy_base, method)
    merged = registry.load(METHODS[method].entry)(about, **options)
    assert METHODS[method].combination(options)
    assert isinstance(merged.modules, Combination)
    combination.write(merged.modules, tmp_path)
    found = combination.read(tmp_path, again(about.adapters))
    for folder, merge in (("exported", merged.modules), ("again", found)):
        write_peft(Adapter("arm", merge), tmp_path / folder, "toy/base")
    same(
        *(
            read_peft(tmp_path / name, "arm", set(toy_base.linears))
            for name in ("again", "exported")
        )
    )
    weights = [tmp_path / name / "adapter_model.safetensors" for name in ("exported", "again")]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_each_method_that_combines_is_tried():
    tried = {"none", *(method for method, _ in CASES)}
    assert tried == {name for name, row in METHODS.items() if row.combines}


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("learned", {**SHORT, "train": "both"}),
        ("pi_tuning", SHORT),
        ("lorahub", {"form": "factors", "budget": 2}),
    ],
)
def test_factors_that_are_trained_or_mixed_are_no_combination(toy_base, method, options):
    adapters = [adapter(toy_base, name, seed) for seed, name in enumerate(("fresh", "one"), 1)]
    merged = registry.load(METHODS[method].entry)(problem(adapters, toy_base), **options)
    assert not METHODS[method].combination(options)
    assert not isinstance(merged.modules, Combination)


def test_gates_by_hand():
    one = Adapter("one", {"q": factors(2, 4, 3, 1), "v": factors(1, 5, 3, 2)})
    two = Adapter("two", {"q": factors(1, 4, 3, 3)})
    by_source = {"q": torch.tensor([0.5, -2.0]), "v": torch.tensor([3.0, torch.nan])}
    merged = Combination([one, two], Gates(by_source))
    assert torch.equal(merged["q"].a, torch.cat([one["q"].a, two["q"].a]))
    assert torch.equal(merged["q"].b, torch.cat([0.5 * one["q"].b, -2 * two["q"].b], 1))
    assert torch.equal(merged["v"].b, 3 * one["v"].b)
    left_out = Combination([one, two], Gates({"q": torch.tensor([torch.nan, 1.0])}))
    same(left_out, {"q": two["q"]})
    directions = Combination([one, two], Gates({"q": torch.tensor([1.0, 0.0, 4.0])}, True))
    gates = torch.tensor([1.0, 0.0, 4.0])
    assert torch.equal(directions["q"].b, torch.cat([one["q"].b, two["q"].b], 1) * gates)


def test_gates_are_small_and_twins_are_drawn_again(toy_base, tmp_path):
    pool = mixed_pool(toy_base)
    drawn = twins.draw("norm", pool, 7)
    merged = combination.weighted(drawn, [0.5, 0.25, 0.25])
    combination.write(merged, tmp_path)
    same(combination.read(tmp_path, twins.draw("norm", again(pool), 7)), merged)
    with pytest.raises(InputError, match="sha256 of twin-of-fresh: found"):
        combination.read(tmp_path, twins.draw("norm", pool, 8))
    assert (tmp_path / combination.GATES).stat().st_size < 128 * len(merged)


def test_other_sources_are_refused(toy_base, tmp_path):
    pool = mixed_pool(toy_base)
    combination.write(combination.weighted(pool, [1, 1, 1]), tmp_path)
    with pytest.raises(InputError, match="expected those of the merge"):
        combination.read(tmp_path, pool[:1])
    changed = [pool[0], replace(pool[1], modules=pool[2].modules), pool[2]]
    with pytest.raises(InputError, match="sha256 of one: found"):
        combination.read(tmp_path, changed)
    (tmp_path / combination.SOURCES).write_text("{}")
    with pytest.raises(InputError, match="the file is damaged"):
        combination.read(tmp_path, pool)


@pytest.mark.parametrize(("by_direction", "most"), [(False, 52_000), (True, 1_050_000)])
def test_what_is_kept_of_thirty_adapters_in_the_modules_of_an_8b_base(tmp_path, by_direction, most):
    """The gates, whatever the widths: docs/cluster.md counts with them."""
    layers, kinds, k, rank = 32, ["q", "k", "v", "o", "gate", "up", "down"], 30, 37
    modules = {
        f"model.layers.{layer}.mlp.{kind}_proj": factors(rank, 2, 2, layer)
        for layer in range(layers)
        for kind in kinds
    }
    pool = [Adapter(f"owner--adapter-{i}", modules) for i in range(k)]
    gates = {module: torch.rand(k * rank if by_direction else k) for module in modules}
    combination.write(Combination(pool, Gates(gates, by_direction)), tmp_path)
    size = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert 0.9 * most < size < most
