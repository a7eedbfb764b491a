"""PEFT folders: write one that `PeftModel.from_pretrained` loads, and read it back."""

import json
from collections.abc import Collection
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from recycling.adapters import peft_read
from recycling.adapters.canonical import Adapter, Factors
from recycling.adapters.peft_files import Json
from recycling.ground.tables import read_json, reading, replacing


def write_peft(
    adapter: Adapter,
    folder: str | Path,
    base_name: str,
    *,
    alpha: float | None = None,
    rslora: bool = False,
) -> None:
    """Write `adapter_config.json` and `adapter_model.safetensors`.

    PEFT multiplies by alpha/r (with `rslora` alpha/sqrt(r)) when it loads. With `alpha` the factors
    are those before that scale, as a training run holds them. Without it their scale is folded in
    already, and the config makes PEFT's scale 1. Modules of lower rank are padded with zeros: PEFT
    cannot reload every set of ranks, nor a rank of 0, and a zero direction changes nothing.
    """
    folder = Path(folder)
    rank = one_rank(adapter)
    tensors = {}
    for module, factors in adapter.items():
        padded = of_rank(factors, rank)
        tensors[f"base_model.model.{module}.lora_A.weight"] = padded.a.contiguous()
        tensors[f"base_model.model.{module}.lora_B.weight"] = padded.b.contiguous()
    config: dict[str, Json] = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base_name,
        "r": rank,
        "lora_alpha": rank if alpha is None else alpha,
        "use_rslora": rslora and alpha is not None,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": list(adapter),
        "inference_mode": True,
    }
    with replacing(folder / "adapter_config.json") as temporary:
        temporary.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    with replacing(folder / "adapter_model.safetensors") as temporary:
        save_file(tensors, temporary, metadata={"format": "pt"})


def read_peft(folder: str | Path, name: str, modules: Collection[str]) -> Adapter:
    """The adapter in a PEFT folder that `write_peft` made, the scale folded in.

    `modules` are the linear modules of the base. Folders of other people go through vetting
    instead, which expects anything.
    """
    config = read_json(Path(folder, "adapter_config.json"))
    weights = Path(folder, "adapter_model.safetensors")
    with reading(weights, SafetensorError):
        tensors = load_file(weights)
    return peft_read.adapter(config, tensors, modules, name, {})


def one_rank(adapter: Adapter) -> int:
    """The rank that all modules have in a PEFT folder: the largest, and 1 or more."""
    return max([1, *(factors.rank for factors in adapter.values())])


def of_rank(factors: Factors, rank: int) -> Factors:
    """A module as a PEFT folder has it: in float32, with directions of zeros added."""
    missing = rank - factors.rank
    a, b = factors.a.detach().float().cpu(), factors.b.detach().float().cpu()
    if not missing:
        return Factors(a, b)  # no copy: a merge of many adapters is large
    return Factors(
        torch.cat([a, a.new_zeros(missing, a.shape[1])]),
        torch.cat([b, b.new_zeros(b.shape[0], missing)], 1),
    )
