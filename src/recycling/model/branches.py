"""What is added to the output of a linear module: a LoRA, or routed ones."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional

Addition = Callable[[torch.Tensor], torch.Tensor]
"""What is added to a linear module's output `[..., out]`, from its input `[..., in]`."""


@dataclass(frozen=True)
class Branch:
    """A LoRA beside one linear module: `x -> (gate * (drop(x) a^T)) b^T`.

    `gate: [rank]` scales the directions; None leaves them as they are. `drop` is dropout; it acts
    in training alone, where gradients are recorded.
    """

    a: torch.Tensor
    b: torch.Tensor
    gate: Callable[[], torch.Tensor] | None = None
    drop: Callable[[torch.Tensor], torch.Tensor] | None = None

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """What the branch adds to the module's output `[..., out]` for the input `[..., in]`."""
        if self.drop is not None and torch.is_grad_enabled():
            x = self.drop(x)
        inner = functional.linear(x.to(self.a.dtype), self.a)
        if self.gate is not None:
            inner = inner * self.gate()
        return functional.linear(inner, self.b)


@dataclass(frozen=True)
class RoutedBranch:
    """Routed adapters, the experts, beside one linear module: each token weighs them anew.

    The equations are in `adapters.routed`; `owners: [rank]`, `prototypes: [experts, in]`. `mixed`
    is the combination `factors`; then `owners` are sorted and each expert has as many directions.
    """

    a: torch.Tensor
    b: torch.Tensor
    owners: torch.Tensor
    prototypes: torch.Tensor
    top_k: int
    temperature: float
    mixed: bool = False

    def weights(self, x: torch.Tensor) -> torch.Tensor:
        """The experts' weights `[..., experts]` for the inputs `[..., in]`."""
        logits = functional.linear(x.to(self.prototypes.dtype), self.prototypes).abs()
        strongest = (logits / self.temperature).topk(self.top_k, dim=-1)
        return torch.zeros_like(logits).scatter(-1, strongest.indices, strongest.values.softmax(-1))

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """What the branch adds to the module's output `[..., out]`."""
        inner = functional.linear(x.to(self.a.dtype), self.a)
        gates = self.weights(x)[..., self.owners].to(inner.dtype)
        inner = inner * gates
        if self.mixed:
            experts = len(self.prototypes)
            shared = inner.reshape(*inner.shape[:-1], experts, -1).sum(-2)
            inner = shared.repeat(*[1] * (x.ndim - 1), experts) * gates
        return functional.linear(inner, self.b)
