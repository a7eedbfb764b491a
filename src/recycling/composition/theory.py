"""The theory of 2506.13479 in one layer: merged adapters cannot answer two-hop questions.

The layer answers prompts of a subject x and a relation r. Their key is
`k = relu(U (V e_x + e_r))`, and `W k` is a score for each object; the object with the largest score
is the answer. An adapter teaches N facts `x r -> y`. It is the change of W with the least Frobenius
norm that gives these answers: `dW = D (K K')^-1 K`, with the facts' keys `K: [N, m]` and the
differences `D: [out, N]` between wanted and given scores. For one fact it is the paper's rank-one
edit.

A two-hop question goes from a subject to a bridge, which one adapter knows, and from the bridge to
an answer, which another knows. An adapter changes the scores of its own objects only. So in one
pass the bridge that the first adds cannot change the scores of the second's answers, whatever the
rank, the weights or the merging rule: over random facts the answer is right for exactly 1 in N. A
second pass, which reads the bridge as its subject, can be right.

The objects are N bridges and then N answers. Arithmetic is in float64.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, get_args

import torch

from recycling.adapters import lowrank
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground import seeds
from recycling.merging import static, ties
from recycling.merging.problem import Merged, Problem

Facts = Literal["fresh", "overwritten"]
Memory = Callable[[torch.Tensor], torch.Tensor]
"""Keys `[n, m]` -> scores `[n, 2 N]`."""

MODULE = "memory"
WIDTH, NEURONS_PER_PAIR = 64, 16
# Sharpness of what a recurrent layer feeds back: nearly the likeliest bridge alone.
TEMPERATURE = 1 / 50
# Scores are 0 or 1 up to rounding; a tie within this is no answer.
TIE = 1e-9

MERGES: dict[str, Callable[[Problem], Merged]] = {
    "alone": static.alone,
    "sum": static.task_arithmetic,
    "uniform": static.average,
    "ties_span": ties.ties_span,
}
RULES = ("sum", "uniform", "ties_span", "arrow")
LIBRARIES = {"AB": ["AB"], "BC": ["BC"], "AC": ["AC"], "L2": ["AB", "BC"], "L3": ["AB", "BC", "AC"]}


@dataclass(frozen=True)
class Layer:
    """One layer with random embeddings, and two random bijections to be taught to it.

    `first[i]` is the bridge of subject i, `second[j]` the answer of bridge j. The memory knows old
    facts: of the same prompts when these are to be overwritten, of other subjects when fresh.
    """

    subjects: torch.Tensor
    bridges: torch.Tensor
    relations: torch.Tensor
    value: torch.Tensor
    up: torch.Tensor
    first: torch.Tensor
    second: torch.Tensor

    def keys(self, entities: torch.Tensor, relation: int) -> torch.Tensor:
        """Keys `[n, m]` of the prompts "entity relation"."""
        return torch.relu((entities @ self.value.T + self.relations[relation]) @ self.up.T)

    def two_hop_keys(self) -> torch.Tensor:
        """Keys of "subject r1 r2" with half of the attention on each of the first two."""
        seen = (self.subjects + self.relations[0]) / 2
        return torch.relu((seen @ self.value.T + self.relations[1]) @ self.up.T)

    @property
    def pairs(self) -> int:
        """N."""
        return len(self.subjects)

    @property
    def composed(self) -> torch.Tensor:
        """The answer of each subject after both hops."""
        return self.second[self.first]


@dataclass(frozen=True)
class Accuracy:
    """Shares of N prompts; `two_hop` among the N answers, `two_hop_any` among all objects."""

    hop1: float
    hop2: float
    two_hop: float
    two_hop_any: float
    chain_of_thought: float
    recurrence: float


def sweep(
    pairs: Sequence[int], ranks: Sequence[int], number: int, seed: int
) -> Iterator[dict[str, object]]:
    """Rows of the table `theory` of one draw; at each N its full rank and the smaller `ranks`."""
    for facts in get_args(Facts):
        for n in pairs:
            layer, memory = draw(n, facts, seeds.derive(seed, facts, number))
            for rank in sorted({n, *(rank for rank in ranks if rank < n)}):
                edits = adapters(layer, memory, rank)
                for library, names in LIBRARIES.items():
                    for rule in RULES if len(names) > 1 else ("alone",):
                        worn = edited(memory, [edits[name] for name in names], rule)
                        yield {
                            "facts": facts,
                            "pairs": n,
                            "rank": rank,
                            "library": library,
                            "rule": rule,
                            "draw": number,
                            **asdict(measure(layer, worn)),
                        }


def draw(pairs: int, facts: Facts, seed: int) -> tuple[Layer, torch.Tensor]:
    """A random layer and its memory `[2 N, m]` before any edit."""
    generator = seeds.torch_generator(seed, "theory", pairs)

    def normal(*shape: int, variance: float = 1.0) -> torch.Tensor:
        drawn = torch.randn(*shape, generator=generator, dtype=torch.float64)
        return drawn * math.sqrt(variance)

    def bijection() -> torch.Tensor:
        return torch.randperm(pairs, generator=generator)

    subjects, bridges, others, other_bridges = (
        normal(pairs, WIDTH, variance=1 / WIDTH) for _ in range(4)
    )
    layer = Layer(
        subjects,
        bridges,
        relations=normal(2, WIDTH, variance=1 / WIDTH),
        value=normal(WIDTH, WIDTH),
        up=normal(NEURONS_PER_PAIR * pairs, WIDTH, variance=2.0),
        first=bijection(),
        second=bijection(),
    )
    known = (others, other_bridges) if facts == "fresh" else (subjects, bridges)
    keys = torch.cat([layer.keys(known[0], 0), layer.keys(known[1], 1)])
    objects = torch.cat([bijection(), pairs + bijection()])
    empty = torch.zeros(2 * pairs, keys.shape[1], dtype=torch.float64)
    return layer, edit(empty, keys, objects).delta()


def edit(memory: torch.Tensor, keys: torch.Tensor, objects: torch.Tensor) -> Factors:
    """The least edit after which `memory: [out, m]` answers `objects: [N]` to `keys: [N, m]`."""
    wanted = torch.eye(len(memory), dtype=torch.float64)[objects]
    missing = wanted - keys @ memory.T
    return Factors(keys, torch.linalg.solve(keys @ keys.T, missing).T)


def adapters(layer: Layer, memory: torch.Tensor, rank: int) -> dict[str, Factors]:
    """Edits for each hop and for the composed facts, cut to `rank`."""
    facts = {
        "AB": (layer.keys(layer.subjects, 0), layer.first),
        "BC": (layer.keys(layer.bridges, 1), layer.pairs + layer.second),
        "AC": (layer.two_hop_keys(), layer.pairs + layer.composed),
    }
    return {
        name: lowrank.truncate(edit(memory, keys, objects), rank)
        for name, (keys, objects) in facts.items()
    }


def edited(memory: torch.Tensor, edits: Sequence[Factors], rule: str) -> Memory:
    """The memory after `rule` of `RULES` has combined the edits."""
    if rule == "arrow":
        return _routed(memory, edits)
    parts = [Adapter(str(number), {MODULE: part}) for number, part in enumerate(edits)]
    merged = MERGES[rule](Problem(parts, False, "", [], [], 0)).modules[MODULE]
    return lambda keys: keys @ memory.T + keys @ merged.a.T @ merged.b.T


def _routed(memory: torch.Tensor, edits: Sequence[Factors]) -> Memory:
    """Arrow: weights by how much of the key lies along each edit's strongest input direction."""
    prototypes = torch.stack([lowrank.svd(part)[2][0] for part in edits])

    def scores(keys: torch.Tensor) -> torch.Tensor:
        weights = (keys @ prototypes.T).abs().softmax(-1)
        shares = [keys @ part.a.T @ part.b.T for part in edits]
        return keys @ memory.T + torch.einsum("ne,eno->no", weights, torch.stack(shares))

    return scores


