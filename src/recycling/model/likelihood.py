"""How likely the model finds the answers in a tree of tokens."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch.nn import functional

from recycling.model.base import Base
from recycling.model.tree import AnswerPath, TokenTree


def answer_nll(
    base: Base,
    tree: TokenTree,
    paths: Sequence[AnswerPath],
    reduction: Literal["none", "mean"] = "none",
) -> torch.Tensor:
    """Negative log-likelihood, in nats, of each token of the answers, path by path: `[tokens]`.

    Their mean, a scalar, with `reduction="mean"`. The whole tree is read in one pass.
    """
    nodes = [node for path in paths for node in path.nodes]
    tokens = [token for path in paths for token in path.tokens]
    logits = base.logits(base.read(tree)[nodes])
    targets = torch.tensor(tokens, device=base.device)
    return functional.cross_entropy(logits, targets, reduction=reduction)
