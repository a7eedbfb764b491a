"""Upper bounds that no merge can beat: each question goes to the expert that was trained for it."""

from collections.abc import Callable, Iterable, Sequence

from recycling.adapters.canonical import Adapter

Turns = dict[str, list[Adapter]]
"""By form of question, the adapters that write its answer in turn, each up to the next step."""

# A chain of thought asks for what the direct question asks for, step by step.
TASKS = {"chain": ["direct"]}
STEPS = {"direct": ["hop1"], "chain": ["hop1", "hop2"]}


def task_oracle(
    experts: Sequence[Adapter], own: Callable[[str], list[str]], forms: Iterable[str]
) -> Turns:
    """The oracle of tasks: one expert for each form, chosen as if the task's name were known.

    Where no expert was trained for a form, the first of the library takes it.
    """
    return {form: _trained(experts, own, TASKS.get(form, [form])) for form in forms}


def hop_oracle(
    experts: Sequence[Adapter], own: Callable[[str], list[str]], forms: Iterable[str]
) -> Turns:
    """The oracle of hops: the expert of the first until the bridge is out, then of the second.

    A direct question has no place for a bridge, so the expert of the first hop answers it alone.
    """
    return {form: _trained(experts, own, STEPS.get(form, [form])) for form in forms}


def _trained(
    experts: Sequence[Adapter], own: Callable[[str], list[str]], tasks: Sequence[str]
) -> list[Adapter]:
    """For each task the first expert that must know it, the first of all if none must."""
    return [next((e for e in experts if task in own(e.name)), experts[0]) for task in tasks]
