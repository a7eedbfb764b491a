"""Objections to an adapter by the names, types and shapes of its tensors."""

from recycling.ground.foreign_text import shown
from recycling.pool.candidate import EMBEDDINGS, Candidate, Rejection, reject


def embedding(candidate: Candidate) -> Rejection | None:
    """Embeddings or output layer: vocab_resized for another vocabulary, else embedding_lora."""
    for key, entry in sorted(candidate.tensors.items()):
        factor = "lora_" in key
        if not EMBEDDINGS.intersection(key.split(".")) and "lora_embedding_" not in key:
            continue
        if "lora_A" in key or "lora_embedding_B" in key or not entry.shape:
            continue
        size = entry.shape[-1] if "lora_embedding_A" in key else entry.shape[0]
        vocabulary = candidate.rules.vocabulary
        if vocabulary is not None and size != vocabulary:
            return reject("vocab_resized", f"{size} in {shown(key)}", f"{vocabulary}")
        if factor:
            return reject("embedding_lora", key, "LoRA on the linear modules of the body")
    return None


def extra_tensors(candidate: Candidate) -> Rejection | None:
    """Tensors beside A and B: a method that calls itself LoRA but is not."""
    extra = candidate.pairing.extra
    return reject("extra_tensors", extra[0], "only lora_A and lora_B") if extra else None


def keys_unmatched(candidate: Candidate) -> Rejection | None:
    """Names that no linear module of the base has."""
    pairing = candidate.pairing
    if pairing.unmatched:
        return reject("keys_unmatched", pairing.unmatched[0], "modules of the base")
    return None if pairing.pairs else reject("keys_unmatched", "no tensors", "modules of the base")


def unpaired(candidate: Candidate) -> Rejection | None:
    """A without B, or B without A."""
    lonely = candidate.pairing.unpaired
    return reject("unpaired", f"one side of {lonely[0]}", "A and B") if lonely else None


def empty_tensor(candidate: Candidate) -> Rejection | None:
    """A shard that was never gathered, as ZeRO-3 saves it."""
    for key, entry in sorted(candidate.tensors.items()):
        if 0 in entry.shape:
            return reject("empty_tensor", f"{list(entry.shape)} of {key}", "no zero")
    return None


def dtype(candidate: Candidate) -> Rejection | None:
    """Weights that are not plain floats."""
    for key, entry in sorted(candidate.tensors.items()):
        if entry.dtype not in ("F64", "F32", "F16", "BF16"):
            return reject("dtype", f"{entry.dtype} of {key}", "F32, BF16, F16 or F64")
    return None


def shape(candidate: Candidate) -> Rejection | None:
    """Shapes that do not fit the module: A [r, inputs] and B [outputs, r]."""
    for module in candidate.pairing.pairs:
        a, b = candidate.shape(module, "A"), candidate.shape(module, "B")
        outputs, inputs = candidate.rules.body[module]
        if len(a) != 2 or len(b) != 2 or a[1] != inputs or b[0] != outputs:
            return reject("shape", f"{a}, {b} of {module}", f"(r, {inputs}), ({outputs}, r)")
    return None


def scale_unknown(candidate: Candidate) -> Rejection | None:
    """alpha or r is missing or no positive number."""
    for module in candidate.pairing.pairs:
        if candidate.scaling.factor(module) is None:
            found = {key: candidate.config.get(key) for key in ("r", "lora_alpha")}
            return reject("scale_unknown", f"{found} for {module}", "positive r and lora_alpha")
    return None


def rank_mismatch(candidate: Candidate) -> Rejection | None:
    """The rank of the tensors is not that of the config, so the scale is in doubt."""
    for module in candidate.pairing.pairs:
        ranks = (candidate.shape(module, "A")[0], candidate.shape(module, "B")[1])
        rank = candidate.scaling.rank(module)
        if ranks != (rank, rank):
            return reject("rank_mismatch", f"{ranks} in A, B of {module}", f"r = {rank}")
    return None


def rank_limit(candidate: Candidate) -> Rejection | None:
    """The rank is above the cap."""
    rank = max(candidate.shape(module, "A")[0] for module in candidate.pairing.pairs)
    limit = candidate.rules.max_rank
    return reject("rank_limit", rank, f"at most {limit}") if rank > limit else None
