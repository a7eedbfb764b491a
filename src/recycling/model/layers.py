"""What the layers of a base let a token see, beyond the tree: windows, and how a mask is given."""

from typing import Any

import torch
from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from recycling.ground.errors import InputError
from recycling.model.tree import TokenTree

FULL, SLIDING = "full_attention", "sliding_attention"
# The self-test reads a row longer than the sliding window; beyond this it would take too long.
TESTED = 4608
# transformers gives a tokenizer without a limit an enormous one.
NO_LIMIT = 10**9

Masks = torch.Tensor | dict[str, torch.Tensor]
"""Bool `[nodes read, nodes]`: which nodes each node attends to; by kind of layer if they differ."""


def kinds(config: PretrainedConfig) -> set[str]:
    """Kinds of the layers as transformers names them; full attention where it names none."""
    return set(getattr(config.get_text_config(), "layer_types", None) or [FULL])


def sliding_window(config: PretrainedConfig) -> int | None:
    """How many tokens back the layers with a sliding window see, the token itself counted."""
    text = config.get_text_config()
    size = getattr(text, "sliding_window", None)
    named = getattr(text, "layer_types", None)
    return None if not size or (named and SLIDING not in named) else int(size)


def window(config: PretrainedConfig, tokenizer: PreTrainedTokenizerBase) -> int:
    """The longest sequence of tokens that the model was made for, and is read right.

    Raises InputError where neither the model nor its tokenizer has a limit.
    """
    text = config.get_text_config()
    limits = [
        getattr(text, "max_position_embeddings", None) or tokenizer.model_max_length,
        getattr(text, "attention_chunk_size", None),
    ]
    sliding = sliding_window(config)
    if sliding is not None and sliding >= TESTED:
        limits.append(sliding)
    found = min(int(limit) for limit in limits if limit)
    if found >= NO_LIMIT:
        raise InputError(
            "base",
            "max_position_embeddings",
            None,
            "the longest sequence that the model can read",
            "write model_max_length into the base's tokenizer_config.json",
        )
    return found


def masks(config: PretrainedConfig, tree: TokenTree, start: int = 0) -> Masks:
    """What the nodes from `start` on attend to: their ancestors, in some layers the nearest."""
    visible = tree.visible(start)
    size = sliding_window(config)
    if size is None or max(tree.depths) < size:
        return visible
    depths = torch.tensor(tree.depths)
    near = visible & (depths[start:, None] - depths[None, :] < size)
    named = kinds(config)
    if SLIDING not in named or named == {SLIDING}:  # without names all layers have the window
        return near
    return {kind: near if kind == SLIDING else visible for kind in sorted(named)}


def prepared(masks: Masks, model: PreTrainedModel) -> Any:
    """The masks as the model takes them: `[1, 1, nodes read, nodes]` on its device."""
    if isinstance(masks, dict):
        return {kind: prepared(mask, model) for kind, mask in masks.items()}
    mask = masks[None, None].to(model.device)
    if model.config._attn_implementation == "sdpa":
        return mask
    # Written out, attention adds its mask to the scores.
    lowest = torch.finfo(model.dtype).min
    return torch.zeros(mask.shape, dtype=model.dtype, device=mask.device).masked_fill(~mask, lowest)
