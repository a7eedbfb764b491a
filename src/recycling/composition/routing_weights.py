"""How routed experts are weighed at each place of a question and its right answer."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from recycling.adapters import module_name
from recycling.adapters.routed import Routed
from recycling.composition.asking import Questions, Worn
from recycling.composition.subject import Subject
from recycling.ground.errors import InputError
from recycling.model.base import Addition, Base, RoutedBranch
from recycling.tasks.record import Example

COLUMNS = ("form", "example", "place", "role", "layer", "expert", "weight", "largest")


def watch(
    base: Base, subject: Subject, questions: Questions, turns: Mapping[str, Sequence[Worn]]
) -> list[dict[str, Any]]:
    """A row for each question, place, layer and expert, where experts are routed throughout.

    Of the forms whose places have roles. `weight` and `largest` (whether no expert has more) are
    means over the modules of the layer. The right answer is read, not written, so that every token
    has its place.
    """
    rows = []
    for form, roles in subject.roles.items():
        [*_, routed] = turns[form]
        if not isinstance(routed, Routed):
            continue
        for layer, stacked in _weights(base, questions[form], roles, routed).items():
            largest = (stacked == stacked.amax(-1, keepdim=True)).float().mean(0)
            for (q, place, e), weight in _entries(stacked.mean(0)):
                about = (form, questions[form][q].id, place, roles[place], layer, routed.names[e])
                found = (*about, weight, float(largest[q, place, e]))
                rows.append(dict(zip(COLUMNS, found, strict=True)))
    return rows


def _weights(
    base: Base, examples: Sequence[Example], roles: Sequence[str], routed: Routed
) -> dict[int, torch.Tensor]:
    """Layer -> weights `[modules, questions, places, experts]`."""
    read = [
        [*base.prompt("", example.input), *base.answer(example.answers[0])[:-1]]
        for example in examples
    ]
    if {len(tokens) for tokens in read} != {len(roles)}:
        raise InputError(
            "routing",
            "tokens of a question",
            sorted({len(tokens) for tokens in read}),
            f"{len(roles)}, one for each role {list(roles)}",
            "correct the roles of the subject",
        )
    seen: dict[int, list[torch.Tensor]] = {}

    def watched(module: str, branch: RoutedBranch) -> Addition:
        layer = module_name.parse(module).layer
        if layer is None:
            raise InputError(
                "routing",
                "module",
                module,
                "a module of a numbered layer",
                "train the experts on modules of the layers alone",
            )

        def add(x: torch.Tensor) -> torch.Tensor:
            seen.setdefault(layer, []).append(branch.weights(x))
            return branch(x)

        return add

    branches = {
        module: watched(module, base.routed(routed, experts))
        for module, experts in routed.modules.items()
    }
    with base.attached(branches), torch.no_grad():
        base.model.get_decoder()(input_ids=torch.tensor(read, device=base.device))
    return {layer: torch.stack(found) for layer, found in seen.items()}


def _entries(weights: torch.Tensor) -> list[tuple[tuple[int, int, int], float]]:
    """Index and value of every entry."""
    questions, places, experts = weights.shape
    index = torch.cartesian_prod(*map(torch.arange, (questions, places, experts))).tolist()
    return [(tuple(i), value) for i, value in zip(index, weights.flatten().tolist(), strict=True)]
