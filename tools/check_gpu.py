"""Check on a GPU what was written without one: equal to the processor, and how fast.

    python tools/check_gpu.py results/smollm2/base/model

reads the base in a folder on the processor and on the GPU, both in float32, and compares what they
answer with a random adapter and how a LoRA is trained. Then it runs the base in bfloat16 on the GPU
and says how many tokens a second it scores, answers and trains, each as a share of the peak: what
the GPU reaches in one large product of matrices. A token takes 2 operations for each weight of the
linear modules and the output layer forward, and 2 more backward, because only the LoRA learns.
Exits with 1 where the two differ.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from recycling import tasks
from recycling.adapters.canonical import Adapter, Factors
from recycling.model import gradients, lora
from recycling.model.base import Base, load
from recycling.model.recipe import Recipe
from recycling.model.scoring import predict
from recycling.tasks.record import Task

# Log-likelihoods and losses in nats a token, gains in nats for an update of norm 1. A GPU takes its
# sums in another order.
TOLERANCE = 1e-3
RANK, CAP, STEPS = 16, 8, 4


def random_adapter(base: Base) -> Adapter:
    """An adapter of every module that moves what the base says, but leaves it a language model."""
    generator = torch.Generator().manual_seed(0)
    factors = {}
    for name, linear in base.linears.items():
        a = torch.randn(RANK, linear.in_features, generator=generator)
        b = torch.randn(linear.out_features, RANK, generator=generator)
        size = 0.1 * linear.weight.detach().float().norm().cpu() / (b @ a).norm()
        factors[name] = Factors(a, size * b)
    return Adapter("random", factors)


def differences(base: Base, other: Base, task: Task, adapter: Adapter) -> dict[str, float]:
    """Largest difference of a log-likelihood, a loss and a gain, and how many answers differ."""
    answered, losses, gains = [], [], []
    for one in (base, other):
        with one.wearing(adapter):
            answered.append(predict(one, task.instruction, task.examples, CAP, choices=False))
        rows = task.examples
        recipe = Recipe(STEPS, 1e-3)
        _, fit = lora.train(one, task.instruction, rows, rows[:8], recipe, 0, rank=RANK, alpha=RANK)
        losses.append([point.valid_loss for point in fit.curve])
        gradient = gradients.weight_gradient(one, task.instruction, rows)
        gains.append(gradients.first_order_gain(adapter, gradient))
    pairs = list(zip(*answered, strict=True))
    return {
        "log-likelihood": max(abs(a.answer_nll - b.answer_nll) / a.answer_tokens for a, b in pairs),
        "loss": max(abs(a - b) for a, b in zip(*losses, strict=True)),
        "gain by the gradient": abs(gains[0] - gains[1]),
        "answers": sum(a.output != b.output for a, b in pairs),
    }


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """What `work` takes, after once to warm up."""
    work()
    _settle(device)
    started = time.perf_counter()
    work()
    _settle(device)
    return time.perf_counter() - started


def _settle(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def peak(device: torch.device, size: int) -> float:
    """Operations a second of one product of square matrices in bfloat16."""
    square = torch.randn(size, size, device=device, dtype=torch.bfloat16)
    return 2 * size**3 / seconds(lambda: square @ square, device)


def speeds(base: Base, task: Task, adapter: Adapter, size: int) -> dict[str, tuple[float, float]]:
    """Work -> tokens a second, and the share of the peak."""
    weights = sum(linear.weight.numel() for linear in base.linears.values())
    weights += base.output_layer.weight.numel()  # type: ignore[union-attr, operator]
    best = peak(base.device, size)

    def score(cap: int) -> Callable[[], object]:
        def scored() -> None:
            with base.wearing(adapter):
                predict(base, task.instruction, task.examples, cap, choices=False)

        return scored

    def train() -> None:
        recipe = Recipe(STEPS, 1e-3)
        lora.train(base, task.instruction, task.examples, [], recipe, 0, rank=RANK, alpha=RANK)

    found = {}
    for name, work, operations in (
        ("score", score(0), 2),
        ("answer", score(CAP), 2),
        ("train", train, 4),
    ):
        took, before = seconds(work, base.device), base.tokens_read
        work()
        rate = (base.tokens_read - before) / took
        found[name] = (rate, operations * weights * rate / best)
    return found


def main(folder: Path, device: str = "cuda", size: int = 8192) -> int:
    """0 where the device answers as the processor does, else 1."""
    task = tasks.load("city_continent", "builtin")
    task = Task(task.name, task.instruction, task.examples[:48])
    exact = load(folder, "cpu", "float32")
    adapter = random_adapter(exact)
    found = differences(exact, load(folder, device, "float32"), task, adapter)
    equal = found["answers"] == 0 and max(found.values()) < TOLERANCE
    print(f"{found.pop('answers')} of {len(task.examples)} answers differ")
    for name, value in found.items():
        print(f"{name}: {value:.2g} nats apart at most, {TOLERANCE} are allowed")
    fast = speeds(load(folder, device, "bfloat16"), task, adapter, size)
    for name, (rate, share) in fast.items():
        print(f"{name}: {rate:,.0f} tokens a second, {share:.1%} of the peak")
    print("equal" if equal else "NOT EQUAL")
    return 0 if equal else 1


if __name__ == "__main__":
    if not torch.cuda.is_available():
        sys.exit("torch finds no GPU here (torch.cuda.is_available() is False)")
    sys.exit(main(Path(sys.argv[1])))
