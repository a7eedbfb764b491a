"""Routed adapters: each token, or each prompt, has weights of its own for them.

The result of such a merge is no single adapter. It is saved as the adapters' weights with what the
weights of a token or a prompt are computed from.

In a module with k experts, their factors stacked to `a: [R, in]` and `b: [out, R]`, the layer is

    y = W x + b (w[owners] * (a x)),    w = softmax over the top_k of |prototypes x| / temperature

with `owners: [R]` the expert of each direction and `prototypes: [k, in]`. Experts beyond the
`top_k` strongest have weight 0. An expert that lacks the module has a zero prototype and no
direction: it takes its share of the weights and adds nothing.

With the combination `factors` the experts' factors are averaged before they are multiplied, which
needs experts of one rank r in every module; `a_i: [r, in]`, `b_i: [out, r]`:

    y = W x + (sum_i w_i b_i) (sum_i w_i a_i) x

Where prompts are routed (`by_prompt`), all tokens of a prompt and of its answer have the weights
that are computed from the prompt before: see `model.prompt_routing`. There are no prototypes.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from recycling.adapters.canonical import Factors
from recycling.ground.errors import InputError
from recycling.ground.tables import read_json, reading, replacing

DESCRIPTION, WEIGHTS = "routed.json", "routed.safetensors"
PARTS = ("a", "b", "owners", "prototypes")
COMBINATIONS = ("products", "factors")


@dataclass(frozen=True)
class Experts:
    """The experts of one module: stacked factors, `owners` and `prototypes` of the equation."""

    factors: Factors
    owners: torch.Tensor
    prototypes: torch.Tensor


@dataclass(frozen=True)
class ByPrompt:
    """Weights of a prompt come from what the experts add to its last token in one module.

    `signal` is norm, the length of what an expert adds, or entropy, the inverse of the entropy of
    its softmax.
    """

    module: str
    signal: str


@dataclass(frozen=True)
class Routed:
    """Experts by module, and how each token weighs them; the equations are above.

    `names` are the experts in the order of their prototypes; `top_k` is at most their number,
    `combination` one of `COMBINATIONS`. With `by_prompt` each prompt weighs them instead.
    """

    names: tuple[str, ...]
    modules: Mapping[str, Experts]
    top_k: int
    temperature: float
    combination: str = "products"
    by_prompt: ByPrompt | None = None


def write(routed: Routed, folder: str | Path, base_name: str) -> None:
    """Write `routed.json`, the settings, and `routed.safetensors`, the tensors of each module."""
    folder = Path(folder)
    tensors = {}
    for module, experts in routed.modules.items():
        parts = (experts.factors.a, experts.factors.b, experts.owners, experts.prototypes)
        for part, tensor in zip(PARTS, parts, strict=True):
            tensors[f"{module}.{part}"] = tensor.detach().cpu().contiguous()
    description: dict[str, object] = {
        "base_model_name_or_path": base_name,
        "experts": list(routed.names),
        "top_k": routed.top_k,
        "temperature": routed.temperature,
        "combination": routed.combination,
    }
    if routed.by_prompt is not None:
        description["by_prompt"] = asdict(routed.by_prompt)
    with replacing(folder / DESCRIPTION) as temporary:
        temporary.write_text(json.dumps(description, indent=2, sort_keys=True) + "\n")
    with replacing(folder / WEIGHTS) as temporary:
        save_file(tensors, temporary, metadata={"format": "pt"})


def read(folder: str | Path) -> Routed:
    """Read a folder that `write` made. Raises InputError where it holds other tensors."""
    description = read_json(Path(folder, DESCRIPTION))
    with reading(Path(folder, WEIGHTS), SafetensorError):
        tensors = load_file(Path(folder, WEIGHTS))
    modules = sorted({key.rpartition(".")[0] for key in tensors})
    if set(tensors) != {f"{module}.{part}" for module in modules for part in PARTS}:
        raise InputError(
            str(folder),
            "keys",
            sorted(tensors)[:3],
            f"`<module>.` and each of {PARTS}",
            "delete the folder and run again, it holds no routed adapters",
        )
    experts = {}
    for module in modules:
        a, b, owners, prototypes = (tensors[f"{module}.{part}"] for part in PARTS)
        experts[module] = Experts(Factors(a, b), owners, prototypes)
    by_prompt = description.get("by_prompt")
    return Routed(
        tuple(description["experts"]),
        experts,
        description["top_k"],
        description["temperature"],
        description["combination"],
        None if by_prompt is None else ByPrompt(**by_prompt),
    )
