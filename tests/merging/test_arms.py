"""The merges of the arms of a unit: what each is made from, and that none leaves a trace."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from model_cases import INSTRUCTION, TRAIN, VALID, adapter
from snakemake.iocontainers import InputFiles, Params

from recycling.adapters import TWINS, canonical, peft_folder
from recycling.adapters.canonical import Adapter
from recycling.ground import parts, registry, tables
from recycling.merging import METHODS, arms, combination
from recycling.merging.arms import Merger, Unit
from recycling.merging.recipe import MergeRecipe
from recycling.merging.sources import ArmMerge, Sources, arm_merges
from recycling.model import base as bases
from recycling.model.conduct import Conduct
from recycling.tasks.record import write_examples

POOL = ("one", "two", "three")
LORA = {"rank": 2, "alpha": 2, "steps": 1, "learning_rate": 0.01, "evaluate_every": 1}


@pytest.fixture(scope="module")
def unit(toy_base, tmp_path_factory):
    """A unit on the toy base, with a pool of three adapters and a fresh LoRA beside it."""
    folder = tmp_path_factory.mktemp("unit")
    write_examples(TRAIN, folder / "train.jsonl")
    write_examples(VALID, folder / "valid.jsonl")
    tables.write_json({"name": "numbers", "instruction": INSTRUCTION}, folder / "task.json")
    tables.write_json({"model.safetensors": "0"}, folder / "checksums.json")
    tables.write_json({"dtype": "float32"}, folder / "runtime.json")
    rows = [{"module": name, "out": 1, "in": 1} for name in sorted(toy_base.linears)]
    tables.write_table(rows, folder / "modules.tsv", "modules")
    for seed, name in enumerate((*POOL, "fresh", "fold-0", "fold-1"), 1):
        made = adapter(toy_base, name, seed)
        if name in POOL:
            canonical.write(made, folder / f"{name}.safetensors")
        else:
            peft_folder.write_peft(made, folder / name, "toy")
    files = ("checksums.json", "modules.tsv", "runtime.json", "train.jsonl", "valid.jsonl")
    return Unit(*(folder / file for file in (*files, "task.json")), "toy", 7, Conduct())


def of(unit, arm, method="average", k=2, *, twin=None, fresh=False, **options):
    folder = unit.task.parent
    entry = METHODS[method].entry
    steps = {"steps": 2} if "steps" in registry.options(entry) else {}
    folds = {"folds": 2} if method == "stacked" else {}
    trained = LORA if twin is not None and TWINS[twin].trained else {}
    return ArmMerge(
        arm,
        MergeRecipe(k, twin, method, entry, steps | folds | options, twin_training=trained),
        tuple(folder / f"{name}.safetensors" for name in POOL[:k]),
        folder / "fresh" if fresh else None,
        tuple(folder / f"fold-{fold}" for fold in range(2)) if folds else (),
    )


def every_arm(unit):
    """An arm of each method and of each twin; where it can, with the fresh LoRA."""
    alone = {"none": {"k": 1}, "line_search": {"k": 0, "fresh": True}}
    of_methods = [
        of(unit, method, method, **alone.get(method, {"k": 2, "fresh": method != "lorahub"}))
        for method in METHODS
    ]
    tuned = of(unit, "tuned", "learned", fresh=True)
    how = {"grid": {"steps": [1, 2]}, "tuning_folds": 2, "stand_in_training": LORA}
    of_methods.append(replace(tuned, recipe=replace(tuned.recipe, **how)))
    return of_methods + [of(unit, f"{twin}_twins", twin=twin) for twin in TWINS]


def files(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


# leaving no trace


def test_arms_of_one_process_are_those_of_a_process_each(unit, toy_folder, tmp_path):
    def opened():
        return bases.load(toy_folder, "cpu", "float32")

    together = Merger(unit, opened)
    for merge in every_arm(unit):
        folder = tmp_path / merge.arm
        together.merge(merge, folder / "together")
        Merger(unit, opened).merge(merge, folder / "alone")
        assert files(folder / "together") == files(folder / "alone"), merge.arm
        assert len(files(folder / "alone")) == 8


def test_a_merge_draws_no_number_that_another_could(unit, toy_base, tmp_path):
    merger = Merger(unit, lambda: toy_base)
    before = torch.random.get_rng_state()
    for merge in every_arm(unit):
        merger.merge(merge, tmp_path / merge.arm)
        assert torch.equal(torch.random.get_rng_state(), before), merge.arm


def test_the_base_is_opened_once_and_only_where_an_arm_asks_for_it(unit, toy_base, tmp_path):
    opened = []
    merger = Merger(unit, lambda: opened.append(1) or toy_base)
    merger.merge(of(unit, "average"), tmp_path / "average")
    assert opened == []
    for arm in ("one", "two"):
        merger.merge(of(unit, arm, "learned"), tmp_path / arm)
    assert opened == [1]


# reading


def test_an_adapter_that_arms_share_is_read_once(unit, toy_base, tmp_path, monkeypatch):
    read = []

    def noting(real):
        def noted(path, *rest, **named):
            read.append(Path(path).name)
            return real(path, *rest, **named)

        return noted

    monkeypatch.setattr(canonical, "read", noting(canonical.read))
    monkeypatch.setattr(peft_folder, "read_peft", noting(peft_folder.read_peft))
    last = replace(of(unit, "last"), pool=(unit.task.parent / "three.safetensors",))
    merges = [
        of(unit, "all", k=3),
        last,
        of(unit, "fresh", "none", k=0, fresh=True),
        of(unit, "best", "none", k=1),
        of(unit, "both", fresh=True),
        of(unit, "twins", twin="norm"),
    ]
    merger = Merger(unit, lambda: toy_base)
    for merge in arms.in_order(merges):
        merger.merge(merge, tmp_path / merge.arm)
        assert len(merger._sources._held) == len(merge.pool)
    assert sorted(read) == ["fresh", *sorted(f"{name}.safetensors" for name in POOL)]


def test_a_method_that_streams_leaves_the_pool_on_disk(unit, toy_base, tmp_path, monkeypatch):
    held = replace(of(unit, "spanned", "subspace", k=3), arm="spanned")
    streamed = replace(held, recipe=replace(held.recipe, streams=True))
    Merger(unit, lambda: toy_base).merge(held, tmp_path / "held")
    monkeypatch.setattr(canonical, "read", None)
    merger = Merger(unit, lambda: toy_base)
    merger.merge(streamed, tmp_path / "streamed")
    assert files(tmp_path / "held") == files(tmp_path / "streamed")
    assert not any(isinstance(one.modules, dict) for one in merger._sources._held.values())


def test_merges_over_the_whole_pool_read_it_once(unit, toy_base, tmp_path, monkeypatch):
    """Arms that differ in the directions alone take turns over the same adapters on disk."""
    read = Counter()
    real = canonical._Stored.__getitem__

    def noted(stored, module):
        read[stored._path.name, module] += 1
        return real(stored, module)

    monkeypatch.setattr(canonical._Stored, "__getitem__", noted)
    merger = Merger(unit, lambda: toy_base)
    for directions in ("adapters", "random", "base"):
        one = of(unit, directions, "subspace", k=3)
        recipe = replace(one.recipe, streams=True, options={"directions": directions, "steps": 1})
        merger.merge(replace(one, recipe=recipe), tmp_path / directions)
    assert set(read.values()) == {1}
    assert {name for name, _ in read} == {f"{name}.safetensors" for name in POOL}


# what a merge is made from


def test_a_key_is_of_everything_that_a_merge_is_made_from(unit, tmp_path):
    merge = of(unit, "arm", "stacked", k=2, fresh=True)

    def key(unit=unit, code="code", **changes):
        return arms.keys(unit, [replace(merge, **changes)], {"arm": code})["arm"]

    def edited(path):
        copy = tmp_path / str(len([*tmp_path.iterdir()]))
        if path.is_dir():
            peft_folder.write_peft(canonical.read(merge.pool[0]), copy, "toy")
        elif path.suffix == ".json":
            tables.write_json({"another": "file"}, copy)
        else:
            copy.write_bytes(path.read_bytes() + b" ")
        return copy

    shared = [
        replace(unit, **{name: edited(getattr(unit, name))})
        for name in ("checksums", "modules", "runtime", "train", "valid", "task")
    ]
    settings = [
        replace(unit, base_name="another"),
        replace(unit, seed=8),
        replace(unit, conduct=Conduct(clip=1.0)),
    ]
    own = [
        {"code": "another"},
        {"recipe": replace(merge.recipe, export_rank=1)},
        {"pool": merge.pool[::-1]},
        {"pool": merge.pool[:1]},
        {"pool": (edited(merge.pool[0]), merge.pool[1])},
        {"fresh": None},
        {"fresh": edited(merge.fresh)},
        {"stand_ins": merge.stand_ins[::-1]},
        {"stand_ins": ()},
    ]
    found = [key(), *(key(other) for other in shared + settings), *(key(**of) for of in own)]
    assert len(set(found)) == len(found) == 19
    assert arms.keys(unit, [replace(merge, arm="other")], {"other": "code"})["other"] not in found
    assert key() == found[0]


def test_how_the_fresh_lora_was_trained_is_not_in_the_key(unit):
    merge = of(unit, "arm", fresh=True)
    before = arms.keys(unit, [merge], {"arm": "code"})
    (merge.fresh / "training.json").write_text("{}")
    assert arms.keys(unit, [merge], {"arm": "code"}) == before


def test_a_file_is_read_once_for_the_keys_of_all_arms(unit, monkeypatch):
    read = []
    digest = parts.digest
    monkeypatch.setattr(parts, "digest", lambda file: read.append(file) or digest(file))
    merges = [of(unit, name, fresh=True) for name in ("a", "b", "c")]
    arms.keys(unit, merges, dict.fromkeys("abc", "code"))
    assert len(read) == len(set(read))


def test_arms_are_told_their_files(tmp_path):
    recipe = {"count": 1, "twin": None, "method": "average", "entry": "package.module:name"}
    ranking = tmp_path / "ranking.tsv"
    rows = [
        {"position": 1, "adapter": "b", "shard": 0, "score": 1.0, "passed_over": None},
        {"position": 2, "adapter": "a", "shard": 0, "score": 0.5, "passed_over": None},
    ]
    tables.write_table(rows, ranking, "ranking")
    for name in "ab":
        (tmp_path / f"{name}.safetensors").touch()
    config = f"{tmp_path}/{{}}/adapter_config.json"
    given = {
        "rankings": [str(ranking)],
        "shards": [str(tmp_path)],
        "fresh": [config.format("fresh")],
        "stand_ins": [config.format("0"), config.format("1")],
    }
    params = {
        "recipes": {"one": recipe, "two": recipe | {"count": 0}},
        "drawing": ["one"],
        "joined": ["two"],
        "folding": ["two", "two"],
    }
    found = arm_merges(InputFiles(fromdict=given), Params(fromdict=params))
    folds = (tmp_path / "0", tmp_path / "1")
    assert found == [
        ArmMerge("one", MergeRecipe(**recipe), (tmp_path / "b.safetensors",)),
        ArmMerge("two", MergeRecipe(**recipe | {"count": 0}), (), tmp_path / "fresh", folds),
    ]


# what is kept


def test_outputs_are_those_of_their_arms():
    staying = [f"merged/{arm}/task/0/merge.json" for arm in ("a", "ab")]
    passing = ["merged/ab/task/0/routed.safetensors"]
    assert arms.as_parts({"a": "1", "ab": "2"}, staying, passing) == {
        "a": parts.Part("1", (staying[0],)),
        "ab": parts.Part("2", (staying[1],), (passing[0],)),
    }


def test_what_an_arm_had_before_is_removed(tmp_path, capsys):
    for arm in ("a", "b"):
        (tmp_path / arm / "task/0").mkdir(parents=True)
        for file in ("merge.json", "adapter_model.safetensors"):
            (tmp_path / arm / "task/0" / file).touch()
    arms.remove_others([str(tmp_path / "a/task/0/merge.json")])
    assert [file.name for file in (tmp_path / "a/task/0").iterdir()] == ["merge.json"]
    assert len([*(tmp_path / "b/task/0").iterdir()]) == 2
    said = "a: adapter_model.safetensors removed, the study keeps it no more\n"
    assert capsys.readouterr().out == said


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("twin", [None, *(name for name, row in TWINS.items() if not row.trained)])
def test_gates_and_sources_read_anew_are_the_exported_merge(unit, toy_base, tmp_path, twin, fresh):
    merge = of(unit, "arm", "learned", k=3, twin=twin, fresh=fresh, granularity="direction")
    Merger(unit, lambda: toy_base).merge(merge, tmp_path / "adapter")
    gated = replace(merge, recipe=replace(merge.recipe, kept="gates"))
    Merger(unit, lambda: toy_base).merge(gated, tmp_path / "gates")
    modules = set(toy_base.linears)
    found = combination.read(tmp_path / "gates", Sources(modules, unit.seed).of(merge))
    peft_folder.write_peft(Adapter("arm", found), tmp_path / "again", "toy")
    for file in ("adapter_model.safetensors", "adapter_config.json"):
        assert files(tmp_path / "again")[file] == files(tmp_path / "adapter")[file]
    own = {"gates.safetensors", "sources.json"}
    shared = {"merge.json", "coefficients.tsv", "curve.tsv", "tuning.tsv"}
    assert set(files(tmp_path / "gates")) == own | shared
    for file in shared:
        assert files(tmp_path / "gates")[file] == files(tmp_path / "adapter")[file]


def test_weights_that_will_go_have_no_card(unit, toy_base, tmp_path):
    for method, weights in (("ties", "adapter_model.safetensors"), ("arrow", "routed.safetensors")):
        merge = of(unit, method, method)
        merge = replace(merge, recipe=replace(merge.recipe, kept="answers"))
        Merger(unit, lambda: toy_base).merge(merge, tmp_path / method)
        found = set(files(tmp_path / method))
        assert weights in found
        assert found.isdisjoint({"README.md", "NOTICE"})


def test_gates_of_what_is_no_combination_are_refused(unit, toy_base, tmp_path):
    merge = of(unit, "ties", "ties")
    merge = replace(merge, recipe=replace(merge.recipe, kept="gates"))
    with pytest.raises(TypeError, match="merge ties: found factors of its own"):
        Merger(unit, lambda: toy_base).merge(merge, tmp_path)
