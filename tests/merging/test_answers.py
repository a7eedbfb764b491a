"""The answers of the arms of a unit: kept as they were given, keyed by what they are made of."""

from dataclasses import asdict, replace
from types import SimpleNamespace

import pytest
import torch
from model_cases import INSTRUCTION, TRAIN, VALID, adapter, problem

from recycling.adapters import peft_folder, routed
from recycling.adapters.canonical import Adapter
from recycling.ground.errors import InputError
from recycling.merging import answers, combination
from recycling.merging.answers import Questions
from recycling.merging.recipe import ADAPTER, GATES, Asking
from recycling.merging.routing import logo
from recycling.model import calibration, prompt_routing, scoring

TWO = Asking(2)
ASKED = Questions(INSTRUCTION, VALID, TRAIN, TRAIN[:2], None, 4)


@pytest.fixture
def worn(toy_base, tmp_path):
    """A merge to wear, and the path of its weights."""
    made = adapter(toy_base, "merged", 1)
    peft_folder.write_peft(made, tmp_path / "merged", "toy")
    return made, str(tmp_path / "merged/adapter_model.safetensors")


def predicted(base, count, worn=None):
    with base.wearing(worn):
        return scoring.predict(base, INSTRUCTION, VALID, 4, shown=TRAIN[:count])


def test_answers_are_read_as_they_were_given(toy_base, worn, tmp_path):
    made, weights = worn
    answers.answer(toy_base, ASKED, "bare", None, Asking(2), tmp_path / "bare")
    answers.answer(toy_base, ASKED, "merged", weights, Asking(), tmp_path / "worn")
    bare = answers.rows("bare", tmp_path / "bare")
    assert bare == [{"arm": "bare", **as_lists(row)} for row in predicted(toy_base, 2)]
    found = answers.rows("merged", tmp_path / "worn")
    assert found == [{"arm": "merged", **as_lists(row)} for row in predicted(toy_base, 0, made)]
    assert [*found[0]] == ["arm", *asdict(predicted(toy_base, 0)[0])]


def test_a_calibrated_arm_says_what_the_base_says(toy_base, tmp_path):
    answers.answer(toy_base, ASKED, "arm", None, Asking(calibrated=True), tmp_path)
    rows = (TRAIN, TRAIN[:2], VALID)
    expected = calibration.predicted(toy_base, INSTRUCTION, *rows, 4, None)
    found = answers.rows("arm", tmp_path)
    assert found == [{"arm": "arm", **as_lists(row)} for row in expected]
    assert [row["output"] for row in found] == [row.output for row in predicted(toy_base, 0)]


def test_what_prompts_weigh_is_worn_prompt_by_prompt(toy_base, tmp_path):
    pool = [adapter(toy_base, name, seed) for seed, name in enumerate(("one", "two"))]
    worn = logo(problem(pool), top_k=1).routed
    routed.write(worn, tmp_path / "merged", "toy")
    weights = str(tmp_path / "merged" / routed.WEIGHTS)
    answers.answer(toy_base, ASKED, "arm", weights, Asking(), tmp_path / "arm")
    expected = prompt_routing.predicted(toy_base, worn, INSTRUCTION, VALID, 4, "rows")
    found = answers.rows("arm", tmp_path / "arm")
    assert found == [{"arm": "arm", **as_lists(row)} for row in expected]


def test_what_is_put_together_answers_as_what_was_exported(toy_base, tmp_path):
    pool = [adapter(toy_base, name, seed, ranks=(3, 1)) for seed, name in enumerate(("one", "two"))]
    merged = combination.weighted(pool, [0.3, 1.7])
    combination.write(merged, tmp_path / "gates")
    peft_folder.write_peft(Adapter("arm", merged), tmp_path / "adapter", "toy/base")
    for kind, file in (("gates", GATES), ("adapter", ADAPTER)):
        weights, folder = str(tmp_path / kind / file), tmp_path / "answers" / kind
        folder.mkdir(parents=True)
        answers.answer(toy_base, ASKED, "arm", weights, Asking(), folder, lambda: pool)
        assert [path.name for path in folder.iterdir()] == [answers.FILE]
    gates, exported = (tmp_path / "answers" / kind / answers.FILE for kind in ("gates", "adapter"))
    assert gates.read_bytes() == exported.read_bytes()


