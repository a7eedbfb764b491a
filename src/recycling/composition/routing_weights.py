"""How routed experts are weighed at each place of a question and its right answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from recycling.adapters import module_name
from recycling.adapters.routed import Routed
from recycling.composition.asking import Questions, Worn
from recycling.composition.subject import Subject
from recycling.ground.errors import InputError
from recycling.model.base import Base
from recycling.model.branches import Addition, RoutedBranch
from recycling.tasks.record import Example


@dataclass(frozen=True)
class ExpertWeight:
    """How strongly one layer weighs one expert at one token of a question of the form `form`.

    `place` is the number of the token and `role` what it stands for. `weight`, and `largest`
    (whether no expert has more), are means over the modules of the layer.
    """

    form: str
    example: str
    place: int
    role: str
    layer: int
    expert: str
    weight: float
    largest: float


def expert_weights(
    base: Base, subject: Subject, questions: Questions, turns: Mapping[str, Sequence[Worn]]
) -> list[ExpertWeight]:
    """The weight of each expert at each token of each question, in each layer.

    For the forms of question whose tokens have roles, where the last turn routes its experts. The
    right answer is read, not generated, so that every question has the same tokens in their roles.
    """
    rows = []
    for form, roles in subject.roles.items():
        [*_, routed] = turns[form]
        if not isinstance(routed, Routed):
            continue
        for layer, stacked in _weights(base, questions[form], roles, routed).items():
            largest = (stacked == stacked.amax(-1, keepdim=True)).float().mean(0)
            for (q, place, e), weight in _entries(stacked.mean(0)):
                rows.append(
                    ExpertWeight(
                        form=form,
                        example=questions[form][q].id,
                        place=place,
                        role=roles[place],
                        layer=layer,
                        expert=routed.names[e],
                        weight=weight,
                        largest=float(largest[q, place, e]),
                    )
                )
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

    def recorded(module: str, branch: RoutedBranch) -> Addition:
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
        module: recorded(module, base.routed(routed, experts))
        for module, experts in routed.modules.items()
    }
    with base.attached(branches), torch.no_grad():
        base.decoder(input_ids=torch.tensor(read, device=base.device))
    return {layer: torch.stack(found) for layer, found in seen.items()}


def _entries(weights: torch.Tensor) -> list[tuple[tuple[int, int, int], float]]:
    """Index and value of every entry."""
    questions, places, experts = weights.shape
    index = torch.cartesian_prod(*map(torch.arange, (questions, places, experts))).tolist()
    return [(tuple(i), value) for i, value in zip(index, weights.flatten().tolist(), strict=True)]
