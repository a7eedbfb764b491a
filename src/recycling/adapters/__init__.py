"""LoRA adapters: their files, the algebra of their updates, and what is said about them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Twin:
    """A kind of random counterpart of an adapter: one row."""

    entry: str
    """The function, as `package.module:name`."""
    trained: bool = False
    """It is trained on the labelled rows of the target, with shuffled answers."""


# From what keeps least of an adapter to what keeps most.
TWINS = {
    "label_shuffled": Twin("recycling.adapters.twins:label_shuffled", trained=True),
    "pooled_std": Twin("recycling.adapters.twins:pooled_std"),
    "norm": Twin("recycling.adapters.twins:norm"),
    "spectrum": Twin("recycling.adapters.twins:spectrum"),
    "sign_flipped": Twin("recycling.adapters.twins:sign_flipped"),
    "layer_shuffled": Twin("recycling.adapters.twins:layer_shuffled"),
}
