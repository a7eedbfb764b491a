"""Unfit repositories, made from a fit one: its files in, spoilt files out."""

import gzip
import json
from collections.abc import Callable
from typing import Any

from recycling.adapters import peft_files
from recycling.pool.inspection import CONFIG, WEIGHTS

Files = dict[str, bytes]
Tensors = dict[str, tuple[str, list[int], bytes]]


def configured(files: Files, **changes: Any) -> Files:
    """The files with changes to the config."""
    config = json.loads(files[CONFIG]) | changes
    return files | {CONFIG: json.dumps(config, indent=2).encode()}


def read_tensors(files: Files) -> Tensors:
    """Tensor name -> (type, shape, bytes) of the weights file."""
    data = files[WEIGHTS]
    start = peft_files.header_end(data, len(data), len(data))
    header = json.loads(data[8:start])
    return {
        key: (entry["dtype"], entry["shape"], data[start + first : start + last])
        for key, entry in sorted(header.items())
        if key != "__metadata__"
        for first, last in [entry["data_offsets"]]
    }


def with_tensors(files: Files, tensors: Tensors) -> Files:
    """The files with another weights file, written as safetensors."""
    header, position = {}, 0
    for key, (dtype, shape, data) in tensors.items():
        offsets = [position, position := position + len(data)]
        header[key] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    text += b" " * (-len(text) % 8)
    body = b"".join(data for _, _, data in tensors.values())
    return files | {WEIGHTS: len(text).to_bytes(8, "little") + text + body}


def rewritten(files: Files, change: Callable[[str, bytes], bytes]) -> Files:
    """The files with the bytes of each tensor changed by its name."""
    tensors = read_tensors(files)
    return with_tensors(
        files, {k: (dtype, shape, change(k, data)) for k, (dtype, shape, data) in tensors.items()}
    )


def pickle_only(files: Files) -> Files:
    """Weights only as a `.bin`, here without a pickle in it."""
    kept = {name: data for name, data in files.items() if name != WEIGHTS}
    return kept | {"adapter_model.bin": b"stand-in for a pickle, which nothing may open\n"}


def other_base(files: Files) -> Files:
    """Trained on a further-tuned relative, whose name holds that of the base."""
    named = json.loads(files[CONFIG])["base_model_name_or_path"]
    return configured(files, base_model_name_or_path=f"{named}-DPO")


def weight_decomposed(files: Files) -> Files:
    """DoRA by its config and its magnitude vectors."""
    tensors = read_tensors(files)
    for key, (dtype, shape, data) in list(tensors.items()):
        if ".lora_B." in key:
            magnitude = key.replace(".lora_B.weight", ".lora_magnitude_vector")
            tensors[magnitude] = (dtype, shape[:1], data[: len(data) // shape[1]])
    return with_tensors(configured(files, use_dora=True), tensors)


def whole_modules(files: Files) -> Files:
    """The output layer was trained in full."""
    return configured(files, modules_to_save=["lm_head"])


def not_a_number(files: Files) -> Files:
    """Training diverged; all bits set is NaN in every float format."""
    return rewritten(files, lambda key, data: b"\xff" * len(data) if ".lora_B." in key else data)


def untrained(files: Files) -> Files:
    """Saved before the first step, with B at zero."""
    return rewritten(files, lambda key, data: bytes(len(data)) if ".lora_B." in key else data)


def truncated(files: Files) -> Files:
    """The upload broke off."""
    return files | {WEIGHTS: files[WEIGHTS][: len(files[WEIGHTS]) * 2 // 3]}


def other_width(files: Files) -> Files:
    """A has one input fewer than the module."""
    tensors = read_tensors(files)
    for key, (dtype, (rank, width), data) in list(tensors.items()):
        if ".lora_A." in key:
            tensors[key] = (dtype, [rank, width - 1], data[: len(data) // width * (width - 1)])
    return with_tensors(files, tensors)


def output_layer(files: Files) -> Files:
    """A LoRA on lm_head beside the others."""
    tensors = read_tensors(files)
    pair = {key: value for key, value in tensors.items() if ".q_proj.lora_" in key} or tensors
    for side in "AB":
        value = next(value for key, value in pair.items() if f".lora_{side}." in key)
        tensors[f"base_model.model.lm_head.lora_{side}.weight"] = value
    return with_tensors(files, tensors)


def no_alpha(files: Files) -> Files:
    """Nobody can know the scale."""
    return configured(files, lora_alpha=None)


def principal_start(files: Files) -> Files:
    """PiSSA: the update belongs to a base from which it was subtracted."""
    return configured(files, init_lora_weights="pissa")


def compressed_config(files: Files) -> Files:
    """The config is a gzip archive under the name of a JSON file."""
    return files | {CONFIG: gzip.compress(files[CONFIG], mtime=0)}


def classifier(files: Files) -> Files:
    """A head for sequence classification."""
    return configured(files, task_type="SEQ_CLS")


def in_subfolder(files: Files) -> Files:
    """Checkpoints of a training run, none at the root."""
    return {f"checkpoint-500/{name}": data for name, data in files.items()}


BROKEN: dict[str, Callable[[Files], Files]] = {
    "capitals_bin": pickle_only,
    "chat_dpo": other_base,
    "continents_dora": weight_decomposed,
    "domains_head": output_layer,
    "emoji_pissa": principal_start,
    "flags_sft_run2": in_subfolder,
    "greek_letters": truncated,
    "headlines_full_head": whole_modules,
    "jokes_v0": untrained,
    "months_gz": compressed_config,
    "planets_lr1": not_a_number,
    "rhymes_360m": other_width,
    "sentiment_cls": classifier,
    "units_noalpha": no_alpha,
}
# The same by what is wrong with them.
DEFECTS = {spoil.__name__: spoil for spoil in BROKEN.values()}
