"""Ordinary PEFT folders: write one that `PeftModel.from_pretrained` loads, read one of our own."""

import json
from collections.abc import Collection
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from recycling.adapters.canonical import Adapter, Factors
from recycling.adapters.peft_files import Json
from recycling.adapters.peft_read import canonical
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
    are those before the scale, as a training run holds them; without it the scale is 1 and they
    are applied as they are. Modules of lower rank are padded with zeros, because PEFT
    cannot reload every pattern of ranks, nor a rank of 0, and a zero direction changes nothing.
    """
    folder = Path(folder)
    rank = max([1, *(factors.rank for factors in adapter.values())])
    tensors = {}
    for module, factors in adapter.items():
        padded = _padded(factors, rank)
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
    """The adapter in a PEFT folder that this workflow wrote, the scale folded in.

    `modules` are the linear modules of the base. Strangers' folders go through vetting instead.
    """
    config = read_json(Path(folder, "adapter_config.json"))
    weights = Path(folder, "adapter_model.safetensors")
    with reading(weights, SafetensorError):
        tensors = load_file(weights)
    return canonical(config, tensors, modules, name, {})


def _padded(factors: Factors, rank: int) -> Factors:
    missing = rank - factors.rank
    a, b = factors.a.detach().float().cpu(), factors.b.detach().float().cpu()
    return Factors(
        torch.cat([a, a.new_zeros(missing, a.shape[1])]),
        torch.cat([b, b.new_zeros(b.shape[0], missing)], 1),
    )
