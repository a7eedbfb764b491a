"""Routed adapters of which each prompt has weights of its own, for all of its tokens."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch.nn import functional

from recycling.adapters.canonical import Adapter, Factors
from recycling.adapters.routed import ByPrompt, Experts, Routed
from recycling.ground.errors import InputError
from recycling.ground.runlog import Progress
from recycling.model import capacity
from recycling.model.base import Base
from recycling.model.scoring import predict
from recycling.model.tree import prompt_trees
from recycling.tasks.prediction import Prediction
from recycling.tasks.record import Example


def weights(base: Base, routed: Routed, prompts: Sequence[Sequence[int]]) -> torch.Tensor:
    """The experts' weights for each prompt, `[prompts, experts]`; those of a prompt sum to 1.

    The bare base reads a prompt. With x the input of the module at the last token, an expert's
    signal is the norm of `b a x`, or the inverse entropy of its softmax; 0 for an expert that lacks
    the module. The `top_k` largest are divided by their sum. Where none has a signal, all experts
    share equally.

    Raises InputError for experts that are not routed by prompt.
    """
    how = _by_prompt(routed)
    experts = routed.modules[how.module]
    found = [
        _signals(x, experts, how.signal, len(routed.names))
        for x in _inputs(base, how.module, prompts)
    ]
    signals = torch.stack(found) if found else torch.zeros(0, len(routed.names))
    strongest = signals.topk(routed.top_k, dim=1)
    kept = torch.zeros_like(signals).scatter(1, strongest.indices, strongest.values)
    total = kept.sum(1, keepdim=True)
    return torch.where(
        total > 0, kept / total.clamp(min=torch.finfo(kept.dtype).tiny), 1 / len(routed.names)
    )


def summed(routed: Routed, shares: torch.Tensor) -> Adapter:
    """The one adapter that a prompt with these weights, `[experts]`, is answered with."""
    modules = {}
    for module, experts in routed.modules.items():
        shares = shares.to(experts.owners.device)
        taken = (shares > 0)[experts.owners]
        gates = shares[experts.owners[taken]].to(experts.factors.b.dtype)
        a, b = experts.factors.a[taken], experts.factors.b[:, taken]
        modules[module] = Factors(a, b * gates)
    return Adapter("routed", modules)


def predicted(
    base: Base, routed: Routed, instruction: str, examples: Sequence[Example], cap: int, what: str
) -> list[Prediction]:
    """Predictions of each example, each with the adapters as its own prompt weighs them.

    Prompts share no tokens then: each is read apart, once for its weights and once worn.
    """
    prompts = [base.prompt(instruction, example.input) for example in examples]
    # Fetched once: each prompt takes other ones of them.
    worn = _placed(base, routed)
    found: list[Prediction] = []
    progress = Progress(what, len(examples), every=16)
    for example, shares in zip(examples, weights(base, routed, prompts), strict=True):
        with base.wearing(summed(worn, shares)):
            found += predict(base, instruction, [example], cap, what=None)
        progress.step()
    return found


def _placed(base: Base, routed: Routed) -> Routed:
    """The same with the factors where the base computes, in their own format."""
    modules = {
        module: replace(
            experts,
            factors=experts.factors.to(base.device),
            owners=experts.owners.to(base.device),
        )
        for module, experts in routed.modules.items()
    }
    return replace(routed, modules=modules)


def _by_prompt(routed: Routed) -> ByPrompt:
    if routed.by_prompt is None:
        raise InputError(
            "routed adapters",
            "by_prompt",
            None,
            "adapters that prompts weigh",
            "wear them as they are",
        )
    return routed.by_prompt


def _inputs(base: Base, module: str, prompts: Sequence[Sequence[int]]) -> list[torch.Tensor]:
    """What comes into a module at the last token of each prompt, `[in]` in float64."""
    seen: list[torch.Tensor] = []

    def note(x: torch.Tensor) -> torch.Tensor:
        seen.append(x[0])
        return x.new_zeros(())

    found: list[torch.Tensor] = []
    with torch.inference_mode(), base.attached({module: note}):
        for tree, paths in prompt_trees(prompts, capacity.nodes(base)):
            base.read(tree)
            ends = [path[-1] for path in paths]
            found += list(seen.pop()[ends].double().cpu())
    return found


def _signals(x: torch.Tensor, experts: Experts, signal: str, count: int) -> torch.Tensor:
    """The signal of each expert, `[count]`, for the input `x: [in]`."""
    a, b = experts.factors.a.double(), experts.factors.b.double()
    inner = functional.linear(x, a)
    signals = torch.zeros(count, dtype=torch.float64)
    for expert in sorted(set(experts.owners.tolist())):
        own = experts.owners == expert
        added = b[:, own] @ inner[own]
        if signal == "norm":
            signals[expert] = added.norm()
        else:
            logs = added.log_softmax(0)
            entropy = -(logs.exp() * logs).sum()
            # That of an expert which is certain is 0 to rounding.
            signals[expert] = 1 / entropy.clamp(min=torch.finfo(entropy.dtype).eps)
    return signals
