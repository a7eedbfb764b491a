"""A published model with its tokenizer, read; or one line that says why it is no base.

transformers itself is lenient: it draws missing weights at random, loads the base that an adapter
names, and dequantises some models silently.
"""

from pathlib import Path
from typing import Any, cast

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

from recycling.ground.errors import InputError
from recycling.model import base_files
from recycling.model.base_files import Where, unusable


def read(
    source: str | Path, *, revision: str = "main", local: bool = False, gguf: str | None = None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Model and tokenizer of a folder or, with its revision, of a repository of the Hub.

    Weights are taken from safetensors alone, code from nowhere. With `gguf` the model is the one in
    that file of the folder, dequantised to float32.

    Raises InputError for what is no base, and OSError where the source cannot be read at all.
    """
    where = Where(revision=revision, local_files_only=local)
    if gguf is None:
        base_files.check(source, where)
    config = _config(source, where, gguf)
    _check_architecture(config, quantised=gguf is not None)
    # Every architecture has it; a config may name a package to fetch in its place.
    config._attn_implementation = "eager"
    tokenizer = _tokenizer(source, where, gguf)
    return _model(source, where, gguf, config), tokenizer


def _config(source: str | Path, where: Where, gguf: str | None) -> PretrainedConfig:
    try:
        config = AutoConfig.from_pretrained(
            source, gguf_file=gguf, trust_remote_code=False, **where
        )
    except OSError:
        raise
    # An unknown architecture, one that has code of its own, a value of a wrong type.
    except Exception as error:
        raise unusable(
            "config.json",
            _said(error),
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
        raise unusable("model_type", found, "a causal language model of text", other)
    packed = getattr(config, "quantization_config", None)
    if packed is not None and not quantised:
        method = packed.get("quant_method") if isinstance(packed, dict) else packed
        raise unusable(
            "quantization_config",
            str(method),
            "weights that are not quantised",
            "name the base that this is a copy of, and this name in base.aliases as quantised",
        )


def _tokenizer(source: str | Path, where: Where, gguf: str | None) -> PreTrainedTokenizerBase:
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            source, gguf_file=gguf, trust_remote_code=False, **where
        )
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's
        raise unusable(
            "tokenizer",
            _said(error),
            "tokenizer.json or tokenizer.model with tokenizer_config.json beside the weights",
            "copy the tokenizer's files there from the base that the model was made of",
        ) from None
    longest = tokenizer.model_max_length
    if not isinstance(longest, int | float):
        remedy = "correct it in tokenizer_config.json"
        raise unusable("model_max_length", longest, "a number", remedy)
    return tokenizer


def _model(
    source: str | Path, where: Where, gguf: str | None, config: PretrainedConfig
) -> PreTrainedModel:
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            source,
            gguf_file=gguf,
            dtype=torch.float32 if gguf else "auto",
            use_safetensors=None if gguf else True,
            config=config,
            attn_implementation="eager",
            output_loading_info=True,
            trust_remote_code=False,
            **where,
        )
    except (OSError, SafetensorError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _weights(source, str(error)) from None
    except Exception as error:
        raise unusable(
            "config.json",
            _said(error),
            "values that fit together",
            "take config.json and generation_config.json anew from the base that this is made of",
        ) from None
    model, report = cast("tuple[PreTrainedModel, dict[str, set[str]]]", loaded)
    if model.name_or_path != str(source):  # an adapter that came into being just now
        raise unusable("name", model.name_or_path, str(source), "fetch the base again")
    _check_ends(model)
    if report["missing_keys"]:
        missing = sorted(report["missing_keys"])
        raise _weights(source, f"no {missing[0]} and {len(missing) - 1} others missing")
    if report["unexpected_keys"]:
        unread = sorted(report["unexpected_keys"])
        print(f"not read, for the model has no such part: {len(unread)} tensors, {unread[:3]}")
    return model


def _check_ends(model: PreTrainedModel) -> None:
    """Raise InputError unless the tokens that end an answer are numbers of tokens."""
    ends = getattr(model.generation_config, "eos_token_id", None)
    if not all(isinstance(end, int) for end in (ends if isinstance(ends, list) else [ends or 0])):
        expected, remedy = "a number or a list of numbers", "correct it in generation_config.json"
        raise unusable("eos_token_id", ends, expected, remedy)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _weights(source: str | Path, found: str) -> InputError:
    folder = Path(source)
    pickles = sorted(file.name for file in folder.glob("*.bin")) if folder.is_dir() else []
    if pickles and not any(folder.glob("*.safetensors")):
        found = pickles[0]
    return unusable(
        "weights",
        found,
        "model.safetensors with every tensor of config.json's model; pickles (.bin) are not read",
        "download it anew, or load it with transformers and save it with save_pretrained",
    )
