"""Gradients of the loss with respect to merging coefficients, from one backward pass.

In the layer `y = W x + sum_i c_i b_i a_i x` the loss changes with c_i by
sum_t <a_i x_t, b_i^T g_t>, with x_t the module's input and g_t the loss's gradient at its output.
So one forward and backward pass of the bare base gives x and g, and from these the gradients at
c = 0 of any number of adapters, at O(tokens (in + out) rank) for each adapter and module. The
same pass inside `base.wearing(fresh)` gives the gradients at the fresh LoRA.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from recycling.adapters import lowrank
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground.errors import InputError
from recycling.ground.runlog import Progress
from recycling.model.base import Base
from recycling.model.likelihood import answer_nll
from recycling.model.tree import ROOT, AnswerPath, TokenTree
from recycling.tasks.record import Example

# Rows are read in trees of about this many tokens: attention costs the square of their number.
NODES = 384


class _Forest(TokenTree):
    """A tree whose rows share no token, so that the gradient at a token belongs to one row."""

    def add(self, tokens: Sequence[int], below: int = ROOT) -> list[int]:
        if below == ROOT:
            self._children.clear()
        return super().add(tokens, below)


@dataclass(frozen=True)
class _Pass:
    """What one backward pass left: each node's row, each row's loss, and x and g by module."""

    rows: torch.Tensor
    losses: torch.Tensor
    traces: dict[str, tuple[torch.Tensor, torch.Tensor]]


def weight_gradient(
    base: Base, instruction: str, examples: Sequence[Example]
) -> dict[str, Factors]:
    """The gradient of the mean loss by the weight `[out, in]` of each linear module, as factors.

    The loss of a row is the summed negative log-likelihood of its answer and end of turn, in nats.
    `lowrank.inner(gradient[module], adapter[module])` is the gradient by the adapter's coefficient.
    The rank is the number of tokens, at most min(out, in). Raises InputError without rows.
    """
    total: dict[str, Factors] = {}
    for done in _passes(base, instruction, examples, TokenTree()):
        for module, (x, g) in done.traces.items():
            part = Factors(x, g.T / len(examples))
            parts = [total[module], part] if module in total else [part]
            total[module] = _compact(lowrank.concatenate(parts))
    return total


def row_gradients(
    base: Base, instruction: str, examples: Sequence[Example], adapters: Sequence[Adapter]
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Loss `[rows]` of each row and, by module, its gradient `[rows, adapters]` by coefficient.

    Float64, on the CPU; zero for an adapter that lacks the module, which is listed if any has it.
    The loss is that of `weight_gradient`. Raises InputError without rows.
    """
    modules = sorted({module for adapter in adapters for module in adapter})
    losses: list[torch.Tensor] = []
    slopes: dict[str, list[torch.Tensor]] = {module: [] for module in modules}
    for done in _passes(base, instruction, examples, _Forest()):
        losses.append(done.losses.double().cpu())
        for module in modules:
            found = torch.zeros(len(done.losses), len(adapters), dtype=torch.float64)
            if module in done.traces:
                x, g = done.traces[module]
                for i, adapter in enumerate(adapters):
                    if module in adapter:
                        a, b = adapter[module].a.to(x), adapter[module].b.to(x)
                        by_node = ((x @ a.T) * (g @ b)).sum(1, dtype=torch.float64).cpu()
                        found[:, i].index_add_(0, done.rows.cpu(), by_node)
            slopes[module].append(found)
    return torch.cat(losses), {module: torch.cat(parts) for module, parts in slopes.items()}


def first_order_gain(adapter: Mapping[str, Factors], gradient: Mapping[str, Factors]) -> float:
    """How fast the loss falls as the adapter is added, per unit of its Frobenius norm; 0 if zero.

    That is minus the sum, over modules, of the gradient by the adapter's coefficient. The sum keeps
    the signs: absolute values would add up noise, and would credit an adapter for directions that
    help only when they are subtracted. A slope says how the loss begins to fall, not how far.
    """
    size = lowrank.total_norm(adapter)
    slope = sum(_slope(gradient[m], f) for m, f in adapter.items() if m in gradient)
    return -slope / size if size else 0.0


def _slope(gradient: Factors, update: Factors) -> float:
    """Their inner product, where the gradient is.

    It is multiplied in the gradient's precision: with its hundreds of ranks float64 took half as
    long again.
    """
    a, b = update.a.to(gradient.a), update.b.to(gradient.b)
    return float(((gradient.b.T @ b) * (gradient.a @ a.T)).sum(dtype=torch.float64))


def _passes(
    base: Base, instruction: str, examples: Sequence[Example], kind: TokenTree
) -> Iterator[_Pass]:
    if not examples:
        raise InputError("gradient", "rows", 0, "at least one", "check the task's splits")
    progress = Progress("row", len(examples), every=64)
    tree, batch = type(kind)(), list[tuple[AnswerPath, int]]()
    for number, example in enumerate(examples, start=1):
        start = len(tree)
        prompt, answer = base.prompt(instruction, example.input), base.answer(example.answers[0])
        [path] = tree.add_answers(prompt, [answer])
        batch.append((path, len(tree) - start))
        progress.step()
        if len(tree) >= NODES or number == len(examples):
            yield _backward(base, tree, batch)
            tree, batch = type(kind)(), []


def _backward(base: Base, tree: TokenTree, batch: Sequence[tuple[AnswerPath, int]]) -> _Pass:
    """One pass over the tree; `batch` has each row's path and the nodes that the row added."""
    device = base.device
    number = torch.arange(len(batch), device=device)
    read = torch.tensor([new for _, new in batch], device=device)
    answers = torch.tensor([len(path.tokens) for path, _ in batch], device=device)
    with _recording(base) as seen:
        tokens = answer_nll(base, tree, [path for path, _ in batch])
    gradients = torch.autograd.grad(tokens.sum(), [probe for _, probe in seen.values()])
    losses = torch.zeros(len(batch), dtype=tokens.dtype, device=device)
    losses.index_add_(0, number.repeat_interleave(answers), tokens.detach())
    # Sums over tokens in half precision would lose what a single row adds.
    precise = torch.promote_types(base.model.dtype, torch.float32)
    traces = {
        module: (x[0].to(precise), g[0].to(precise))
        for (module, (x, _)), g in zip(seen.items(), gradients, strict=True)
    }
    return _Pass(number.repeat_interleave(read), losses, traces)


@contextmanager
def _recording(base: Base) -> Iterator[dict[str, tuple[torch.Tensor, torch.Tensor]]]:
    """Input of each linear module, and a zero added to its output to take the gradient by."""
    seen: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}

    def hook(name: str) -> object:
        def record(_: nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> torch.Tensor:
            probe = torch.zeros_like(output, requires_grad=True)
            seen[name] = inputs[0].detach(), probe
            return output + probe

        return record

    handles = [
        module.register_forward_hook(hook(name))  # type: ignore[arg-type]
        for name, module in base.linears.items()
    ]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _compact(gradient: Factors) -> Factors:
    """The same matrix at a rank of at most min(out, in)."""
    out, width = gradient.b.shape[0], gradient.a.shape[1]
    if gradient.rank <= min(out, width):
        return gradient
    delta = gradient.delta()
    if out < width:
        return Factors(delta, torch.eye(out).to(delta))
    return Factors(torch.eye(width).to(delta), delta)
