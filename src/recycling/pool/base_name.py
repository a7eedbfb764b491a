"""What the text says by which an adapter names its base: a repository, a commit, or only a path."""

import re
from dataclasses import dataclass

LONGEST = 500

_REPOSITORY = re.compile(r"([\w-][\w.-]*/[\w.-]+)(?:@([\w./-]+))?", re.ASCII)
# The Hub has ASCII names alone, and other letters may look like those of a name on it.
_OTHER_LETTERS = re.compile(r"([^/~.@][^/@]*/[^/@]+)(?:@(.+))?")
# `models--owner--name/snapshots/<commit>` anywhere in a path, as the Hub's cache names its folders.
_CACHED = re.compile(
    r"(?:^|/)models--([\w.-]+?)--([\w.-]+)(?:/snapshots/([0-9a-f]{40}))?(?:/|$)", re.ASCII
)
# Folders in which people keep models. An owner's name that is made of these alone may be a folder.
_FOLDERS = {
    "base",
    "cache",
    "checkpoint",
    "checkpoints",
    "ckpt",
    "ckpts",
    "content",
    "data",
    "download",
    "downloads",
    "hf",
    "home",
    "llm",
    "llms",
    "local",
    "mnt",
    "model",
    "models",
    "output",
    "outputs",
    "pretrained",
    "root",
    "save",
    "saved",
    "saves",
    "tmp",
    "weights",
    "workspace",
}


@dataclass(frozen=True)
class BaseName:
    """`repository` is owner/name, empty where only a path or nothing is named.

    `revision` is the commit, branch or tag that stands in the name. `folder` says that the
    repository may as well be a relative path, such as `models/k2`.
    """

    repository: str = ""
    revision: str = ""
    folder: bool = False


def parse(name: object) -> BaseName:
    """Read a base's name as adapter configs and cards hold it; anything else names nothing."""
    if not isinstance(name, str) or len(name) > LONGEST:
        return BaseName()
    text = name.strip().replace("\\", "/").rstrip("/")
    if not text.isprintable():
        # What nobody sees makes it another name, never a path.
        return BaseName(text)
    if cached := _CACHED.search(text):
        return BaseName(f"{cached[1]}/{cached[2]}", cached[3] or "")
    found = (_REPOSITORY if text.isascii() else _OTHER_LETTERS).fullmatch(text)
    if found is None or "\\" in name:
        return BaseName()
    owner = found[1].partition("/")[0]
    parts = [part for part in re.split(r"[_.-]", owner.lower()) if part]
    return BaseName(found[1], found[2] or "", _FOLDERS.issuperset(parts))
