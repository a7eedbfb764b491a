"""How many tokens are read at once, with stand-ins for a base beside a GPU."""

from types import SimpleNamespace

import pytest
import torch

from recycling.model import capacity
from recycling.model.tree import LARGEST

GB = 10**9
LLAMA = {
    "vocab_size": 128_256,
    "num_hidden_layers": 32,
    "hidden_size": 4096,
    "num_attention_heads": 32,
}


def beside(device, weights):
    """A base of the shape of Llama-3.1-8B whose weights take so many bytes."""
    weight = SimpleNamespace(numel=lambda: weights // 2, element_size=lambda: 2)
    config = SimpleNamespace(get_text_config=lambda: SimpleNamespace(**LLAMA))
    model = SimpleNamespace(config=config, dtype=torch.bfloat16, parameters=lambda: [weight])
    return SimpleNamespace(device=torch.device(device), model=model)


def test_a_processor_reads_as_many_as_ever(toy_base):
    assert capacity.nodes(toy_base) == capacity.nodes(beside("cpu", 16 * GB)) == 384


@pytest.mark.parametrize(
    ("memory", "least", "most"),
    [(17, 384, 384), (24, 600, 700), (40, 1900, 2000), (80, LARGEST, LARGEST)],
)
def test_a_gpu_reads_what_a_quarter_of_its_room_holds(monkeypatch, memory, least, most):
    about = SimpleNamespace(total_memory=memory * GB)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: about)
    assert least <= capacity.nodes(beside("cuda", 16 * GB)) <= most


def test_a_gpu_that_the_model_fills_reads_no_fewer_than_a_processor(monkeypatch):
    about = SimpleNamespace(total_memory=15 * GB)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: about)
    assert capacity.nodes(beside("cuda", 16 * GB)) == 384
