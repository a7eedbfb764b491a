"""A pool as mixed as that of the first paper, at tiny width: 960 repositories for the fake hub."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from fake_hub import Repository
from pool_cases import BASE, CONFIG, WEIGHTS

from recycling.community.defects import with_tensors

PUBLISHED = Path(
    os.environ.get("PUBLISHED_TABLES", Path(__file__).parents[3] / "shared" / "published")
)
WIDTHS = {
    "self_attn.q_proj": (16, 16),
    "self_attn.k_proj": (8, 16),
    "self_attn.v_proj": (8, 16),
    "self_attn.o_proj": (16, 16),
    "mlp.gate_proj": (32, 16),
    "mlp.up_proj": (32, 16),
    "mlp.down_proj": (16, 32),
}
MODULES = {
    f"model.layers.{layer}.{name}": shape for layer in range(2) for name, shape in WIDTHS.items()
} | {"lm_head": (64, 16)}
ALL = [name.partition(".")[2] for name in WIDTHS]
LICENCES = ["license:llama3.1", "license:apache-2.0", "license:mit", "license:other", ""]


def recipes() -> dict[str, dict[str, Any]]:
    """Repository -> r, lora_alpha, target_modules: the published ones, else a drawn mix."""
    published = PUBLISHED / "hf_expert_info_final.json"
    if published.is_file():
        found: dict[str, dict[str, Any]] = json.loads(published.read_text())
        return found
    generator = np.random.default_rng(0)
    ranks, alphas = [8, 16, 32, 64, 128, 256], [16, 32, 64, 128]
    found = {}
    for number in range(960):
        rank = int(generator.choice(ranks, p=[0.29, 0.3, 0.15, 0.2, 0.03, 0.03]))
        targets = [ALL, ["q_proj", "v_proj"], [*ALL, "lm_head"], ["fc_in", "wte"]]
        chosen = targets[generator.choice(4, p=[0.85, 0.1, 0.045, 0.005])]
        found[f"o{int(generator.pareto(1)) % 295}/lora-{number}"] = {
            "r": rank if number % 190 else None,
            "lora_alpha": int(generator.choice(alphas)),
            "target_modules": chosen,
        }
    return found


def repositories() -> dict[str, Repository]:
    """One repository for each recipe; those without a rank have no config that says the scale."""
    return {name: repository(name, recipe) for name, recipe in sorted(recipes().items())}


def repository(name: str, recipe: dict[str, Any]) -> Repository:
    digest = hashlib.sha256(name.encode())
    generator = np.random.default_rng(int.from_bytes(digest.digest()[:8], "little"))
    rank = recipe.get("r") or 8
    tensors = {}
    for module, (outputs, inputs) in chosen(recipe.get("target_modules") or ["q_proj"]).items():
        for side, shape in (("A", (rank, inputs)), ("B", (outputs, rank))):
            data = generator.normal(0, 0.05, shape).astype(np.float32).tobytes()
            tensors[f"base_model.model.{module}.lora_{side}.weight"] = ("F32", list(shape), data)
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": BASE,
        **{key: recipe.get(key) for key in ("r", "lora_alpha", "target_modules")},
    }
    files = with_tensors({CONFIG: json.dumps(config).encode(), "README.md": b"A card.\n"}, tensors)
    licence = LICENCES[digest.digest()[8] % len(LICENCES)]
    tags = ["peft", f"base_model:{BASE}", f"base_model:adapter:{BASE}", licence]
    return Repository(dict(files), digest.hexdigest()[:40], [tag for tag in tags if tag])


def chosen(targets: list[str]) -> dict[str, tuple[int, int]]:
    """Module -> shape for target names; a name that the base lacks is a module of its own."""
    found = {}
    for target in targets:
        matched = {name: shape for name, shape in MODULES.items() if name.endswith(target)}
        found |= matched or {f"transformer.h.0.{target}": (16, 16)}
    return found


__all__ = ["WEIGHTS"]
