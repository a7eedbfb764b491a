"""A pool of adapters in PEFT, and its `add_weighted_adapter`: the rival of our static merges."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from benchmarks.case import Run
from recycling.adapters.canonical import Adapter, Factors


def prepare(
    pool: Sequence[Adapter], rank: int, kind: str, weight: float, options: dict[str, Any]
) -> Run:
    """What merges a pool of one rank by one combination type, each adapter with one weight."""
    import peft

    shapes = {m: (len(factors.b), factors.a.shape[1]) for m, factors in pool[0].items()}
    model = _bare(shapes)
    names = [adapter.name for adapter in pool]
    config = peft.LoraConfig(
        r=rank, lora_alpha=rank, target_modules=list(shapes), init_lora_weights=False
    )
    worn: Any = peft.LoraModel(model, {names[0]: config}, names[0])
    for name in names[1:]:
        worn.peft_config[name] = config
        worn.inject_adapter(worn.model, name)
    layers: dict[str, Any] = {module: model.get_submodule(module) for module in shapes}
    with torch.no_grad():
        for adapter in pool:
            for module, factors in adapter.items():
                layers[module].lora_A[adapter.name].weight.copy_(factors.a)
                layers[module].lora_B[adapter.name].weight.copy_(factors.b)

    def run() -> dict[str, Factors]:
        if "merged" in worn.peft_config:
            worn.delete_adapter("merged")
        with torch.no_grad():
            # `full_matrices` would compute vectors that are cut at once.
            worn.add_weighted_adapter(
                names, [weight] * len(names), "merged", kind, svd_full_matrices=False, **options
            )
        return {
            module: Factors(layer.lora_A["merged"].weight, layer.lora_B["merged"].weight)
            for module, layer in layers.items()
        }

    return run


def _bare(shapes: dict[str, tuple[int, int]]) -> nn.Module:
    """Linear modules `(out, in)` by name. No merge reads a weight, so these take no memory."""
    model = nn.Module()
    for module, (out, width) in shapes.items():
        *parents, last = module.split(".")
        place = model
        for part in parents:
            if not hasattr(place, part):
                place.add_module(part, nn.Module())
            place = place.get_submodule(part)
        linear = nn.Linear(1, 1, bias=False)
        linear.weight = nn.Parameter(torch.zeros(1, 1).expand(out, width), requires_grad=False)
        linear.in_features, linear.out_features = width, out
        place.add_module(last, linear)
    return model
