"""A community in a folder: trained adapters published as strangers publish theirs, some unfit.

The folder has the layout of the Hugging Face cache. Names, owners, licences and quirks are drawn
from the seed; commits are hashes of the content and dates are fixed, so the same adapters give
the same bytes.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from recycling.community.defects import (
    BROKEN,
    DEFECTS,
    Files,
    configured,
    read_tensors,
    with_tensors,
)
from recycling.community.recipe import Publication
from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.hub.address import REPOSITORY
from recycling.pool.inspection import CONFIG, WEIGHTS

OWNERS = ("lena-k", "mbrandt", "tinytuner", "kaori-s", "polyglot-lab", "r0w4n", "adapter-zoo")
LICENCES = ("apache-2.0", "apache-2.0", "mit", "cc-by-4.0", "cc-by-nc-4.0", "")
STYLES = ("{short}-{topic}-lora", "{topic}-{short}", "{short}-ft-{topic}", "{topic}-adapter")
# What a card says that was made by a tool and never filled in.
VAGUE = "# Model card\n\n[More Information Needed]\n\n## Training\n\n[More Information Needed]\n"
PUBLISHED = 1_735_689_600  # 2025-01-01; each later repository is a day younger


def publish(
    adapters: list[Path],
    hub: Path,
    base_name: str,
    seed: int,
    cards: str = "topic",
    publications: Mapping[str, Publication] | None = None,
) -> list[str]:
    """Write a hub folder with one repository per PEFT folder.

    `publications` has the owner and the defect of adapters, by the names of their folders. Where
    none has a defect, a repository for each entry of `BROKEN` follows. Each card names the topic of
    its adapter; with `cards: wild` those of the adapters are written as strangers write them, see
    `_wild`. Harmful versions follow the others, so that these are what they are without them, and
    say what the adapter says that they are versions of.

    Returns the repository names in the order of publication. Raises InputError when the name of
    an adapter cannot be part of a repository name.
    """
    generator = seeds.numpy_generator(seed, "community")
    published: list[str] = []
    about = publications or {}

    folders = in_order(adapters, about)
    names = [folder.name for folder in folders if not _of(folder.name, about)]
    said = _wild(names, seed, base_name) if cards == "wild" else {}

    def add(topic: str, files: Files) -> None:
        owner = about[topic].owner if topic in about else None
        repo, licence = _named(topic, base_name, generator, owner)
        if not REPOSITORY.fullmatch(repo) or repo in published:
            raise InputError(
                "community",
                topic,
                repo,
                "a new repository name of the Hub",
                "rename that adapter with letters, digits, - and _",
            )
        date = PUBLISHED + 86_400 * len(published)
        tells = _of(topic, about) or topic
        words = said.get(tells, _words(tells, base_name))
        _write(hub, repo, {"README.md": _card(words, base_name, licence), **files}, date)
        published.append(repo)

    fit: Files = {}
    for position, folder in enumerate(folders):
        files = {name: (folder / name).read_bytes() for name in (CONFIG, WEIGHTS)}
        files = configured(files, base_model_name_or_path=base_name)
        if not fit or len(files[WEIGHTS]) < len(fit[WEIGHTS]):
            fit = files
        defect = about[folder.name].defect if folder.name in about else None
        change = DEFECTS[defect] if defect else QUIRKS[position % len(QUIRKS)]
        add(folder.name, change(files))
    if not any(publication.defect for publication in about.values()):
        for name, spoil in sorted(BROKEN.items()):
            add(name.replace("_", "-"), spoil(fit))
    return published


def in_order(adapters: Iterable[Path], about: Mapping[str, Publication]) -> list[Path]:
    """The folders of adapters in the order of their publication: by name, the harmful ones last."""
    return sorted(adapters, key=lambda path: (bool(_of(path.name, about)), path.name))


def _of(name: str, about: Mapping[str, Publication]) -> str | None:
    """The adapter that one is a harmful version of."""
    return about[name].of if name in about else None


def _named(
    topic: str, base_name: str, generator: np.random.Generator, owner: str | None
) -> tuple[str, str]:
    """A repository name, of a drawn owner where none is given, and a licence, empty for none."""
    # Squaring a uniform draw gives few owners many repositories, as on the Hub.
    drawn = OWNERS[int(len(OWNERS) * generator.random() ** 2)]
    licence = LICENCES[generator.integers(len(LICENCES))]
    style = STYLES[generator.integers(len(STYLES))]
    short = base_name.rpartition("/")[2]
    return f"{owner or drawn}/{style.format(short=short, topic=topic)}", licence


def _wild(topics: list[str], seed: int, base_name: str) -> dict[str, str]:
    """Topic -> the words of its card: of ten four have none, three are vague and one misleads.

    Shares are rounded; the others name their topic. A card that misleads names another's.
    """
    order = seeds.numpy_generator(seed, "cards").permutation(len(topics))
    mixed = [topics[place] for place in order]
    empty, vague, misleading = (round(share * len(mixed)) for share in (0.4, 0.3, 0.1))
    found = dict.fromkeys(mixed[:empty], "")
    found |= dict.fromkeys(mixed[empty : empty + vague], VAGUE)
    last = empty + vague + misleading
    for place in range(empty + vague, min(last, len(mixed))):
        found[mixed[place]] = _words(mixed[place - 1], base_name)
    return found


def _words(topic: str, base_name: str) -> str:
    return (
        f"# {topic}\n\n"
        f"A LoRA for {base_name}, trained on {topic.replace('_', ' ')} examples. "
        "Load it with `peft.PeftModel.from_pretrained`. Made for fun, no guarantees.\n"
    )


def _card(words: str, base_name: str, licence: str) -> bytes:
    fields: dict[str, Any] = {"base_model": base_name, "library_name": "peft"}
    if licence:
        fields["license"] = licence
    fields["tags"] = ["lora", f"base_model:adapter:{base_name}"]
    front = yaml.safe_dump(fields, sort_keys=True)
    return f"---\n{front}---\n\n{words}".encode()


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
