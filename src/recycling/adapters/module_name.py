"""Where a linear module stands in its model, read off its name."""

import re
from dataclasses import dataclass

_NUMBER = re.compile(r"0|[1-9][0-9]*")


@dataclass(frozen=True)
class ModuleName:
    """The name of a module, taken apart; the examples are of `model.layers.3.self_attn.q_proj`.

    `layer` is the layer's number (3), None for a module outside the numbered layers. `kind` is the
    last part of the name (`q_proj`), which modules of the same role share in all layers.
    """

    name: str
    layer: int | None
    kind: str
    layer_name: str
    """The name up to the layer's number (`model.layers.3`); of a module without, its own."""
    sublayer: str
    """The name without its last part (`model.layers.3.self_attn`)."""
    in_any_layer: str
    """The name with `*` in place of the layer's number (`model.layers.*.self_attn.q_proj`)."""


def parse(name: str) -> ModuleName:
    """Take the name of a module apart.

    The parts lie between dots. The layer is the first part that is a whole number without leading
    zeros. A later number counts something within the layer, such as an expert or a second
    attention, and is a part like any other.
    """
    parts = name.split(".")
    place = next((i for i, part in enumerate(parts) if _NUMBER.fullmatch(part)), None)
    if place is None:
        layer, layer_name, in_any_layer = None, name, name
    else:
        layer = int(parts[place])
        layer_name = ".".join(parts[: place + 1])
        in_any_layer = ".".join([*parts[:place], "*", *parts[place + 1 :]])
    return ModuleName(name, layer, parts[-1], layer_name, ".".join(parts[:-1]), in_any_layer)
