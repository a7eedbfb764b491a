"""Jobs that train several adapters of the community: each once, as if it were trained alone."""

from dataclasses import replace

import gather_community
import pytest
import torch
import train_community
from safetensors.torch import load, load_file, save_file

from recycling.community import harmful, training
from recycling.community.recipe import CommunityAdapter, Training
from recycling.ground import tables
from recycling.model import lora
from recycling.pool.inspection import WEIGHTS

RECIPE = CommunityAdapter("plural", 20, 2, 4, False, ["q_proj", "v_proj"], 2, 0.001)
ADAPTERS = {
    "ann": Training(RECIPE, "builtin", {}, 1, "code"),
    "bob": Training(replace(RECIPE, rank=3, rslora=True), "builtin", {}, 2, "code"),
    "cid": Training(replace(RECIPE, task="capital", steps=1), "builtin", {}, 3, "code"),
}


class Jobs:
    """Jobs that train adapters, with one store."""

    def __init__(self, folder, model):
        self.folder, self.model = folder, model
        tables.write_json({"device": "cpu", "dtype": "float32"}, folder / "runtime.json")
        tables.write_json({}, folder / "checksums.json")

    def run(self, batch="0", **trainings):
        trained = self.folder / "batches" / batch
        train_community.main(
            str(self.model),
            str(self.folder / "checksums.json"),
            str(self.folder / "runtime.json"),
            trainings,
            "toy/base",
            sorted(ADAPTERS),
            str(self.folder / "store"),
            trained,
        )
        return {
            f"{file.parent.name}/{file.name}": file.read_bytes() for file in trained.rglob("*.*")
        }


@pytest.fixture
def jobs(toy_folder, tmp_path):
    return Jobs(tmp_path, toy_folder)


@pytest.fixture
def trained(monkeypatch):
    """The seed of each training."""
    seen, real = [], lora.train

    def train(base, instruction, rows, valid, recipe, seed, **settings):
        seen.append(seed)
        return real(base, instruction, rows, valid, recipe, seed, **settings)

    monkeypatch.setattr(lora, "train", train)
    return seen


def test_adapters_trained_in_one_process_are_those_of_one_process_each(jobs, tmp_path):
    together = jobs.run(**ADAPTERS)
    assert set(together) == {f"{name}/{file}" for name in ADAPTERS for file in training.FILES}
    jobs.folder = tmp_path / "alone"
    tables.write_json({"device": "cpu", "dtype": "float32"}, jobs.folder / "runtime.json")
    tables.write_json({}, jobs.folder / "checksums.json")
    alone = {}
    for name in ("cid", "ann", "bob"):
        alone |= jobs.run(name, **{name: ADAPTERS[name]})
    assert alone == together


def test_a_change_of_one_recipe_costs_that_adapter_alone(jobs, trained):
    before = jobs.run(**ADAPTERS)
    trained.clear()
    longer = replace(ADAPTERS["bob"], recipe=replace(ADAPTERS["bob"].recipe, steps=3))
    after = jobs.run(**ADAPTERS | {"bob": longer})
    assert trained == [2]
    assert {file for file in before if before[file] != after[file]} == {
        "bob/adapter_model.safetensors",
        "bob/curve.tsv",
    }


def test_an_adapter_that_another_job_trained_is_taken_over(jobs, trained):
    before = jobs.run("0", ann=ADAPTERS["ann"], bob=ADAPTERS["bob"])
    trained.clear()
    after = jobs.run("1", bob=ADAPTERS["bob"], cid=ADAPTERS["cid"])
    assert trained == [3]
    assert before["bob/curve.tsv"] == after["bob/curve.tsv"]


@pytest.mark.parametrize("key", ["seed", "code"])
def test_another_seed_or_code_trains_anew(jobs, trained, key):
    jobs.run(ann=ADAPTERS["ann"])
    jobs.run(ann=replace(ADAPTERS["ann"], **{key: 9}))
    assert len(trained) == 2


def test_other_rows_of_the_task_train_anew(jobs, trained, tmp_path):
    file = tmp_path / "rows.jsonl"
    options = {"path": str(file), "instruction": "Say it."}
    given = Training(replace(RECIPE, task="mine"), "file", options, 1, "code")
    file.write_text('{"input": "one", "output": "two"}\n{"input": "two", "output": "three"}\n')
    jobs.run(ann=given)
    file.write_text('{"input": "one", "output": "two"}\n{"input": "two", "output": "four"}\n')
    jobs.run(ann=given)
    assert trained == [1, 1]


