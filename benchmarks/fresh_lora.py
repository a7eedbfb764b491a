"""A fresh LoRA from the same start on the same batches, against PEFT and transformers' Trainer."""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch.utils.data import SequentialSampler

from benchmarks.case import OURS, Case, Rival, Run
from benchmarks.inputs import SEED, Inputs
from recycling.adapters.canonical import Factors
from recycling.model import lora
from recycling.model.base import Base
from recycling.model.recipe import Fit, Recipe
from recycling.model.training import Objective, loss
from recycling.tasks.record import Example

RATE = 0.002


def cases(inputs: Inputs) -> Iterator[Case]:
    """20 steps of 8 rows with a validation before and after them."""
    rivals = {
        OURS: Rival(partial(_ours, inputs)),
        "PEFT and Trainer": Rival(partial(_trainer, inputs)),
    }
    yield Case("fresh LoRA", rivals, lambda one, two: abs(one - two) / one, 0.02)


def _recipe(steps: int) -> Recipe:
    return Recipe(steps, RATE, evaluate_every=max(1, steps))


def _trained(
    inputs: Inputs, base: Base, steps: int, objective: Objective = loss
) -> tuple[dict[str, Factors], Fit]:
    rank = inputs.sizes.rank
    return lora.train(
        base,
        inputs.instruction,
        inputs.rows.train,
        inputs.rows.valid,
        _recipe(steps),
        SEED,
        rank=rank,
        alpha=rank,
        objective=objective,
    )


def _ours(inputs: Inputs) -> Run:
    base = inputs.load("float32")

    def run() -> float:
        _, fit = _trained(inputs, base, inputs.sizes.steps)
        last = fit.curve[-1].valid_loss
        assert last is not None, "there are validation rows"
        return last

    return run


def _trainer(inputs: Inputs) -> Run:
    import peft
    from transformers import PrinterCallback, Trainer, TrainingArguments
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    base = inputs.load("float32")
    steps, rank = inputs.sizes.steps, inputs.sizes.rank
    start, _ = _trained(inputs, base, 0)
    batches = _batches(inputs, base)
    model = inputs.load("float32").model
    config = peft.LoraConfig(
        r=rank, lora_alpha=rank, target_modules=list(start), task_type="CAUSAL_LM"
    )
    worn = peft.get_peft_model(model, config)
    pad = min(base.conversation.stops)
    train = [_item(inputs, base, row) for batch in batches for row in batch]
    valid = [_item(inputs, base, row) for row in inputs.rows.valid]

    class InOrder(Trainer):  # type: ignore[misc]
        """Trainer, but with the rows in the order of our batches."""

        def _get_train_sampler(self, *_: Any) -> SequentialSampler:
            return SequentialSampler(train)

    def run() -> float:
        with torch.no_grad():
            for name, parameter in worn.named_parameters():
                for side, key in (("a", ".lora_A."), ("b", ".lora_B.")):
                    if key in name:
                        module = name.removeprefix("base_model.model.").partition(key)[0]
                        parameter.copy_(getattr(start[module], side))
        trained = [p for p in worn.parameters() if p.requires_grad]
        optimiser = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.0)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, partial(_rate, steps))
        arguments = TrainingArguments(
            output_dir=str(inputs.scratch / "trainer"),
            max_steps=steps,
            per_device_train_batch_size=len(batches[0]),
            per_device_eval_batch_size=len(valid),
            eval_strategy="steps",
            eval_steps=steps,
            eval_on_start=True,
            save_strategy="no",
            logging_strategy="no",
            report_to=[],
            disable_tqdm=True,
            max_grad_norm=0.0,
            use_cpu=True,
            seed=0,
        )
        trainer = InOrder(
            model=worn,
            args=arguments,
            train_dataset=train,
            eval_dataset=valid,
            data_collator=partial(_padded, pad),
            optimizers=(optimiser, schedule),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        losses = [entry["eval_loss"] for entry in trainer.state.log_history if "eval_loss" in entry]
        return float(losses[-1])

    return run


def _rate(steps: int, step: int) -> float:
    """Our share of the learning rate: transformers' cosine but for the first step, which rests."""
    warmup = max(1, round(0.1 * steps))
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def _batches(inputs: Inputs, base: Base) -> list[Sequence[Example]]:
    """The batches that our loop takes, in their order."""
    seen: list[Sequence[Example]] = []

    def noted(_: Base, __: str, rows: Sequence[Example]) -> torch.Tensor:
        if torch.is_grad_enabled():  # a validation is not trained on
            seen.append(rows)
        return torch.zeros((), requires_grad=True)

    _trained(inputs, base, inputs.sizes.steps, noted)
    return seen


def _item(inputs: Inputs, base: Base, row: Example) -> dict[str, list[int]]:
    prompt, answer = base.prompt(inputs.instruction, row.input), base.answer(row.answers[0])
    return {"input_ids": [*prompt, *answer], "labels": [-100] * len(prompt) + answer}


def _padded(pad: int, items: Sequence[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
    width = max(len(item["input_ids"]) for item in items)

    def filled(key: str, value: int) -> torch.Tensor:
        return torch.tensor([row[key] + [value] * (width - len(row[key])) for row in items])

    seen = [[1] * len(i["labels"]) + [0] * (width - len(i["labels"])) for i in items]
    return {
        "input_ids": filled("input_ids", pad),
        "labels": filled("labels", -100),
        "attention_mask": torch.tensor(seen),
    }
