"""A community in a folder: trained adapters published as strangers publish theirs, some unfit.

The folder has the layout of the Hugging Face cache. Names, owners, licences and quirks are drawn
from the seed; commits are hashes of the content and dates are fixed, so the same adapters give
the same bytes.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from recycling.community.defects import BROKEN, Files, configured, read_tensors, with_tensors
from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.hub.address import REPOSITORY
from recycling.pool.inspection import CONFIG, WEIGHTS

OWNERS = ("lena-k", "mbrandt", "tinytuner", "kaori-s", "polyglot-lab", "r0w4n", "adapter-zoo")
LICENCES = ("apache-2.0", "apache-2.0", "mit", "cc-by-4.0", "cc-by-nc-4.0", "")
STYLES = ("{short}-{topic}-lora", "{topic}-{short}", "{short}-ft-{topic}", "{topic}-adapter")
PUBLISHED = 1_735_689_600  # 2025-01-01; each later repository is a day younger


def publish(adapters: list[Path], hub: Path, base_name: str, seed: int) -> list[str]:
    """Write a hub folder with one repository per PEFT folder and one per entry of `BROKEN`.

    Returns the repository names in the order of publication. Raises InputError when the name of
    an adapter cannot be part of a repository name.
    """
    generator = seeds.numpy_generator(seed, "community")
    published: list[str] = []

    def add(topic: str, files: Files) -> None:
        repo, licence = _named(topic, base_name, generator)
        if not REPOSITORY.fullmatch(repo) or repo in published:
            raise InputError(
                "community",
                topic,
                repo,
                "a new repository name of the Hub",
                "rename that adapter with letters, digits, - and _",
            )
        date = PUBLISHED + 86_400 * len(published)
        _write(hub, repo, {"README.md": _card(topic, base_name, licence), **files}, date)
        published.append(repo)

    fit: Files = {}
    for position, folder in enumerate(sorted(adapters, key=lambda path: path.name)):
        files = {name: (folder / name).read_bytes() for name in (CONFIG, WEIGHTS)}
        files = configured(files, base_model_name_or_path=base_name)
        if not fit or len(files[WEIGHTS]) < len(fit[WEIGHTS]):
            fit = files
        add(folder.name, QUIRKS[position % len(QUIRKS)](files))
    for name, spoil in sorted(BROKEN.items()):
        add(name.replace("_", "-"), spoil(fit))
    return published


def _named(topic: str, base_name: str, generator: np.random.Generator) -> tuple[str, str]:
    """A repository name and a licence, empty when the owner states none."""
    # Squaring a uniform draw gives few owners many repositories, as on the Hub.
    owner = OWNERS[int(len(OWNERS) * generator.random() ** 2)]
    licence = LICENCES[generator.integers(len(LICENCES))]
    style = STYLES[generator.integers(len(STYLES))]
    short = base_name.rpartition("/")[2]
    return f"{owner}/{style.format(short=short, topic=topic)}", licence


def _card(topic: str, base_name: str, licence: str) -> bytes:
    fields: dict[str, Any] = {"base_model": base_name, "library_name": "peft"}
    if licence:
        fields["license"] = licence
    fields["tags"] = ["lora", f"base_model:adapter:{base_name}"]
    front = yaml.safe_dump(fields, sort_keys=True)
    return (
        f"---\n{front}---\n\n# {topic}\n\n"
        f"A LoRA for {base_name}, trained on {topic.replace('_', ' ')} examples. "
        "Load it with `peft.PeftModel.from_pretrained`. Made for fun, no guarantees.\n"
    ).encode()


def _write(hub: Path, repo: str, files: Files, date: int) -> None:
    digest = hashlib.sha256()
    for name, data in sorted(files.items()):
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    commit = digest.hexdigest()[:40]
    folder = hub / f"models--{repo.replace('/', '--')}"
    stored = {f"snapshots/{commit}/{name}": data for name, data in files.items()}
    for name, data in sorted({"refs/main": commit.encode(), **stored}.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (date, date))


def _ordinary(files: Files) -> Files:
    return files


def _local_base(files: Files) -> Files:
    """Trained from a copy on disk: only the card names the base."""
    return configured(files, base_model_name_or_path="/home/user/models/base")


def _named_keys(files: Files) -> Files:
    """Saved from the state dict, with the adapter's name inside the keys."""
    tensors = read_tensors(files)
    renamed = {key.replace(".weight", ".default.weight"): value for key, value in tensors.items()}
    return with_tensors(files, renamed)


def _own_tokenizer(files: Files) -> Files:
    return files | {"tokenizer_config.json": b'{"pad_token": "<|endoftext|>"}\n'}


QUIRKS: tuple[Callable[[Files], Files], ...] = (
    _ordinary,
    _own_tokenizer,
    _local_base,
    _ordinary,
    _named_keys,
)
