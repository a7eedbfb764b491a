"""A seed for each name, the same in every process."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from recycling.ground import seeds


@given(st.integers(0, 2**40), st.lists(st.text(max_size=5), max_size=3))
def test_seed_depends_on_every_name_in_its_place(root, names):
    first = seeds.derive(root, *names)
    assert first == seeds.derive(root, *names)
    assert 0 <= first < 2**63
    assert first != seeds.derive(root + 1, *names)
    assert first != seeds.derive(root, *names, "")


def test_seed_is_the_same_in_every_process():
    assert seeds.derive(7, "replicate", "capital", 0) == 674330815834938917
    assert torch.rand(1, generator=seeds.torch_generator(1, "a")) != torch.rand(
        1, generator=seeds.torch_generator(1, "b")
    )
    assert seeds.numpy_generator(1, "a").random() == seeds.numpy_generator(1, "a").random()
