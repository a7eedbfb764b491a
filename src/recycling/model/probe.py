"""Whether an adapter is heard: how far it moves what the base says to one fixed prompt."""

from collections.abc import Iterable, Iterator

import torch

from recycling.adapters.canonical import Adapter
from recycling.model.base import Base
from recycling.model.tree import TokenTree

PROMPT = ("Answer in one word.", "What is the capital of France?")


def effects(base: Base, adapters: Iterable[Adapter]) -> Iterator[tuple[str, float]]:
    """Name and largest change of any next-token logit of each adapter, one at a time.

    In the study's own number format: 0 means that nothing which is measured here can tell the
    adapter from the bare base.
    """
    tree = TokenTree()
    tree.add(base.prompt(*PROMPT))
    with torch.inference_mode():
        bare = base.logits(base.read(tree))
        for adapter in adapters:
            with base.wearing(adapter):
                moved = (base.logits(base.read(tree)) - bare).abs().max()
            yield adapter.name, float(moved)
