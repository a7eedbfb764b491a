"""The command `recycling` as a process, and adapters that PEFT itself has saved."""

import os
import subprocess
import sys

import peft
import studies
import torch
from transformers import AutoModelForCausalLM

BASE = "lab/toy"
# Unlike each other in rank, scale and modules.
SETTINGS = {
    "usual": {"r": 4, "lora_alpha": 6, "target_modules": ["q_proj", "v_proj", "down_proj"]},
    "rslora": {"r": 8, "lora_alpha": 4, "use_rslora": True, "target_modules": "all-linear"},
    "patterns": {
        "r": 3,
        "lora_alpha": 5,
        "target_modules": ["q_proj", "up_proj"],
        "rank_pattern": {r"layers\.1\..*": 5},
        "alpha_pattern": {"up_proj": 2},
    },
}


def recycling(*arguments, cwd=None, **variables):
    """The command in a process of its own, in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "recycling", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(studies.ROOT / "src"), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def toy(folder):
    """The base in `folder`, as transformers loads it."""
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def save(base_folder, folder, seed, base_name=BASE, licence="mit", **settings):
    """A random LoRA with these settings, saved by PEFT, with a card."""
    model = peft.get_peft_model(
        toy(base_folder), peft.LoraConfig(task_type="CAUSAL_LM", **settings)
    )
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            parameter.data = torch.randn(parameter.shape, generator=generator) * 0.2
    model.peft_config["default"].base_model_name_or_path = base_name
    model.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").write_text(f"---\nlicense: {licence}\nbase_model: {base_name}\n---\n")


def updates(base_folder, folder):
    """Module -> dense update in float64, as PEFT computes it."""
    model = peft.PeftModel.from_pretrained(toy(base_folder), folder)
    return {
        name.removeprefix("base_model.model."): module.get_delta_weight("default").double()
        for name, module in model.named_modules()
        if hasattr(module, "get_delta_weight")
    }
