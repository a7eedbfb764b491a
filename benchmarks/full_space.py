"""`ties` and `dare` on dense updates of one square module, against the rule on a dense stack."""

from collections.abc import Callable, Iterator
from functools import partial

import torch

from benchmarks.case import OURS, Case, Rival, Run
from benchmarks.inputs import SEED, Inputs, random_factors
from recycling.adapters.canonical import Adapter
from recycling.merging.election import elected
from recycling.merging.problem import Merged, Problem
from recycling.merging.static import dare
from recycling.merging.ties import ties

# A share of which PEFT, which rounds down, keeps as many entries as we do.
DENSITY = 0.25


def cases(inputs: Inputs) -> Iterator[Case]:
    """The two whole merges, and the rule of TIES alone beside PEFT's on a smaller module."""
    sizes = inputs.sizes
    shape = (sizes.square, sizes.square)
    where = f"{sizes.square} x {sizes.square}, k = {sizes.merged}, r = {sizes.rank}"
    for method in (ties, dare):
        rivals = {OURS: Rival(partial(_merge, inputs, shape, method))}
        yield Case(f"{method.__name__} in full space, {where}", rivals, _difference, 0.0)
    out, width = sizes.modules[sizes.small_module]
    rivals = {
        OURS: Rival(partial(_elected, inputs, (out, width))),
        "PEFT's rule, dense stack": Rival(partial(_stacked, inputs, (out, width))),
    }
    work = f"rule of TIES, {out} x {width}, k = {sizes.merged}, r = {sizes.rank}"
    # Where sums are nearly zero, rounding elects another sign.
    yield Case(work, rivals, _difference, 1e-3)


def _merge(inputs: Inputs, shape: tuple[int, int], method: Callable[[Problem], Merged]) -> Run:
    problem = _problem(inputs, shape)
    return lambda: method(problem)


def _problem(inputs: Inputs, shape: tuple[int, int]) -> Problem:
    sizes = inputs.sizes
    pool = [
        Adapter(f"a{number}", {"module": random_factors(sizes.rank, shape, number)})
        for number in range(sizes.merged)
    ]
    return Problem(pool, False, "", [], [], SEED)


def _elected(inputs: Inputs, shape: tuple[int, int]) -> Run:
    present = [factors for _, factors in _problem(inputs, shape).present("module")]
    return lambda: elected((factors.delta() for factors in present), DENSITY)


def _stacked(inputs: Inputs, shape: tuple[int, int]) -> Run:
    from peft.utils.merge_utils import ties as rule

    present = [factors for _, factors in _problem(inputs, shape).present("module")]
    weights = torch.ones(len(present))
    return lambda: rule([factors.delta() for factors in present], weights, DENSITY)


def _difference(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return float((ours - theirs).norm() / ours.norm())