def measure(layer: Layer, memory: Memory) -> Accuracy:
    """How often the memory answers each kind of prompt."""
    n = layer.pairs
    bridge_scores = memory(layer.keys(layer.subjects, 0))
    said = bridge_scores[:, :n].argmax(-1)
    soft = (bridge_scores[:, :n] / TEMPERATURE).softmax(-1) @ layer.bridges
    direct = memory(layer.two_hop_keys())
    bridge_right = _leads(bridge_scores, layer.first)
    return Accuracy(
        hop1=_share(bridge_right),
        hop2=_share(_leads(memory(layer.keys(layer.bridges, 1)), n + layer.second)),
        two_hop=_share(_leads(direct[:, n:], layer.composed)),
        two_hop_any=_share(_leads(direct, n + layer.composed)),
        chain_of_thought=_share(
            bridge_right & _leads(memory(layer.keys(layer.bridges[said], 1)), n + layer.composed)
        ),
        recurrence=_share(_leads(memory(layer.keys(soft, 1))[:, n:], layer.composed)),
    )


def _leads(scores: torch.Tensor, objects: torch.Tensor) -> torch.Tensor:
    """Whether each row's object scores above all others, by more than a tie."""
    right = scores.gather(1, objects[:, None])
    others = scores.scatter(1, objects[:, None], -torch.inf)
    return right[:, 0] > others.max(-1).values + TIE


def _share(right: torch.Tensor) -> float:
    return float(right.double().mean())
