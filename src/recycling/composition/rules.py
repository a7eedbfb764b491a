"""From the adapters of a library and a rule of the study to what the base wears."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from recycling import composition
from recycling.adapters import twins
from recycling.adapters.canonical import Adapter
from recycling.adapters.routed import Experts, Routed
from recycling.composition.asking import Questions, Worn
from recycling.composition.factorwise import without_general
from recycling.composition.subject import Subject
from recycling.ground import registry, seeds
from recycling.merging.problem import Problem
from recycling.model.base import Base
from recycling.plan.study.composition import Rule


def turns(
    library: str,
    experts: Mapping[str, Adapter],
    names: Sequence[str],
    rule: Rule,
    subject: Subject,
    questions: Questions,
    base: Base,
    seed: int,
) -> Mapping[str, Sequence[Worn]]:
    """What the base wears for each form of question, by the rule, where `names` are the library's.

    A merge is worn throughout; an oracle changes experts.
    """
    adapters = [experts[name] for name in names]
    if rule.method in composition.ORACLES:
        oracle = registry.load(composition.ORACLES[rule.method])
        found: dict[str, Sequence[Worn]] = oracle(adapters, subject.own, questions)
        return found
    general = [experts[name] for name in rule.general or ()]
    worn = combined(library, adapters, general, rule, questions, base, seed)
    return {form: [worn] for form in questions}


def combined(
    library: str,
    adapters: Sequence[Adapter],
    general: Sequence[Adapter],
    rule: Rule,
    questions: Questions,
    base: Base,
    seed: int,
) -> Adapter | Routed:
    """One adapter, or routed ones, by the rule's method.

    `twin` puts random twins of that kind in the place of the adapters, `prototypes: random` random
    directions in the place of Arrow's; `general` adapters are subtracted first. `trained_on` names
    forms of questions whose answers a method may see, as one that is not free of data.
    """
    used = adapters if rule.twin is None else twins.draw(rule.twin, adapters, seed)
    used = without_general(used, general) if general else used
    rows = [row for form in rule.trained_on or () for row in questions[form]]
    problem = Problem(used, False, "", rows, [], seed, lambda: base)
    merged = registry.load(composition.methods()[rule.method])(problem, **rule.options)
    if merged.routed is None:
        return Adapter(library, merged.modules)
    if rule.prototypes == "random":
        return with_random_prototypes(merged.routed, seed)
    return merged.routed  # type: ignore[no-any-return]


def with_random_prototypes(routed: Routed, seed: int) -> Routed:
    """The same experts, each with a random unit vector as its prototype in every module."""
    modules = {}
    for module, experts in routed.modules.items():
        generator = seeds.torch_generator(seed, "prototypes", module)
        drawn = torch.randn(experts.prototypes.shape, generator=generator)
        unit = drawn / drawn.norm(dim=1, keepdim=True)
        modules[module] = Experts(experts.factors, experts.owners, unit)
    return replace(routed, modules=modules)
