"""How much each adapter changes the logits of the base for one fixed prompt."""

from collections.abc import Iterable, Iterator

import torch

from recycling.adapters.canonical import Adapter
from recycling.model.base import Base
from recycling.model.tree import TokenTree

PROMPT = ("Answer in one word.", "What is the capital of France?")


def effects(base: Base, adapters: Iterable[Adapter]) -> Iterator[tuple[str, float]]:
    """Name of each adapter, and the largest change of any logit at any token of the prompt.

    Computed in the number format of the study: with a change of 0 the adapter cannot be told from
    the bare base. One adapter is in memory at a time.
    """
    tree = TokenTree()
    tree.add(base.prompt(*PROMPT))
    with torch.inference_mode():
        bare = base.logits(base.read(tree))
        for adapter in adapters:
            with base.wearing(adapter):
                moved = (base.logits(base.read(tree)) - bare).abs().max()
            yield adapter.name, float(moved)
