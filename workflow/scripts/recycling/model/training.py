"""The one training loop: fresh LoRAs, community adapters and merging coefficients all use it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch.nn import functional

from recycling.errors import InputError
from recycling.model.base import Base
from recycling.model.recipe import Fit, Point, Recipe
from recycling.model.tree import TokenTree
from recycling.runlog import Progress
from recycling.tasks.record import Example

Objective = Callable[[Base, str, Sequence[Example]], torch.Tensor]
"""What is minimised: base, instruction and rows -> a scalar."""


def loss(base: Base, instruction: str, examples: Sequence[Example]) -> torch.Tensor:
    """Mean negative log-likelihood of answer and end-of-turn tokens.

    Only `answers[0]` is trained on. Prompt tokens carry no loss.
    """
    tree, positions, targets = TokenTree(), [], []
    for example in examples:
        prompt = tree.add(base.prompt(instruction, example.input))
        answer = base.answer(example.answers[0])
        # The end-of-turn token is predicted, never read.
        positions += [prompt[-1], *tree.add(answer[:-1], below=prompt[-1])]
        targets += answer
    logits = base.logits(base.read(tree)[positions])
    return functional.cross_entropy(logits, torch.tensor(targets, device=base.device))


def fit(
    base: Base,
    parameters: Sequence[torch.Tensor],
    instruction: str,
    train: Sequence[Example],
    valid: Sequence[Example],
    recipe: Recipe,
    generator: torch.Generator,
    penalty: Callable[[], torch.Tensor] | None = None,
    objective: Objective = loss,
) -> Fit:
    """Train `parameters` in place and leave them at their lowest `objective` on `valid`.

    The losses of the curve are those of the objective, without the penalty.

    Step 0 is a candidate too, so training never ends worse on `valid` than it began. Without
    validation rows the last step is kept. The caller attaches what uses the parameters.
    """
    if not train:
        raise InputError("training", "train", 0, "at least one example", "check the task's splits")
    optimiser = torch.optim.AdamW(
        parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    warmup = max(1, round(recipe.warmup * recipe.steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: _cosine(step, warmup, recipe.steps)
    )
    batches = _batches(train, recipe, generator)
    progress = Progress("step", recipe.steps)
    curve: list[Point] = []
    last, lowest, before = None, math.inf, base.tokens_read
    best, kept = 0, [parameter.detach().clone() for parameter in parameters]
    for step in range(recipe.steps + 1):
        if step % recipe.evaluate_every == 0 or step == recipe.steps:
            with torch.no_grad():
                held_out = objective(base, instruction, valid).item() if valid else None
            curve.append(Point(step, last, held_out))
            if held_out is None or held_out < lowest:
                lowest = math.inf if held_out is None else held_out
                best, kept = step, [parameter.detach().clone() for parameter in parameters]
        if step == recipe.steps:
            break
        value = objective(base, instruction, batches[step])
        total = value if penalty is None else value + penalty()
        optimiser.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        last = value.item()
        progress.step(f"train loss {last:.3f}" + (f", valid loss {held_out:.3f}" if valid else ""))
    with torch.no_grad():
        for parameter, value in zip(parameters, kept, strict=True):
            parameter.copy_(value)
    marked = tuple(replace(point, kept=point.step == best) for point in curve)
    return Fit(marked, base.tokens_read - before)


def _cosine(step: int, warmup: int, steps: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    return 0.5 * (1 + math.cos(math.pi * progress))


def _batches(
    train: Sequence[Example], recipe: Recipe, generator: torch.Generator
) -> list[list[Example]]:
    """`steps` batches from a stream of shuffled passes over the rows."""
    stream: list[int] = []
    while len(stream) < recipe.steps * recipe.batch_size:
        stream += torch.randperm(len(train), generator=generator).tolist()
    size = recipe.batch_size
    return [
        [train[index] for index in stream[step * size : (step + 1) * size]]
        for step in range(recipe.steps)
    ]
