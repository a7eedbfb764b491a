import math

import peft
import pytest
import torch
from model_cases import INSTRUCTION, ROWS, TRAIN, VALID, logits
from peft.optimizers import create_loraplus_optimizer

from recycling.adapters import peft_folder
from recycling.adapters.canonical import Adapter
from recycling.ground.errors import InputError
from recycling.model import base as bases
from recycling.model import lora
from recycling.model.base import Base
from recycling.model.recipe import Recipe
from recycling.model.training import loss

TOKENS = [5, 80, 33, 260, 7]


def peft_model(folder, *, rslora, modules, rank=4, alpha=12):
    config = peft.LoraConfig(
        r=rank, lora_alpha=alpha, use_rslora=rslora, target_modules=modules, lora_dropout=0.0
    )
    return peft.get_peft_model(bases.load(folder, "cpu", "float32").model, config)


def sides(model):
    """PEFT's parameters by module: [A, B]."""
    found = {}
    for name, module in model.named_modules():
        if isinstance(module, peft.tuners.lora.Linear):
            stem = name.removeprefix("base_model.model.")
            found[stem] = [module.lora_A["default"].weight, module.lora_B["default"].weight]
    return found


@pytest.mark.parametrize(
    "options", [{"rslora": False}, {"rslora": True}, {"rslora": False, "loraplus_ratio": 8.0}]
)
@pytest.mark.parametrize("modules", [["q_proj", "down_proj"], None])
def test_two_steps_are_those_of_peft(toy_base, toy_folder, options, modules):
    """Same start, PEFT's layers, its AdamW at constant rates, the loss of the model's labels."""
    rslora = options["rslora"]
    options = {"rank": 4, "alpha": 12.0, "modules": modules, **options}
    start, _ = lora.train(toy_base, INSTRUCTION, ROWS, [], Recipe(0, 0.01), 3, **options)
    trained, _ = lora.train(
        toy_base, INSTRUCTION, ROWS, [], Recipe(2, 0.01, batch_size=len(ROWS)), 3, **options
    )
    ends = modules or sorted({name.rpartition(".")[2] for name in toy_base.linears})
    model = peft_model(toy_folder, rslora=rslora, modules=ends)
    theirs = sides(model)
    assert set(theirs) == set(start) == set(trained)
    with torch.no_grad():
        for module, (a, b) in theirs.items():
            a.copy_(start[module].a)
            b.copy_(start[module].b)
    optimiser = create_loraplus_optimizer(
        model,
        torch.optim.AdamW,
        lr=0.01,
        loraplus_lr_ratio=options.get("loraplus_ratio", 1.0),
        weight_decay=0,
    )
    for _ in range(2):
        optimiser.zero_grad()
        total, count = torch.zeros(()), 0
        for row in ROWS:
            prompt = toy_base.prompt(INSTRUCTION, row.input)
            answer = toy_base.answer(row.answers[0])
            labels = torch.tensor([[-100] * len(prompt) + answer])
            ids = torch.tensor([[*prompt, *answer]])
            total = total + model(input_ids=ids, labels=labels).loss * len(answer)
            count += len(answer)
        (total / count).backward()
        optimiser.step()
    folded = Adapter(
        "ours", {m: f.scaled(lora.scaling(4, 12.0, rslora)) for m, f in trained.items()}
    )
    with toy_base.wearing(folded):
        ours = logits(toy_base.model, TOKENS)
    torch.testing.assert_close(ours, logits(model, TOKENS), atol=2e-3, rtol=1e-3)
    assert (ours - logits(toy_base.model, TOKENS)).abs().max() > 0.05


@pytest.mark.parametrize("rslora", [False, True])
def test_the_loss_in_training_is_that_of_the_saved_adapter(toy_base, tmp_path, rslora):
    trained, fit = lora.train(
        toy_base, INSTRUCTION, TRAIN, VALID, Recipe(6, 0.02), 1, rank=2, alpha=8.0, rslora=rslora
    )
    peft_folder.write_peft(Adapter("fresh", trained), tmp_path, "toy", alpha=8.0, rslora=rslora)
    read = peft_folder.read_peft(tmp_path, "fresh", toy_base.linears)
    with toy_base.wearing(read), torch.no_grad():
        after = loss(toy_base, INSTRUCTION, VALID).item()
    assert after == pytest.approx(next(p.valid_loss for p in fit.curve if p.kept), rel=1e-5)


def test_scaling_is_peft_s(toy_folder):
    for rslora in (False, True):
        model = peft_model(toy_folder, rslora=rslora, modules=["q_proj"], rank=9, alpha=6)
        layer = next(m for m in model.modules() if isinstance(m, peft.tuners.lora.Linear))
        assert lora.scaling(9, 6, rslora) == pytest.approx(layer.scaling["default"])
    assert lora.scaling(16, 16) == 1


def test_the_start_is_peft_s(toy_base, toy_folder):
    start, _ = lora.train(toy_base, INSTRUCTION, TRAIN, [], Recipe(0, 0.1), 1, rank=64, alpha=1.0)
    theirs = sides(peft_model(toy_folder, rslora=False, modules=["q_proj"], rank=64))
    for module, (a, b) in theirs.items():
        bound = 1 / math.sqrt(a.shape[1])
        for side in (a, start[module].a):
            assert 0.99 * bound < side.abs().max() <= bound
            assert side.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.05)
        assert not b.any()
    assert not any(factors.b.any() for factors in start.values())


def test_the_seed_decides(toy_base):
    def run(seed):
        return lora.train(
            toy_base, INSTRUCTION, TRAIN, VALID, Recipe(2, 0.01), seed, rank=2, alpha=2.0
        )

    (one, first), (two, second), (other, _) = run(1), run(1), run(2)
    assert first == second
    for module in one:
        assert torch.equal(one[module].a, two[module].a)
        assert torch.equal(one[module].b, two[module].b)
        assert not torch.equal(one[module].a, other[module].a)
        assert not one[module].a.requires_grad


def test_the_base_is_left_as_it_was(toy_base):
    bare = logits(toy_base.model, TOKENS)
    lora.train(toy_base, INSTRUCTION, TRAIN, VALID, Recipe(2, 0.1), 1, rank=2, alpha=2.0)
    assert torch.equal(logits(toy_base.model, TOKENS), bare)


@pytest.mark.parametrize("modules", [["typo"], ["q_proj", "typo"], []])
def test_modules_that_the_base_lacks(toy_base: Base, modules):
    with pytest.raises(InputError, match=r"LoRA: modules: found .* expected some of \['down_proj'"):
        lora.train(
            toy_base,
            INSTRUCTION,
            TRAIN,
            VALID,
            Recipe(1, 0.1),
            1,
            rank=1,
            alpha=1.0,
            modules=modules,
        )
