"""Token sequences that share prefixes, each shared token stored and computed once.

The rows of a task share an instruction, the candidate answers of a row share its prompt. A tree
of tokens holds them all without padding; a token sees exactly its ancestors, so the result is
that of the separate sequences while the model reads a third of the tokens.
"""

from collections.abc import Sequence

import numpy as np
import torch

ROOT = -1


class TokenTree:
    """A growing prefix tree. Nodes are numbered in the order in which they were added."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.parents: list[int] = []
        self.depths: list[int] = []
        self._children: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self.tokens)

    def add(self, tokens: Sequence[int], below: int = ROOT) -> list[int]:
        """The nodes that spell `tokens` below a node, made where they are not there yet."""
        path = []
        for token in tokens:
            node = self._children.get((below, token))
            if node is None:
                node = len(self.tokens)
                self._children[below, token] = node
                self.tokens.append(token)
                self.parents.append(below)
                self.depths.append(self.depths[below] + 1 if below != ROOT else 0)
            path.append(node)
            below = node
        return path

    def visible(self, start: int = 0) -> torch.Tensor:
        """Which nodes each node from `start` on attends to: bool `[len - start, len]`."""
        total = len(self.tokens)
        rows = np.zeros((total - start, total), dtype=bool)
        for row, node in enumerate(range(start, total)):
            parent = self.parents[node]
            if parent >= start:
                rows[row] = rows[parent - start]
            else:
                while parent != ROOT:
                    rows[row, parent] = True
                    parent = self.parents[parent]
            rows[row, node] = True
        return torch.from_numpy(rows)
