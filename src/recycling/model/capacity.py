"""How many tokens a base reads at once: more where a GPU has room for them."""

import torch

from recycling.model.base import Base
from recycling.model.tree import LARGEST

# On a processor: attention costs the square of a tree's tokens, so larger trees cost more than the
# sharing of the instruction saves. docs/performance.md has what was compared.
NODES = 384
FLOAT32 = 4


def nodes(base: Base) -> int:
    """Tokens of a tree of prompts and answers, at most `LARGEST`.

    On a GPU a pass of few tokens spends its time on fetching the weights. So it reads as many as
    fit into a quarter of the memory that the model leaves of the whole GPU, which is the same from
    run to run. A token is counted with what it may need at most: its logits in float32 three times,
    and for each layer its keys, values and two states, and a row of the largest mask.
    """
    if base.device.type != "cuda":
        return NODES
    whole = torch.cuda.get_device_properties(base.device).total_memory
    held = sum(side.numel() * side.element_size() for side in base.model.parameters())
    about = base.model.config.get_text_config()
    logits = 3 * FLOAT32 * about.vocab_size
    states = 4 * base.model.dtype.itemsize * about.num_hidden_layers * about.hidden_size
    masks = FLOAT32 * about.num_attention_heads * LARGEST
    return max(NODES, min(LARGEST, int(whole - held) // 4 // int(logits + states + masks)))
