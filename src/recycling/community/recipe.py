"""How one adapter of the community is trained; free of torch."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class CommunityAdapter:
    """A task, how many of its rows at most, and a stranger's choices for a LoRA.

    The update is scaled by alpha / rank, with `rslora` by alpha / sqrt(rank). `modules` are last
    name parts such as `q_proj`.
    """

    task: str
    rows: int
    rank: int
    alpha: float
    rslora: bool
    modules: Sequence[str]
    steps: int
    learning_rate: float
