"""What the answer rests on: the experts, what each hop and the template need, and every rule."""

import pandas as pd

from recycling.preconditions import conclusions
from recycling.preconditions.chains import HOPS
from recycling.preconditions.conclusions import BASE, Seen
from recycling.preconditions.headline import hops
from recycling.preconditions.shares import EXPERTS
from recycling.preconditions.spelling import against_chance, counted, listed, share

STEPS = {
    "composes": "composes by steps",
    "undecided": "by steps undecided",
    "hop unknown": "fails by steps for want of {lost}, unknown to base and expert",
    "hop unsaid": "fails by steps for want of {lost}, known but not said",
    "hop open": "fails by steps for want of {lost}; whether its expert knows it is undecided",
    "hop lost": "fails by steps for want of {lost}, known without it (interference)",
    "no template": "fails by steps: no hop is lost, but steps are not written",
    "wrong steps": "fails by steps: no hop is lost and steps are written, but wrong ones",
}
DIRECT = {
    "composes": "composes directly",
    "undecided": "directly undecided",
    "at chance": "directly not above chance",
    "above chance": "directly above chance, but not enough",
}
KNOWN = {
    "known": "**Known.**",
    "unknown": "**Unknown** to the base and to its expert.",
    "unsaid": "**Known but not said**: the right answer is the likeliest and yet is not written.",
    "undecided": "**Undecided.**",
}


def experts(ranking: pd.DataFrame, choosing: int) -> str:
    """Who the merged adapters are, and how they were chosen."""
    roles = [*(f"hop {hop[-1]}" for hop in HOPS), *["joins"] * (len(ranking) - len(HOPS))]
    lines = []
    for role, row in zip(roles, ranking.itertuples(), strict=True):
        how = "named in the study"
        if pd.notna(row.score):
            how = f"best alone on {choosing} chains that are not counted below: {row.score:.2f}"
        lines.append(f"* {role}: `{row.adapter}`, {how}")
    return "\n".join(lines)


def hop(seen: Seen, hop: str) -> str:
    """Whether a hop is known to the base or to its expert."""
    number = HOPS.index(hop)
    expert = (seen.merged[number], "alone")
    known = conclusions.known(seen, hop)
    told = [
        f"{name} {share(seen.row(*cell, hop))}, among all answers "
        f"{against_chance(seen.row(*cell, f'{hop}_choice'))}"
        for name, cell in (("the base", BASE), ("its expert", expert))
    ]
    return f"* Hop {number + 1}: {KNOWN[known]} Named right: {'; '.join(told)}."


def template(seen: Seen) -> str:
    """Whether a chain of thought is there that writes the bridge, and who writes it."""
    state, where = conclusions.template(seen)
    base = share(seen.row(*BASE, "chain_form"))
    tail = f"The base names some bridge and then some answer in {base} of its chains."
    if state == "present":
        return f"**Present**: {listed(where)}. {tail}"
    if state == "absent":
        return f"**Absent** in the base and in every adapter alone. {tail}"
    return f"**Undecided.** {tail}"


def rule(seen: Seen, rule: str) -> str:
    """What a rule of merging comes to, by steps and directly."""
    found = conclusions.why(seen, rule)
    choice = against_chance(seen.row(EXPERTS, rule, "direct_choice"))
    missing = [hop for hop in HOPS if seen.outcome(EXPERTS, rule, hop) == "no"]
    states = {reason: hops(seen, state, missing) for state, reason in conclusions.LOST.items()}
    steps = STEPS[found.steps].format(lost=states.get(found.steps))
    return (
        f"* `{rule}`: {steps}, {counted(seen, rule, 'chain')}; {DIRECT[found.direct]}, "
        f"{counted(seen, rule, 'direct')}, among all answers {choice}."
    )


def best_alone(seen: Seen) -> str:
    """What of a direct choice no merge is behind: names may be associated without any hop."""
    rows = {library: seen.row(library, rule, "direct_choice") for library, rule in seen.singles}
    best, row = max(rows.items(), key=lambda found: float(found[1]["share"]))
    return (
        f"Without any merge `{best}` chooses {share(row)} of the direct answers right: only "
        "what a rule has beyond that comes of merging."
    )
