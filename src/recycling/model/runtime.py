"""Device and number format of a study, chosen once so that all its jobs use the same."""

import time
from pathlib import Path

import torch

from recycling.model.base import Base, load
from recycling.model.tree import TokenTree

# bfloat16 must be clearly faster to be worth its rounding.
WORTH_IT = 1.2
TOKENS = 32


def choose(folder: Path, device: str, dtype: str) -> dict[str, str]:
    """`{"device": ..., "dtype": ...}` with every `auto` replaced.

    A GPU is taken when there is one. bfloat16 is taken where it measures at least 1.2 times as
    fast as float32: that is so on GPUs and on CPUs with bfloat16 instructions, and the reverse
    on others.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if dtype == "auto":
        wide = _seconds(load(folder, device, "float32"))
        narrow = _seconds(load(folder, device, "bfloat16"))
        dtype = "bfloat16" if wide > WORTH_IT * narrow else "float32"
        print(f"{TOKENS} tokens: float32 {wide:.3f} s, bfloat16 {narrow:.3f} s", flush=True)
    return {"device": device, "dtype": dtype}


def _seconds(base: Base) -> float:
    """The faster of two passes over a few tokens, after one to warm up."""
    tree = TokenTree()
    tree.add([0] * TOKENS)
    times = []
    with torch.inference_mode():
        for _ in range(3):
            started = time.perf_counter()
            base.read(tree)[0, 0].item()
            times.append(time.perf_counter() - started)
    return min(times[1:])
