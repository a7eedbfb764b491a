"""Token sequences that begin alike: the tokens that they share are stored and computed once.

The rows of a task share an instruction, the candidate answers of a row share its prompt. A tree
of tokens holds them all without padding. A token attends to its ancestors in the tree and to
nothing else, so the model's output is that of the separate sequences, from fewer tokens read.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch

ROOT = -1
# More tokens than this are read as several trees: attention needs memory by the square of a tree.
LARGEST = 4096

Row = TypeVar("Row")
Path = TypeVar("Path")


@dataclass(frozen=True)
class AnswerPath:
    """An answer in a tree: the model's output at `nodes[i]` predicts `tokens[i]`.

    The first node is the last token of the prompt. The last token ends the turn; it is predicted
    but never read, so it has no node.
    """

    nodes: list[int]
    tokens: list[int]


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

    def add_answers(
        self, prompt: Sequence[int], answers: Iterable[Sequence[int]]
    ) -> list[AnswerPath]:
        """Add a prompt with each of its answers below it; the path of each answer, in order."""
        end = self.add(prompt)[-1]
        return [
            AnswerPath([end, *self.add(answer[:-1], below=end)], list(answer)) for answer in answers
        ]

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


def prompt_trees(
    prompts: Iterable[Sequence[int]], most: int
) -> Iterator[tuple[TokenTree, list[list[int]]]]:
    """Trees of prompts, and the nodes of each prompt, in order.

    A tree ends with the prompt that brings it to `most` tokens.
    """
    return _grown(prompts, most, lambda tree, prompt: [tree.add(prompt)])


def trees(
    rows: Iterable[tuple[Sequence[int], Iterable[Sequence[int]]]],
) -> Iterator[tuple[TokenTree, list[AnswerPath]]]:
    """Trees of the rows, each a prompt with its answers, and the paths of the answers, in order.

    A tree ends with the row that brings it to `LARGEST` tokens.
    """
    return _grown(rows, LARGEST, lambda tree, row: tree.add_answers(*row))


def _grown(
    rows: Iterable[Row], most: int, add: Callable[[TokenTree, Row], list[Path]]
) -> Iterator[tuple[TokenTree, list[Path]]]:
    """Trees to which `add` adds rows until they have `most` tokens, and the paths of each tree."""
    tree, paths = TokenTree(), list[Path]()
    for row in rows:
        if len(tree) >= most:
            yield tree, paths
            tree, paths = TokenTree(), []
        paths += add(tree, row)
    if paths:
        yield tree, paths
