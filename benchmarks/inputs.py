"""The base, the rows and the trained adapter that several benchmarks share."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from recycling.adapters import peft_folder
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground import seeds
from recycling.ground.tables import read_json
from recycling.model import base as bases
from recycling.model import lora
from recycling.model.base import Base
from recycling.model.recipe import Recipe
from recycling.tasks import builtin, splits
from recycling.tasks.record import Example

SEED = 20260212


@dataclass(frozen=True)
class Sizes:
    """How large the work is."""

    rows: int
    shown: int
    cap: int
    experts: tuple[int, ...]
    rank: int
    steps: int
    modules: dict[str, tuple[int, int]]
    small_module: str
    merged: int
    ranks: tuple[int, ...]
    square: int
    pool: int
    tasks: int
    draws: int
    turns: int
    growth: dict[str, tuple[int, ...]]


# The linear modules `(out, in)` of a layer of Llama-3.1-8B.
LLAMA_8B = {
    "self_attn.q_proj": (4096, 4096),
    "self_attn.k_proj": (1024, 4096),
    "self_attn.v_proj": (1024, 4096),
    "self_attn.o_proj": (4096, 4096),
    "mlp.gate_proj": (14336, 4096),
    "mlp.up_proj": (14336, 4096),
    "mlp.down_proj": (4096, 14336),
}
FULL = Sizes(
    rows=100,
    shown=23,
    cap=8,
    experts=(5, 30),
    rank=16,
    steps=20,
    modules=LLAMA_8B,
    small_module="self_attn.k_proj",
    merged=30,
    ranks=(16, 64),
    square=4096,
    pool=1000,
    tasks=62,
    draws=10_000,
    turns=3,
    growth={
        "adapters": (1, 2, 4, 8, 16),
        "rank": (8, 16, 32, 64),
        "rows": (25, 50, 100),
        "shown rows": (0, 5, 20, 40),
        "pool": (125, 250, 500, 1000),
    },
)
# For a test: everything runs once, on a model of two layers.
QUICK = Sizes(
    rows=6,
    shown=2,
    cap=3,
    experts=(2,),
    rank=2,
    steps=2,
    modules={"q_proj": (24, 20), "k_proj": (12, 20)},
    small_module="k_proj",
    merged=3,
    ranks=(2,),
    square=24,
    pool=12,
    tasks=3,
    draws=2000,
    turns=1,
    growth={
        "adapters": (1, 2),
        "rank": (1, 2),
        "rows": (2, 4),
        "shown rows": (0, 1),
        "pool": (4, 8),
    },
)


@dataclass(frozen=True)
class Inputs:
    """`folder` holds the base as `fetch_base` saved it; what is made goes below `scratch`."""

    folder: Path
    scratch: Path
    sizes: Sizes

    def load(self, dtype: str) -> Base:
        """The base, loaded anew, since some rivals change the model."""
        return bases.load(self.folder, "cpu", dtype)

    @cached_property
    def dtype(self) -> str:
        """The number format that the study found to be fastest; float32 without a study."""
        found = self.folder.parent / "runtime.json"
        return str(read_json(found)["dtype"]) if found.is_file() else "float32"

    @property
    def rounding(self) -> float:
        """How far two losses may be apart, as a share of them; without the adapter they are
        several times as large.
        """
        return 0.1 if self.dtype == "bfloat16" else 1e-4

    @cached_property
    def rows(self) -> splits.Splits:
        """Rows of the built-in task past_tense, which the default study has as a target."""
        task = builtin.load("past_tense")
        return splits.split(
            task, seed=SEED, replicate=0, train=80, valid=20, test=self.sizes.rows, candidates=3
        )

    @cached_property
    def instruction(self) -> str:
        """What the task asks for."""
        return builtin.BUILTIN["past_tense"].instruction

    def shown(self, count: int) -> list[Example]:
        """The first labelled rows, to be shown in prompts."""
        return self.rows.train[:count]

    @cached_property
    def adapter(self) -> Path:
        """A PEFT folder with a LoRA that was trained on the labelled rows."""
        folder = self.scratch / "adapter"
        if not (folder / "adapter_model.safetensors").is_file():
            base = self.load("float32")
            recipe = Recipe(self.sizes.steps, 0.002, evaluate_every=self.sizes.steps)
            rank = self.sizes.rank
            factors, _ = lora.train(
                base,
                self.instruction,
                self.rows.train,
                self.rows.valid,
                recipe,
                SEED,
                rank=rank,
                alpha=rank,
            )
            # As others save them: the path of the model, not this project's name for it.
            peft_folder.write_peft(Adapter("bench", factors), folder, str(self.folder), alpha=rank)
        return folder

    def experts(self, base: Base, count: int) -> list[Adapter]:
        """Random adapters for every linear module of a base."""
        found = []
        for number in range(count):
            modules = {}
            for module, linear in base.linears.items():
                shape = (linear.out_features, linear.in_features)
                modules[module] = random_factors(self.sizes.rank, shape, number, module)
            found.append(Adapter(f"expert-{number}", modules))
        return found


def random_factors(rank: int, shape: tuple[int, int], *purpose: str | int) -> Factors:
    """Factors of a random update `[out, in]`, about as small as those of a short training."""
    import torch

    generator = seeds.torch_generator(SEED, "factors", *purpose)
    out, width = shape
    a = torch.randn(rank, width, generator=generator) * 0.03
    return Factors(a, torch.randn(out, rank, generator=generator) * 0.01)
