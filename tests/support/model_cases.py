"""Random adapters and labelled rows for a toy base."""

from itertools import cycle

import pytest
import torch
from transformers import LlamaForCausalLM

from recycling.adapters.canonical import Adapter, Factors
from recycling.merging.problem import Problem
from recycling.model.base import Base
from recycling.model.conduct import Conduct
from recycling.model.training import loss
from recycling.tasks.record import Example

OURS = Conduct()
INSTRUCTION = "Say the next word."


def example(number, text, answer, choices=()):
    return Example(str(number), text, (answer,), tuple(choices))


ROWS = [
    example(0, "one", "two", ["two", "six", "t"]),
    example(1, "two", "three", ["nine", "three"]),
    example(2, "three", "four", ["four", "five", "fourteen"]),
    example(3, "seven", "8", ["8", "9"]),
    example(4, "größer", "am größten", ["groß", "am größten"]),
    example(5, "twenty", "twenty one", ["twenty one", "twenty two"]),
]
TRAIN, VALID = ROWS[:4], ROWS[4:]


def factors(rank, out, width, seed, scale=0.2, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    a = torch.randn(rank, width, generator=generator, dtype=dtype)
    b = torch.randn(out, rank, generator=generator, dtype=dtype)
    return Factors(a * scale, b * scale)


def adapter(base, name, seed, *, ranks=(2,), without=(), dtype=torch.float32):
    """Random factors in every linear module but `without`, with `ranks` taken in turn."""
    chosen = [m for m in base.linears if not any(part in m for part in without)]
    modules = {}
    for number, (module, rank) in enumerate(zip(chosen, cycle(ranks), strict=False)):
        linear = base.linears[module]
        modules[module] = factors(
            rank, linear.out_features, linear.in_features, 1000 * seed + number, dtype=dtype
        )
    return Adapter(name, modules)


def mixed_pool(base, dtype=torch.float32):
    """A fresh LoRA and two others with mixed ranks; each of these lacks some modules."""
    return [
        adapter(base, "fresh", 1, ranks=(2,), dtype=dtype),
        adapter(base, "one", 2, ranks=(1, 3), without=("mlp",), dtype=dtype),
        adapter(base, "two", 3, ranks=(2, 1), without=("layers.0", "v_proj"), dtype=dtype),
    ]


def problem(adapters, base=None, *, fresh=False, train=TRAIN, valid=VALID, seed=1, conduct=OURS):
    return Problem(adapters, fresh, INSTRUCTION, train, valid, seed, lambda: base, conduct)


def same(modules, others):
    """Both have the same modules, and the same factors in each, bit by bit."""
    assert set(modules) == set(others)
    for module, factors in modules.items():
        assert torch.equal(factors.a, others[module].a)
        assert torch.equal(factors.b, others[module].b)


def logits(model, tokens):
    with torch.inference_mode():
        return model(input_ids=torch.tensor([tokens])).logits[0].float()


class Precise(Base):
    """A base whose logits stay in float64."""

    def logits(self, states):
        return self.model.get_output_embeddings()(states)


def precise(folder, tokenizer):
    """The base in float64 throughout; its own norms round to float32."""
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float64)
    for parent in list(model.modules()):
        for name, norm in list(parent.named_children()):
            if name.endswith("norm"):
                exact = torch.nn.RMSNorm(norm.weight.shape, norm.variance_epsilon).double()
                exact.load_state_dict(norm.state_dict())
                setattr(parent, name, exact)
    return Precise(model, tokenizer)


def against_differences(checked):
    """A training loop that checks the gradient instead, and then interrupts the method.

    Along a random direction of all parameters, against central differences; `checked` takes up the
    number of parameters.
    """

    def check(base, parameters, instruction, train, valid, recipe, generator, *_):
        directions = [torch.randn(p.shape, generator=generator) for p in parameters]

        def moved(step):
            with torch.no_grad():
                for parameter, direction in zip(parameters, directions, strict=True):
                    parameter += step * direction
                value = loss(base, instruction, train).item()
                for parameter, direction in zip(parameters, directions, strict=True):
                    parameter -= step * direction
            return value

        loss(base, instruction, train).backward()
        slope = sum((p.grad * d).sum().item() for p, d in zip(parameters, directions, strict=True))
        assert slope == pytest.approx((moved(1e-5) - moved(-1e-5)) / 2e-5, rel=1e-5)
        assert abs(slope) > 1e-4
        checked.append(len(parameters))
        raise InterruptedError

    return check
