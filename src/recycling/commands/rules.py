"""What vetting expects of adapters where there is no study: by a base model, or by themselves."""

from collections.abc import Mapping, Sequence

from recycling.adapters import peft_files
from recycling.ground.errors import InputError
from recycling.pool.candidate import SAME_WEIGHTS, Rules, is_embedding
from recycling.pool.inspection import Inspection

# Above what any adapter has.
NO_LIMIT = 10**15


def stated_base(inspection: Inspection) -> str:
    """The base as the adapter's config names it, else as its card does; empty where none does."""
    named = inspection.config.get("base_model_name_or_path")
    return named if isinstance(named, str) and named else inspection.listing.base_model


def by_themselves(inspections: Sequence[Inspection]) -> Rules:
    """Any base that they name, with the modules that they change, as wide as they have them.

    Of a module that two have with different widths those of the first count.
    """
    modules: dict[str, tuple[int, int]] = {}
    for inspection in inspections:
        modules = peft_files.own_modules(inspection.tensors) | modules
    names = {stated_base(inspection) for inspection in inspections} - {""}
    return Rules(modules, dict.fromkeys(sorted(names), SAME_WEIGHTS), NO_LIMIT, NO_LIMIT)


def by_base(modules: Mapping[str, tuple[int, int]], names: Sequence[str]) -> Rules:
    """The base with these modules, which goes by these names."""
    return Rules(modules, dict.fromkeys(names, SAME_WEIGHTS), NO_LIMIT, NO_LIMIT)


def widths(base: str) -> dict[str, tuple[int, int]]:
    """Module -> (outputs, inputs) of a base: a model folder or a model of the Hub.

    No weight is read: the model is built without memory. Raises InputError where its config cannot
    be had, and for a model without linear modules.
    """
    import torch
    from httpx2 import HTTPError
    from transformers import AutoConfig, AutoModelForCausalLM

    from recycling.hub import session

    session.bound()
    try:
        config = AutoConfig.from_pretrained(base, trust_remote_code=False)
        with torch.device("meta"):
            model: torch.nn.Module = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
                config, trust_remote_code=False
            )
    except (OSError, ValueError, HTTPError) as error:
        raise InputError(
            "base",
            "--base",
            base,
            "a folder with a model, or the name of one on the Hub",
            f"check path, name and network, for a gated model set HF_TOKEN ({str(error)[:200]})",
        ) from None
    found = {
        name: (module.out_features, module.in_features)
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear)
    }
    if all(map(is_embedding, found)):
        raise InputError(
            "base",
            "--base",
            config.model_type,
            "a model with linear modules, which LoRA changes",
            "choose another base; GPT-2 and its kind keep their weights transposed",
        )
    return found
