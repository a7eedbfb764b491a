"""The blocks and histograms of the rule of TIES give what its definition gives, bit by bit."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recycling.merging import election

FORMATS = (torch.float64, torch.float32, torch.bfloat16, torch.float16)


def defined(matrices, density):
    """The rule as the paper says it, on whole matrices."""
    trimmed = []
    for matrix in matrices:
        order = matrix.abs().flatten().sort(descending=True, stable=True).indices
        kept = order[: round(density * matrix.numel())]
        flat = torch.zeros_like(matrix).flatten()
        flat[kept] = matrix.flatten()[kept]
        trimmed.append(flat.view(matrix.shape))
    total = sum(trimmed)
    above = sum(part.clamp(min=0) for part in trimmed)
    below = sum(part.clamp(max=0) for part in trimmed)
    voters = [sum((sign * part > 0).short() for part in trimmed) for sign in (1, -1)]
    mean = torch.where(total > 0, above / voters[0].clamp(min=1), below / voters[1].clamp(min=1))
    return mean.masked_fill(total == 0, 0)


@given(
    st.integers(0, 10**6),
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.93, 1.0]),
    st.sampled_from(FORMATS),
    st.sampled_from([1, 7, 2**18]),
    st.booleans(),
)
def test_it_is_the_rule(seed, rows, columns, density, kind, block, coarse):
    generator = torch.Generator().manual_seed(seed)
    matrices = [3 * torch.randn(rows, columns, generator=generator) for _ in range(3)]
    matrices = [(matrix.round() if coarse else matrix).to(kind) for matrix in matrices]
    before = [matrix.clone() for matrix in matrices]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(election, "BLOCK", block)
        found = election.elected(iter(matrices), density)
    assert found.dtype == kind
    assert torch.equal(found, defined(matrices, density))
    assert all(map(torch.equal, matrices, before))


def test_zeros_are_the_smallest_and_may_be_kept():
    matrix = torch.tensor([[0.0, -0.0, 2.0], [0.0, 1.0, 0.0]])
    assert torch.equal(election.elected([matrix], 5 / 6), matrix)
    assert torch.equal(election.elected([torch.zeros(2, 2)], 0.5), torch.zeros(2, 2))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("density", [0.001, 0.2, 0.999])
def test_a_sample_of_a_large_matrix_only_says_where_to_look(kind, density):
    generator = torch.Generator().manual_seed(7)
    matrices = [torch.randn(300, 400, generator=generator).to(kind) for _ in range(2)]
    assert torch.equal(election.elected(matrices, density), defined(matrices, density))


def test_a_sample_that_misleads_changes_nothing():
    """The sample falls into one column, which is unlike all others."""
    matrix = torch.randn(400, election.SAMPLED, generator=torch.Generator().manual_seed(8))
    matrix[:, 0] *= 1000
    assert torch.equal(election.elected([matrix], 0.2), defined([matrix], 0.2))
    matrix[:, 0] = 0
    assert torch.equal(election.elected([matrix], 0.2), defined([matrix], 0.2))


def test_a_matrix_that_is_a_view_is_read_in_its_own_order():
    matrix = torch.randn(70, 50, generator=torch.Generator().manual_seed(9)).round().T
    assert torch.equal(election.elected([matrix], 0.3), defined([matrix], 0.3))
