"""A tiny base, a fit adapter for it, and hubs to put repositories into."""

import json
from pathlib import Path

import numpy as np

from recycling.community.defects import configured, with_tensors
from recycling.hub.address import HubError, Listing
from recycling.pool import inspection
from recycling.pool.candidate import Rules
from recycling.pool.inspection import CONFIG, WEIGHTS
from recycling.pool.vetting import vet

BASE = "lab/base-1b"
COMMIT = "0123456789abcdef" * 2 + "01234567"
WIDTHS = {"self_attn.q_proj": (8, 8), "self_attn.v_proj": (4, 8), "mlp.down_proj": (8, 16)}
MODULES = {
    f"model.layers.{layer}.{name}": shape for layer in range(2) for name, shape in WIDTHS.items()
} | {"lm_head": (100, 8)}
BASE_COMMIT = "fedcba9876543210" * 2 + "fedcba98"
BODY = [name for name in MODULES if name != "lm_head"]
CARD = f"---\nbase_model: {BASE}\nlicense: mit\n---\nA card.\n".encode()


def rules(**changes):
    settings = {
        "aliases": {BASE: "same_weights", "lab/base-1b-bnb-4bit": "quantised"},
        "max_bytes": 100_000,
        "max_rank": 8,
        "base_repository": BASE,
        "base_commit": BASE_COMMIT,
        "denylist": frozenset({"mallory", "eve/backdoor"}),
    }
    return Rules(MODULES, **settings | changes)


def tensors(rank=2, modules=BODY, dtype=np.float32, seed=0):
    """Name -> (type, shape, bytes) of a LoRA with random factors."""
    generator = np.random.default_rng(seed)
    found = {}
    for module in modules:
        outputs, inputs = MODULES[module]
        for side, shape in (("A", (rank, inputs)), ("B", (outputs, rank))):
            data = generator.normal(size=shape).astype(dtype).tobytes()
            found[f"base_model.model.{module}.lora_{side}.weight"] = ("F32", list(shape), data)
    return found


def fit(**changes):
    """The files of an adapter that passes, with changes to its config."""
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": BASE,
        "r": 2,
        "lora_alpha": 4,
        "target_modules": ["q_proj", "v_proj", "down_proj"],
    }
    files = with_tensors({CONFIG: json.dumps(config).encode()}, tensors())
    return configured(files, **changes) | {"README.md": CARD}


def store(root: Path, files, repo="ana/lora", commit=COMMIT):
    """Write a repository into a hub folder."""
    folder = root / f"models--{repo.replace('/', '--')}"
    for name, data in {"refs/main": commit.encode()}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    for name, data in files.items():
        path = folder / "snapshots" / commit / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


class MemoryHub:
    """One repository held in memory; records the requests."""

    def __init__(self, files):
        self.files, self.requests = files, []

    def listing(self, **changes):
        sizes = {name: len(data) for name, data in self.files.items()}
        settings = {"licence": "mit", "base_model": BASE, "card": "readable"}
        return Listing("ana/lora", COMMIT, files=sizes, **settings | changes)

    def repositories(self, bases, ids):
        yield self.listing()

    def read(self, repo, commit, file, limit):
        self.requests.append((file, len(self.files[file])))
        if len(self.files[file]) > limit:
            raise HubError("too_large", f"found {file} above {limit} bytes")
        return self.files[file]

    def read_range(self, repo, commit, file, start, stop):
        self.requests.append((file, stop - start))
        return self.files[file][start:stop], len(self.files[file])

    def fetch(self, repo, commit, file, destination, limit):
        if len(self.files[file]) > limit:
            raise HubError("too_large", file)
        destination.parent.mkdir(exist_ok=True)
        destination.write_bytes(self.files[file])
        return "0" * 64


def verdict(files, given=None, **listing):
    """What vetting says of a repository with these files."""
    hub = MemoryHub(files)
    return vet(inspection.inspect(hub, hub.listing(**listing)), given or rules())


__all__ = ["CONFIG", "WEIGHTS"]
