"""The files of a published base, looked at before transformers reads them.

transformers goes where they lead: to the base that an adapter names, to the shards of an index and
along links, also out of the folder and out of the commit that a study pins.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from transformers.utils.hub import cached_file

from recycling.ground import regular_file
from recycling.ground.errors import InputError

ADAPTER = "adapter_config.json"
INDEX = "model.safetensors.index.json"
TEMPLATES = "additional_chat_templates"
MOST_LAYERS = 1000
_PLAIN = re.compile(r"\w[\w.+-]*", re.ASCII)


class Where(TypedDict):
    """Which files of a repository are meant, and whether the network may be asked."""

    revision: str
    local_files_only: bool


def check(source: str | Path, where: Where) -> None:
    """Raise InputError unless all that is read of a base lies in its folder or repository.

    Raises OSError where the source cannot be read at all.
    """
    folder = Path(source)
    if folder.is_dir():
        _check_links(folder)
    if _file(source, ADAPTER, where) is not None:
        expected = "no adapter among the files of a base"
        raise unusable(ADAPTER, "it", expected, "name the base of that adapter")
    _check_names(source, where)
    layers = _json(source, "config.json", where).get("num_hidden_layers")
    if isinstance(layers, int) and layers > MOST_LAYERS:
        raise unusable("num_hidden_layers", layers, f"at most {MOST_LAYERS}", "choose another base")


def unusable(key: str, found: object, expected: str, remedy: str) -> InputError:
    """What is no base, in one line."""
    return InputError("base", key, found, expected, remedy)


def _check_links(folder: Path) -> None:
    """Raise InputError for a link out of the folder."""
    for path in [*sorted(folder.iterdir()), *sorted((folder / TEMPLATES).glob("*"))]:
        if regular_file.leads_out(path, folder):
            name = path.relative_to(folder).as_posix()
            expected = "no link out of the base's folder"
            raise unusable(name, str(path.resolve()), expected, "put the file itself there")


def _check_names(source: str | Path, where: Where) -> None:
    """Raise InputError for a file name that is more than a name, wherever one is written."""
    for name, key in _names(source, where):
        if not isinstance(name, str) or not _PLAIN.fullmatch(name):
            expected = "the plain name of a file beside it"
            raise unusable(key, name, expected, "take the base from somebody else")


def _names(source: str | Path, where: Where) -> Iterator[tuple[object, str]]:
    index = _json(source, INDEX, where)
    if index:
        shards = index.get("weight_map")
        if not isinstance(shards, dict) or not isinstance(index.get("metadata"), dict):
            expected, remedy = "weight_map and metadata with values", "download the file anew"
            raise unusable(INDEX, sorted(map(str, index)), expected, remedy)
        yield from ((name, INDEX) for name in shards.values())
    config = _json(source, "config.json", where)
    if "transformers_weights" in config:
        yield config["transformers_weights"], "transformers_weights of config.json"
    tokenizers = _json(source, "tokenizer_config.json", where).get("fast_tokenizer_files", [])
    for name in tokenizers if isinstance(tokenizers, list) else [tokenizers]:
        yield name, "fast_tokenizer_files of tokenizer_config.json"


def _json(source: str | Path, name: str, where: Where) -> dict[str, object]:
    """The object in a file of the base; empty where there is none, or no file."""
    path = _file(source, name, where)
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        what = f"{type(error).__name__}: {error}"
        raise unusable(name, what, "JSON", "download the file anew") from None
    return found if isinstance(found, dict) else {}


def _file(source: str | Path, name: str, where: Where) -> Path | None:
    found = cached_file(source, name, _raise_exceptions_for_missing_entries=False, **where)
    return None if found is None else Path(found)
