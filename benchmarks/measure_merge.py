"""Measure how much memory and time `recycling merge` takes for adapters of an 8B model.

    python -m benchmarks.measure_merge SCRATCH 30 --method average --rank 64

makes 30 random adapters below SCRATCH, as PEFT saves them: rank 16, bfloat16, every linear module
of 32 layers of the shape of Llama-3.1-8B, 84 MB each. It then runs the command in a process of its
own, and prints the largest memory that the process held (`ru_maxrss`) and its seconds. SCRATCH
takes the adapters, the same again in float32, and the result.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import save_file

from benchmarks.inputs import LLAMA_8B

RANK, LAYERS = 16, 32


def save(folder: Path, seed: int) -> None:
    """Write a random adapter."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for layer in range(LAYERS):
        for name, (outputs, inputs) in LLAMA_8B.items():
            stem = f"base_model.model.model.layers.{layer}.{name}"
            for side, shape in (("A", (RANK, inputs)), ("B", (outputs, RANK))):
                values = torch.randn(shape, generator=generator) * 0.01
                tensors[f"{stem}.lora_{side}.weight"] = values.bfloat16()
    folder.mkdir(parents=True)
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "lab/8b",
        "r": RANK,
        "lora_alpha": RANK,
        "target_modules": [name.partition(".")[2] for name in LLAMA_8B],
    }
    (folder / "adapter_config.json").write_text(json.dumps(config))
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})


def main(scratch: str, count: str, *options: str) -> None:
    """Make what is missing of the adapters, merge them, print memory and time."""
    folders = [Path(scratch, f"adapter-{number}") for number in range(int(count))]
    for seed, folder in enumerate(folders):
        if not folder.exists():
            save(folder, seed)
    command = [sys.executable, "-m", "recycling", "merge", *map(str, folders), *options]
    started = time.monotonic()
    subprocess.run([*command, "--out", str(Path(scratch, "merged"))], check=True)
    seconds = time.monotonic() - started
    held = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(f"{' '.join(options)}: {held:.1f} GB, {seconds:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
