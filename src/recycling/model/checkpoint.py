"""A published model with its tokenizer, read; or one line that says why it is no base.

transformers itself is lenient: it draws missing weights at random, loads the base that an adapter
names, and dequantises some models silently.
"""

from pathlib import Path
from typing import Any, TypedDict, cast

import torch
import transformers
from safetensors import SafetensorError
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils.peft_utils import find_adapter_config_file

from recycling.ground.errors import InputError


class _Where(TypedDict):
    revision: str
    local_files_only: bool


def read(
    source: str | Path, *, revision: str = "main", local: bool = False, gguf: str | None = None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Model and tokenizer of a folder or, with its revision, of a repository of the Hub.

    Weights are taken from safetensors alone, code from nowhere. With `gguf` the model is the one in
    that file of the folder, dequantised to float32.

    Raises InputError for what is no base, and OSError where the source cannot be read at all.
    """
    where = _Where(revision=revision, local_files_only=local)
    if gguf is None and find_adapter_config_file(str(source), **where):
        expected = "no adapter among the files of a base"
        raise _unusable("adapter_config.json", "it", expected, "name the base of that adapter")
    _check_architecture(_config(source, where, gguf), quantised=gguf is not None)
    tokenizer = _tokenizer(source, where, gguf)
    return _model(source, where, gguf), tokenizer


def _config(source: str | Path, where: _Where, gguf: str | None) -> PretrainedConfig:
    try:
        config = AutoConfig.from_pretrained(
            source, gguf_file=gguf, trust_remote_code=False, **where
        )
    except ValueError as error:  # an unknown architecture, or one that has code of its own
        raise _unusable(
            "config.json",
            str(error),
            f"an architecture that transformers {transformers.__version__} has itself",
            "choose another base; code from a repository is never run",
        ) from None
    return cast("PretrainedConfig", config)


def _check_architecture(config: PretrainedConfig, *, quantised: bool) -> None:
    other = "choose a base that writes text from left to right, such as a Llama, Qwen or Gemma"
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING or config.is_encoder_decoder:
        found = config.model_type
        if config.get_text_config() is not config:
            found += ", a model of text and other inputs"
        raise _unusable("model_type", found, "a causal language model of text", other)
    packed = getattr(config, "quantization_config", None)
    if packed is not None and not quantised:
        method = packed.get("quant_method") if isinstance(packed, dict) else packed.quant_method
        raise _unusable(
            "quantization_config",
            str(getattr(method, "value", method)),
            "weights that are not quantised",
            "name the base that this is a copy of, and this name in base.aliases as quantised",
        )


def _tokenizer(source: str | Path, where: _Where, gguf: str | None) -> PreTrainedTokenizerBase:
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            source, gguf_file=gguf, trust_remote_code=False, **where
        )
    except (OSError, ValueError, ImportError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's
        raise _unusable(
            "tokenizer",
            f"{type(error).__name__}: {error}",
            "tokenizer.json or tokenizer.model with tokenizer_config.json beside the weights",
            "copy the tokenizer's files there from the base that the model was made of",
        ) from None
    return tokenizer


def _model(source: str | Path, where: _Where, gguf: str | None) -> PreTrainedModel:
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            source,
            gguf_file=gguf,
            dtype=torch.float32 if gguf else "auto",
            use_safetensors=None if gguf else True,
            output_loading_info=True,
            trust_remote_code=False,
            **where,
        )
    except (OSError, SafetensorError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _weights(source, str(error)) from None
    model, report = cast("tuple[PreTrainedModel, dict[str, set[str]]]", loaded)
    if report["missing_keys"]:
        missing = sorted(report["missing_keys"])
        raise _weights(source, f"no {missing[0]} and {len(missing) - 1} others missing")
    if report["unexpected_keys"]:
        unread = sorted(report["unexpected_keys"])
        print(f"not read, for the model has no such part: {len(unread)} tensors, {unread[:3]}")
    return model


def _weights(source: str | Path, found: str) -> InputError:
    folder = Path(source)
    pickles = sorted(file.name for file in folder.glob("*.bin")) if folder.is_dir() else []
    if pickles and not any(folder.glob("*.safetensors")):
        found = pickles[0]
    return _unusable(
        "weights",
        found,
        "model.safetensors with every tensor of config.json's model; pickles (.bin) are not read",
        "download it anew, or load it with transformers and save it with save_pretrained",
    )


def _unusable(key: str, found: str, expected: str, remedy: str) -> InputError:
    return InputError("base", key, found, expected, remedy)
