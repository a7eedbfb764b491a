"""Objections to a repository by its listing and its config, one function for each reason."""

from recycling.adapters.peft_files import AdapterFileError
from recycling.pool import config_keys, newer_peft
from recycling.pool.candidate import Candidate, Rejection, code, reject
from recycling.pool.config_keys import VARIANTS
from recycling.pool.inspection import CONFIG, WEIGHTS


def hub_problem(candidate: Candidate) -> Rejection | None:
    """The hub could not list it: gone, no_revision, outside_hub, repo_name, too_large ..."""
    listing = candidate.listing
    return Rejection(listing.problem, listing.detail) if listing.problem else None


def denylist(candidate: Candidate) -> Rejection | None:
    """The repository or its owner is not wanted."""
    names = {candidate.listing.repo, candidate.listing.owner} & candidate.rules.denylist
    return reject("denylist", min(names), "nothing of the deny list") if names else None


def licence(candidate: Candidate) -> Rejection | None:
    """The licence is not among those that the study takes."""
    expected = candidate.rules.licences.objection(candidate.listing.licence)
    return reject("licence", candidate.listing.licence or "none", expected) if expected else None


def target_related(candidate: Candidate) -> Rejection | None:
    """Named after a target task or its data set, where the study excludes such adapters."""
    if not (candidate.rules.exclude_target_related and candidate.related):
        return None
    return reject("target_related", candidate.related, "nothing of the targets")


def subfolder_only(candidate: Candidate) -> Rejection | None:
    """Adapters lie in subfolders, none at the root."""
    files = candidate.listing.files
    nested = [name for name in files if name.endswith(f"/{CONFIG}")]
    if CONFIG in files or not nested:
        return None
    return reject("subfolder_only", nested[0], f"{CONFIG} at the root")


def no_config(candidate: Candidate) -> Rejection | None:
    """No adapter at all, such as a whole model."""
    if CONFIG in candidate.listing.files:
        return None
    return reject("no_config", f"{len(candidate.listing.files)} other files", CONFIG)


def mlx_files(candidate: Candidate) -> Rejection | None:
    """Weights as MLX saves them, which are no PEFT files: the reason `mlx`."""
    files = {"adapters.safetensors", "adapters.npz"} & set(candidate.listing.files)
    return None if WEIGHTS in candidate.listing.files or not files else mlx(min(files))


def no_safetensors(candidate: Candidate) -> Rejection | None:
    """Weights as a pickle or none; a pickle is never opened."""
    files = candidate.listing.files
    if WEIGHTS in files:
        return None
    pickles = [name for name in files if name.endswith((".bin", ".pt", ".pth", ".ckpt"))]
    return reject("no_safetensors", pickles[0] if pickles else "no weights", WEIGHTS)


def new_embeddings(candidate: Candidate) -> Rejection | None:
    """New tokens were trained and stored beside the adapter."""
    if "new_embeddings.safetensors" not in candidate.listing.files:
        return None
    return reject("vocab_resized", "new_embeddings.safetensors", "the vocabulary of the base")


def too_large(candidate: Candidate) -> Rejection | None:
    """The weights file is above the cap."""
    size, limit = candidate.listing.files[WEIGHTS] or 0, candidate.rules.max_bytes
    return reject("too_large", f"{size} bytes", f"at most {limit}") if size > limit else None


def unread(candidate: Candidate) -> Rejection | None:
    """Config or header could not be read: unreadable_config, unreadable_header, truncated ..."""
    inspection = candidate.inspection
    return Rejection(inspection.problem, inspection.detail) if inspection.problem else None


def mlx_layout(candidate: Candidate) -> Rejection | None:
    """Config or tensors as MLX writes them, under the names of PEFT's files: the reason `mlx`."""
    if "peft_type" not in candidate.config:
        for key in ("lora_parameters", "fine_tune_type"):
            if key in candidate.config:
                return mlx({key: candidate.config[key]})
    found = [key for key in sorted(candidate.tensors) if key.endswith((".lora_a", ".lora_b"))]
    return mlx(found[0]) if found else None