def test_a_kill_costs_the_adapter_that_was_trained(jobs, trained, monkeypatch):
    real = training.train

    def killed(base, recipe, *arguments):
        if recipe.rslora:
            raise KeyboardInterrupt
        real(base, recipe, *arguments)

    monkeypatch.setattr(training, "train", killed)
    with pytest.raises(KeyboardInterrupt):
        jobs.run(**ADAPTERS)
    monkeypatch.setattr(training, "train", real)
    jobs.run(**ADAPTERS)
    assert trained == [1, 2, 3]


def test_the_adapters_of_all_jobs_lie_side_by_side(jobs):
    found = jobs.run("0", ann=ADAPTERS["ann"], cid=ADAPTERS["cid"])
    found |= jobs.run("1", bob=ADAPTERS["bob"])
    place = jobs.folder / "community"
    trained = [str(jobs.folder / "batches" / batch) for batch in "01"]
    gather_community.main(trained, place, {})
    assert {
        f"{file.parent.name}/{file.name}": file.read_bytes() for file in place.rglob("*.*")
    } == found


def test_what_is_negated_is_the_trained_adapter_with_the_other_sign(jobs):
    found = jobs.run("0", ann=ADAPTERS["ann"])
    place = jobs.folder / "community"
    trained = [str(jobs.folder / "batches/0")]
    # A file that Snakemake puts there is no adapter.
    (jobs.folder / "batches/0/.snakemake_timestamp").touch()
    gather_community.main(trained, place, {"bad": "ann"})
    for file in ("adapter_config.json", "curve.tsv"):
        assert (place / "bad" / file).read_bytes() == found[f"ann/{file}"]
    own, other = (load_file(place / name / WEIGHTS) for name in ("ann", "bad"))
    assert list(own) == list(other)
    for key, tensor in own.items():
        assert torch.equal(other[key], -tensor if ".lora_B." in key else tensor)
    assert any(tensor.any() for key, tensor in own.items() if ".lora_B." in key)
    # The trained adapter, to which the other might be a link, is as it was.
    assert (place / "ann" / WEIGHTS).read_bytes() == found[f"ann/{WEIGHTS}"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_numbers_of_every_kind_are_negated(dtype, tmp_path):
    key = "base_model.model.q.lora_B.weight"
    numbers = torch.tensor([[1.5, -2.0], [0.0, 3e-5]], dtype=dtype)
    save_file({key: numbers}, tmp_path / WEIGHTS)
    files = {WEIGHTS: (tmp_path / WEIGHTS).read_bytes()}
    [(_, negated)] = load(harmful.negated(files)[WEIGHTS]).items()
    assert torch.equal(negated, -numbers)
    assert negated.dtype == dtype


def test_a_checkpoint_is_what_its_run_was_after_so_many_steps(jobs):
    """Not what a shorter run would be, whose learning rate falls sooner."""
    recipe = replace(RECIPE, steps=6)
    found = jobs.run(
        ann=Training(recipe, "builtin", {}, 1, "code"),
        bob=Training(replace(recipe, stop=3), "builtin", {}, 1, "code"),
        cid=Training(replace(recipe, steps=3), "builtin", {}, 1, "code"),
    )
    first = {name: found[f"{name}/curve.tsv"].splitlines()[:2] for name in ("ann", "bob", "cid")}
    assert first["ann"] == first["bob"] == first["cid"]
    assert len({found[f"{name}/adapter_model.safetensors"] for name in first}) == 3


def test_shuffled_labels_are_those_of_other_rows():
    plain = training.lesson(ADAPTERS["ann"])
    shuffled = training.lesson(replace(ADAPTERS["ann"], recipe=replace(RECIPE, labels="shuffled")))
    assert [row.input for row in shuffled.rows] == [row.input for row in plain.rows]
    answers = [[row.answers for row in lesson.rows] for lesson in (plain, shuffled)]
    assert answers[0] != answers[1]
    assert sorted(answers[0]) == sorted(answers[1])
