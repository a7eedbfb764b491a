"""The training loop of fresh LoRAs, community adapters and merging coefficients."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch

from recycling.ground.errors import InputError
from recycling.ground.runlog import Progress
from recycling.model.base import Base
from recycling.model.likelihood import answer_nll
from recycling.model.recipe import Fit, Point, Recipe
from recycling.model.tree import trees
from recycling.tasks.record import Example

Objective = Callable[[Base, str, Sequence[Example]], torch.Tensor]
"""What is minimised: base, instruction and rows -> a scalar."""


def loss(base: Base, instruction: str, examples: Sequence[Example]) -> torch.Tensor:
    """Mean negative log-likelihood of answer and end-of-turn tokens.

    Only `answers[0]` is trained on. Prompt tokens carry no loss.
    """
    rows = [
        (base.prompt(instruction, example.input), [base.answer(example.answers[0])])
        for example in examples
    ]
    forest = list(trees(rows))
    if len(forest) == 1:
        return answer_nll(base, *forest[0], "mean")
    return torch.cat([answer_nll(base, *tree) for tree in forest]).mean()


def answer_tokens(base: Base, examples: Sequence[Example]) -> int:
    """How many tokens `loss` is the mean of."""
    return sum(len(base.answer(example.answers[0])) for example in examples)


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
    ratios: Sequence[float] | None = None,
) -> Fit:
    """Train `parameters` in place and leave them at their lowest `objective` on `valid`.

    The losses of the curve are those of the objective, without the penalty. `ratios` has the
    learning rate of each parameter over that of the recipe, 1 for all without it.

    Step 0 is a candidate too unless the recipe's conduct says otherwise, so training never ends
    worse on `valid` than it began. Without validation rows the last step is kept. The caller
    attaches what uses the parameters.
    """
    if not train:
        raise InputError("training", "train", 0, "at least one example", "check the task's splits")
    for row in (*train, *valid):
        prompt, answer = base.prompt(instruction, row.input), base.answer(row.answers[0])
        base.check_fits(len(prompt) + len(answer) - 1, row.id)
    groups: dict[float, list[torch.Tensor]] = {}
    for parameter, ratio in zip(parameters, ratios or [1.0] * len(parameters), strict=True):
        groups.setdefault(ratio, []).append(parameter)
    optimiser = torch.optim.AdamW(
        [
            {"params": members, "lr": recipe.learning_rate * ratio}
            for ratio, members in groups.items()
        ],
        weight_decay=recipe.weight_decay,
    )
    conduct = recipe.conduct
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, partial(_rate, recipe))
    batches = _batches(train, recipe, generator)
    progress = Progress("step", recipe.last)
    curve: list[Point] = []
    last, lowest, before = None, math.inf, base.tokens_read
    waited = 0
    best, kept = 0, [parameter.detach().clone() for parameter in parameters]
    for step in range(recipe.last + 1):
        if step % recipe.evaluate_every == 0 or step == recipe.last:
            held_out = _held_out(
                lambda rows: objective(base, instruction, rows), valid, conduct.valid_batch
            )
            curve.append(Point(step, last, held_out))
            waited += step > 0
            if held_out is None or (held_out < lowest and (step > 0 or conduct.start_is_candidate)):
                lowest = math.inf if held_out is None else held_out
                best, kept = step, [parameter.detach().clone() for parameter in parameters]
                waited = 0
        if step == recipe.last or (conduct.patience and waited == conduct.patience):
            break
        value = objective(base, instruction, batches[step])
        total = value if penalty is None else value + penalty()
        optimiser.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        if conduct.clip:
            torch.nn.utils.clip_grad_norm_(parameters, conduct.clip)
        optimiser.step()
        schedule.step()
        last = value.item()
        progress.step(f"train loss {last:.3f}" + (f", valid loss {held_out:.3f}" if valid else ""))
    with torch.no_grad():
        for parameter, value in zip(parameters, kept, strict=True):
            parameter.copy_(value)
    marked = tuple(replace(point, kept=point.step == best) for point in curve)
    return Fit(marked, base.tokens_read - before)


def _held_out(
    objective: Callable[[Sequence[Example]], torch.Tensor], valid: Sequence[Example], size: int
) -> float | None:
    """Mean over the rows of their batch's loss, batches of `size` rows in order; 0: one batch."""
    size = size or len(valid)
    batches = [valid[start : start + size] for start in range(0, len(valid), size or 1)]
    with torch.no_grad():
        losses = [objective(batch).item() * len(batch) for batch in batches]
    return sum(losses) / len(valid) if valid else None


def _rate(recipe: Recipe, step: int) -> float:
    """The share of the learning rate at which `step` is taken, counted from 0."""
    rests = recipe.conduct.first_step_rests
    wanted = recipe.warmup * recipe.steps
    warmup = max(1, math.ceil(wanted) if rests else round(wanted))
    if step < warmup:
        return (step + (not rests)) / warmup
    progress = (step - warmup) / max(1, recipe.steps - warmup)
    return 0.5 * (1 + math.cos(math.pi * progress))


def _batches(
    train: Sequence[Example], recipe: Recipe, generator: torch.Generator
) -> list[list[Example]]:
    """`steps` batches from a stream of shuffled passes over the rows."""
    stream: list[int] = []
    batches: list[list[Example]] = []
    while len(batches) < recipe.steps:
        stream += torch.randperm(len(train), generator=generator).tolist()
        while len(stream) >= recipe.batch_size or (stream and recipe.conduct.ragged_passes):
            batches.append([train[index] for index in stream[: recipe.batch_size]])
            del stream[: recipe.batch_size]
    return batches[: recipe.steps]
