"""One step of learning coefficients: loss and gradient of 8 rows, in float32.

The rival is the layer of the formula `y = W x + sum_i f(c_i) b_i a_i x` with the factors of all
adapters stacked, contracted by one einsum, in the three ways in which batches are made of it.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from benchmarks.case import OURS, Case, Growth, Rival, Run
from benchmarks.inputs import SEED, Inputs
from recycling.merging.gated import Gated
from recycling.merging.problem import Problem
from recycling.model.base import Base
from recycling.model.training import loss

ROWS = 8
Step = tuple[float, torch.Tensor]
"""A loss and the gradient by the coefficients, `[modules, adapters]`."""


class Stacked(nn.Module):
    """`y = W x + sum_i f(c_i) b_i a_i x`: `a: [k, rank, in]`, `b: [k, out, rank]`, f leaky ReLU."""

    def __init__(self, linear: nn.Linear, a: torch.Tensor, b: torch.Tensor) -> None:
        super().__init__()
        self.linear, self.a, self.b = linear, a, b
        self.c = nn.Parameter(torch.zeros(len(a)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`[rows, tokens, in]` to `[rows, tokens, out]`."""
        strength = functional.leaky_relu(self.c, 0.01)
        # In this order the largest thing between is `[rows, tokens, k, rank]`.
        added = torch.einsum("bti,kri,k,kor->bto", x, self.a, strength, self.b)
        y: torch.Tensor = self.linear(x) + added
        return y


def cases(inputs: Inputs) -> Iterator[Case]:
    """For each number of adapters, against the three batchings and the bare base."""
    for count in inputs.sizes.experts:
        rivals = {
            OURS: Rival(partial(ours, inputs, count)),
            "einsum layer, one padded batch": Rival(partial(_stacked, inputs, count, _one_batch)),
            "einsum layer, rows one by one": Rival(partial(_stacked, inputs, count, _row_by_row)),
            "einsum layer, rows one by one, checkpointing": Rival(
                partial(_stacked, inputs, count, _checkpointed)
            ),
            "bare base, unique tokens": Rival(partial(_bare, inputs), same=False),
        }
        yield Case(f"coefficient step, k = {count}", rivals, difference, 1e-3, memory=True)


def growths(inputs: Inputs) -> Iterator[Growth]:
    """How the seconds grow with the number of adapters."""
    sizes = inputs.sizes.growth["adapters"]
    yield Growth("coefficient step", "adapters", sizes, partial(ours, inputs))


def difference(ours: Step, theirs: Step) -> float:
    """The larger of the two relative differences, of the loss and of the gradient."""
    value = abs(ours[0] - theirs[0]) / abs(ours[0])
    return max(value, float((ours[1] - theirs[1]).norm() / ours[1].norm()))


def ours(inputs: Inputs, count: int) -> Run:
    """The step of `learned`, by module from zero."""
    base = inputs.load("float32")
    rows = inputs.rows.train[:ROWS]
    experts = inputs.experts(base, count)
    problem = Problem(experts, False, inputs.instruction, rows, [], SEED, lambda: base)
    gated = Gated(problem, "module", "leaky_relu", "zero")
    for raw in gated.raw:
        raw.requires_grad_(True)

    def run() -> Step:
        for raw in gated.raw:
            raw.grad = None
        with base.attached(gated.branches):
            value = loss(base, inputs.instruction, rows)
            value.backward()  # type: ignore[no-untyped-call]
        return value.item(), torch.stack([_gradient(raw) for raw in gated.raw])

    return run


def _stacked(inputs: Inputs, count: int, batching: Callable[..., float]) -> Run:
    base = inputs.load("float32")
    experts = inputs.experts(base, count)
    layers = {}
    for name, linear in sorted(base.linears.items()):
        a, b = (torch.stack([getattr(expert[name], side) for expert in experts]) for side in "ab")
        layers[name] = Stacked(linear, a, b)
    for name, layer in layers.items():
        parent, _, last = name.rpartition(".")
        setattr(base.model.get_submodule(parent), last, layer)
    rows = [
        (base.prompt(inputs.instruction, row.input), base.answer(row.answers[0]))
        for row in inputs.rows.train[:ROWS]
    ]

    def run() -> Step:
        for layer in layers.values():
            layer.c.grad = None
        value = batching(base, rows)
        return value, torch.stack([_gradient(layer.c) for layer in layers.values()])

    return run


Rows = Sequence[tuple[list[int], list[int]]]


def _one_batch(base: Base, rows: Rows) -> float:
    ids = [[*prompt, *answer[:-1]] for prompt, answer in rows]
    width, pad = max(map(len, ids)), min(base.conversation.stops)
    padded = torch.tensor([row + [pad] * (width - len(row)) for row in ids])
    seen = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in ids])
    decoder, output_layer = base.decoder, base.output_layer
    states = decoder(input_ids=padded, attention_mask=seen, use_cache=False).last_hidden_state
    owners = [i for i, (_, answer) in enumerate(rows) for _ in answer]
    places = [len(prompt) - 1 + n for prompt, answer in rows for n in range(len(answer))]
    targets = torch.tensor([token for _, answer in rows for token in answer])
    value = functional.cross_entropy(output_layer(states[owners, places]).float(), targets)
    value.backward()  # type: ignore[no-untyped-call]
    return value.item()


def _row_by_row(base: Base, rows: Rows) -> float:
    total = sum(len(answer) for _, answer in rows)
    value = 0.0
    for prompt, answer in rows:
        ids = torch.tensor([[*prompt, *answer[:-1]]])
        logits = base.model(input_ids=ids, logits_to_keep=len(answer), use_cache=False).logits[0]
        part = functional.cross_entropy(logits.float(), torch.tensor(answer), reduction="sum")
        part = part / total
        part.backward()  # type: ignore[no-untyped-call]
        value += part.item()
    return value


def _checkpointed(base: Base, rows: Rows) -> float:
    model: Any = base.model
    # transformers saves memory in training mode only; this base has no dropout.
    model.train()
    model.activation_checkpointing_enable({"use_reentrant": False})
    try:
        return _row_by_row(base, rows)
    finally:
        model.activation_checkpointing_disable()
        model.eval()


def _bare(inputs: Inputs) -> Run:
    """Forward and backward of the model without adapters, down to what the first layer reads."""
    base = inputs.load("float32")
    rows = inputs.rows.train[:ROWS]
    before = base.tokens_read
    with torch.no_grad():
        loss(base, inputs.instruction, rows)
    tokens = base.tokens_read - before
    asked = sum(len(base.answer(row.answers[0])) for row in rows)
    embeddings: Any = base.model.get_input_embeddings()

    def run() -> None:
        ids = torch.arange(tokens)[None] % base.model.config.vocab_size
        read = embeddings(ids).requires_grad_(True)
        logits = base.model(inputs_embeds=read, logits_to_keep=asked, use_cache=False).logits[0]
        value = functional.cross_entropy(logits, ids[0, :asked])
        value.backward()  # type: ignore[no-untyped-call]

    return run


def _gradient(parameter: torch.Tensor) -> torch.Tensor:
    assert parameter.grad is not None, "the loss depends on every coefficient"
    return parameter.grad.clone()