def mlx(found: object) -> Rejection:
    """An adapter of MLX, with other tensors and another scale."""
    return reject("mlx", found, "an adapter of PEFT, so convert it")


def peft_type(candidate: Candidate) -> Rejection | None:
    """Another method than LoRA."""
    kind = candidate.config.get("peft_type")
    return None if kind == "LORA" else reject(f"variant:{code(kind).lower()}", kind, "LORA")


def base(candidate: Candidate) -> Rejection | None:
    """Trained on another base (base_mismatch) or on one that nobody names (base_unknown)."""
    if candidate.base is not None:
        return None
    named = candidate.config.get("base_model_name_or_path")
    expected = f"one of {sorted(candidate.rules.aliases)}"
    if candidate.named_base.repository and not candidate.named_base.folder:
        return reject("base_mismatch", named, expected)
    return reject("base_unknown", (named, candidate.listing.base_model), expected)


def task_type(candidate: Candidate) -> Rejection | None:
    """A classifier, reward or embedding model; an absent task type is a flag."""
    kind = candidate.config.get("task_type")
    return None if kind in (None, "CAUSAL_LM") else reject("task_type", kind, "CAUSAL_LM")


# Which biases of the base were trained. A base without any, such as Llama, leaves none to save, so
# the file says whether there are some.
BIASES = ("none", "lora_only", "all")


def variant(candidate: Candidate) -> Rejection | None:
    """An update that is not scale * B A, by config or by a tensor that only it has."""
    config = candidate.config
    for key, name in VARIANTS.items():
        if config.get(key):
            return reject(f"variant:{name}", {key: config[key]}, "plain LoRA")
    if config.get("bias") not in (None, *BIASES):
        return reject("variant:bias", {"bias": config["bias"]}, "plain LoRA")
    for key in candidate.tensors:
        if "lora_magnitude_vector" in key:
            return reject("variant:dora", key, "plain LoRA")
        if key.endswith(("lora_A.bias", "lora_B.bias")):
            return reject("variant:lora_bias", key, "plain LoRA")
        if key.endswith(".bias"):
            return reject("variant:bias", key, "plain LoRA")
    return None


# Starts that leave the weights of the base as they are; all others subtract from them.
HARMLESS_STARTS = ("gaussian", "eva", "orthogonal", "mica")


def mutated_base(candidate: Candidate) -> Rejection | None:
    """PiSSA, OLoRA, CorDA, LoftQ, LoRA-GA: the update belongs to a changed base."""
    config = candidate.config
    start = config.get("init_lora_weights")
    if not (start is None or isinstance(start, bool) or start in HARMLESS_STARTS):
        return reject("mutated_base", start, "a start that keeps the base")
    for key in ("loftq_config", "corda_config", "lora_ga_config"):
        if config.get(key):
            return reject("mutated_base", {key: config[key]}, "a start that keeps the base")
    return None


def modules_to_save(candidate: Candidate) -> Rejection | None:
    """Whole modules were trained beside the LoRA."""
    named = candidate.config.get("modules_to_save")
    keys = [key for key in candidate.tensors if ".modules_to_save." in key]
    if not named and not keys:
        return None
    return reject("modules_to_save", named or keys[0], "LoRA factors only")


def unknown_config(candidate: Candidate) -> Rejection | None:
    """A key that may change the update in a way that is not known here.

    See `config_keys` and `newer_peft`.
    """
    rules = candidate.rules
    defaults = newer_peft.keys_at_default(candidate.config, rules.newer_defaults)
    for key in config_keys.suspects(candidate.config, rules.harmless_keys | defaults):
        found = {key: candidate.config[key]}
        return reject(f"unknown_config:{code(key)}", found, "keys of PEFT 0.21")
    return None


def unreadable_config(candidate: Candidate) -> Rejection | None:
    """rsLoRA that is neither true nor false, or patterns that cannot be used."""
    switch = candidate.config.get("use_rslora")
    if not (switch is None or isinstance(switch, bool)):
        return reject("unreadable_config", {"use_rslora": switch}, "true or false")
    try:
        _ = candidate.scaling
    except AdapterFileError as error:
        return Rejection(error.reason, error.detail)
    return None