@pytest.mark.parametrize("kept", ["gates", "adapter"])
def test_beside_a_gpu_nothing_is_written_and_every_side_is_pinned(
    toy_base, tmp_path, monkeypatch, kept
):
    pool = [adapter(toy_base, name, seed, ranks=(3, 1)) for seed, name in enumerate(("one", "two"))]
    merged = combination.weighted(pool, [0.3, 1.7])
    peft_folder.write_peft(Adapter("arm", merged), tmp_path / "adapter", "toy/base")
    combination.write(merged, tmp_path / "gates")
    exported = peft_folder.read_peft(tmp_path / "adapter", "arm", set(toy_base.linears))
    base = SimpleNamespace(
        device=torch.device("cuda"),
        model=SimpleNamespace(dtype=torch.bfloat16),
        linears=toy_base.linears,
    )
    pinned = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda side: pinned.append(side) or side)
    file = tmp_path / kept / {"gates": GATES, "adapter": ADAPTER}[kept]
    nowhere = tmp_path / "nowhere"
    worn = answers._worn(base, "arm", file, nowhere, lambda: pool)
    assert len(pinned) == 2 * len(worn) == 2 * len(exported)
    for module, factors in exported.items():
        assert torch.equal(worn[module].a, factors.a.bfloat16())
        assert torch.equal(worn[module].b, factors.b.bfloat16())


def as_lists(prediction):
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(prediction).items()
    }


def test_more_demonstrations_than_training_rows_are_refused(toy_base, tmp_path):
    with pytest.raises(InputError, match="prompt: demonstrations: found 9, expected at most the 4"):
        answers.answer(toy_base, ASKED, "bare", None, Asking(9), tmp_path)


def test_a_key_is_of_all_that_answers_are_made_from(worn, tmp_path):
    _, weights = worn

    def key(asked=ASKED, asking=TWO, weights=None, code="code", base="base"):
        of = {} if weights is None else {"arm": weights}
        return answers.keys(asked, base, {"arm": asking}, of, code)["arm"]

    found = [
        key(),
        key(weights=weights),
        key(asking=Asking(1)),
        key(asking=Asking(2, nearest=True)),
        key(asking=Asking("all")),
        key(asking=Asking(calibrated=True)),
        key(replace(ASKED, labels=("a", "b")), asking=Asking(calibrated=True)),
        key(replace(ASKED, valid=TRAIN[:1]), asking=Asking(calibrated=True)),
        key(code="another"),
        key(base="another"),
        *(
            key(replace(ASKED, **changes))
            for changes in (
                {"instruction": "Say nothing."},
                {"test": VALID[:1]},
                {"test": VALID[::-1]},
                {"train": TRAIN[::-1]},
                {"cap": 5},
            )
        ),
    ]
    for file in ("adapter_config.json", "adapter_model.safetensors"):
        with (tmp_path / "merged" / file).open("ab") as stream:
            stream.write(b" ")
        found.append(key(weights=weights))
    assert len(set(found)) == len(found) == 17
    assert key() == found[0]


def test_a_training_row_that_no_prompt_shows_is_not_in_the_key():
    fewer = replace(ASKED, train=TRAIN[:2])
    asking = {"none": Asking(), "two": Asking(2)}
    few, all_rows = (answers.keys(of, "base", asking, {}, "code") for of in (fewer, ASKED))
    assert few == all_rows
    for how in (Asking("all"), Asking(1, nearest=True)):
        few, all_rows = (answers.keys(of, "base", {"arm": how}, {}, "") for of in (fewer, ASKED))
        assert few != all_rows
