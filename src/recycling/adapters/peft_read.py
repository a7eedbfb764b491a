"""Turn the weights and the config that PEFT saved into an adapter with its scale folded in."""

from collections.abc import Collection, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from recycling.adapters import peft_files
from recycling.adapters.canonical import Adapter, Factors
from recycling.adapters.peft_files import AdapterFileError, Entry, Json
from recycling.adapters.peft_scaling import Scaling
from recycling.ground.errors import InputError


def read_tensors(path: str | Path, expected: Mapping[str, Entry]) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file that must have the names, types and shapes `expected`.

    Raises AdapterFileError: unreadable_weights, or changed where it holds other tensors.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            slices = {key: file.get_slice(key) for key in file.keys()}  # noqa: SIM118
            found = {
                key: Entry(part.get_dtype(), tuple(part.get_shape()))
                for key, part in slices.items()
            }
            if found != dict(expected):
                raise AdapterFileError("changed", "found other tensors than those inspected")
            return {key: file.get_tensor(key) for key in sorted(slices)}
    except (SafetensorError, OSError) as error:
        raise AdapterFileError("unreadable_weights", f"found {str(error)[:100]}") from error


def adapter(
    config: Mapping[str, Json],
    tensors: Mapping[str, torch.Tensor],
    modules: Collection[str],
    name: str,
    source: Mapping[str, str],
) -> Adapter:
    """The adapter that PEFT would attach to a base with these linear `modules`, in float32.

    Follows `LoraLayer.update_layer` and `get_pattern_key` of PEFT 0.21: the scale is alpha/r, or
    alpha/sqrt(r) with rsLoRA, where patterns may give a module its own alpha and r.
    Raises InputError for tensors or scales that vetting rejects.
    """
    pairing = peft_files.pair(tensors, modules)
    scaling = Scaling(config)
    refused = [*pairing.unmatched, *pairing.extra, *pairing.unpaired]
    if refused or not pairing.pairs:
        raise InputError(
            name, "tensors", refused[:3], "a pair A, B for modules of the base", "vet it"
        )
    factors = {}
    for module, sides in pairing.pairs.items():
        a, b = (tensors[sides[side]].float() for side in "AB")
        factor = scaling.factor(module)
        if factor is None or scaling.rank(module) != a.shape[0]:
            raise InputError(
                name,
                f"scale of {module}",
                factor,
                f"r = {a.shape[0]} and a positive alpha",
                "vet it",
            )
        factors[module] = Factors(a, b * factor)
    return Adapter(name, factors, dict(source))
