"""A made-up study with known truths: eleven arms, three tasks, files as the workflow has them.

The base model knows much and answers in sentences; fresh LoRAs answer in format; real adapters
do as well as their twins when the fresh LoRA joins, and better when it does not.
"""

import numpy as np
import pandas as pd

from recycling.plan.study.merging import Arm, Merge, Primary, Statistics
from recycling.plan.work.verdict import paid_work
from recycling.statistics import metrics
from recycling.verdict.summary import Spent

TASKS = ["city_country", "country_german", "past_tense"]


def _arm(pool: str = "none", fresh: bool = False, method: str = "none", **settings: object) -> Arm:
    recipe = "fresh" if fresh else False
    return Arm(pool=pool, fresh=recipe, merge=Merge(method=method), targets=TASKS, **settings)


SCORED = {"select": "evaluation", "k": 4}
TWINS = {**SCORED, "twin": "norm_matched"}
ARMS = {
    "base": _arm(),
    "fresh": _arm(fresh=True),
    "recalibrated": _arm(fresh=True, method="learned"),
    "best_single": _arm("real", select="evaluation", k=1),
    "average": _arm("real", method="average", **SCORED),
    "ties": _arm("real", method="ties", **SCORED),
    "adaptive": _arm("real", method="learned", **SCORED),
    "adaptive_random": _arm("real", method="learned", select="random", k=4),
    "adaptive_with_target": _arm("real", fresh=True, method="learned", **SCORED),
    "twins": _arm("twins", method="learned", **TWINS),
    "twins_with_target": _arm("twins", fresh=True, method="learned", **TWINS),
}
# What decides, of each question one.
STATISTICS = Statistics(
    margin=0.02,
    primary=[
        Primary(arm=arm, reference=reference)
        for arm, reference in (
            ("adaptive", "fresh"),
            ("adaptive_with_target", "fresh"),
            ("adaptive", "twins"),
            ("adaptive_with_target", "twins_with_target"),
            ("adaptive_with_target", "recalibrated"),
        )
    ],
)
PAID = {arm: paid_work(recipe) for arm, recipe in ARMS.items()}
REPLICATES = ["0", "1", "2", "3", "4"]
EXACT = {
    "base": (0.0, 0.0, 0.0),
    "fresh": (0.64, 0.41, 0.64),
    "recalibrated": (0.63, 0.40, 0.62),
    "best_single": (0.55, 0.12, 0.05),
    "average": (0.30, 0.06, 0.02),
    "ties": (0.22, 0.05, 0.02),
    "adaptive": (0.58, 0.22, 0.20),
    "adaptive_random": (0.35, 0.15, 0.20),
    "adaptive_with_target": (0.70, 0.42, 0.64),
    "twins": (0.10, 0.05, 0.08),
    "twins_with_target": (0.66, 0.42, 0.63),
}
CHOICES = ("alpha", "beta", "gamma", "delta")


def predictions(arm: str, task: str, replicate: str, n: int = 96) -> pd.DataFrame:
    """A prediction file; arms share the difficulty of each example, so pairs are correlated."""
    hard = np.random.default_rng([TASKS.index(task), int(replicate)]).random(n)
    own = np.random.default_rng([1, [*ARMS].index(arm), TASKS.index(task), int(replicate)])
    rate = EXACT[arm][TASKS.index(task)]
    knows = 0.7 * hard + 0.3 * own.random(n) < max(rate, 0.5)
    says = 0.7 * hard + 0.3 * own.random(n) < rate * 0.95
    rows = []
    for item in range(n):
        answer = CHOICES[item % 4]
        wrong = CHOICES[(item + 1) % 4]
        said = answer if says[item] else wrong
        nll = 1.0 + own.random()
        rows.append(
            {
                "example": f"{task}-{item:03d}",
                "input": f"item {item}",
                "answers": [answer],
                "choices": list(CHOICES),
                "output": f"The answer is {answer}, I think." if arm == "base" else said,
                "finished": arm != "base" or item % 3 > 0,
                "answer_nll": nll,
                "answer_tokens": 3,
                "choice_nll": [
                    nll + (0 if choice == answer else (1 if knows[item] else -1) * (1 + place))
                    for place, choice in enumerate(CHOICES)
                ],
                "choice_tokens": [3] * 4,
            }
        )
    return pd.DataFrame(rows)


def jobs() -> list[Spent]:
    """Seconds and tokens of the rules behind the arms."""
    found = []
    for task in TASKS:
        for replicate in REPLICATES:
            at = {"task": task, "replicate": replicate}
            found.append(Spent("score_pool", "", **at, seconds=30.0, tokens=40_000))
            found.append(Spent("train_fresh/fresh", "", **at, seconds=35.0, tokens=30_000))
            for arm, settings in ARMS.items():
                learns = settings.merge.method == "learned"
                seconds = 28.0 + 4 * bool(settings.fresh) if learns else 5.0
                tokens = 25_000 if learns else 0
                found.append(Spent("merge_adapters", arm, **at, seconds=seconds, tokens=tokens))
    return found


def curve(arm: str, task: str, replicate: str) -> pd.DataFrame:
    """Losses that fall and then, on the validation rows, rise."""
    rng = np.random.default_rng([2, [*ARMS].index(arm), TASKS.index(task), int(replicate)])
    step = np.arange(0, 101, 10)
    train = (3 + TASKS.index(task)) * np.exp(-step / 25) + 0.1 * rng.random(11)
    valid = train + 0.4 + (step / 100) ** 2 * rng.random() * 1.5
    rows = pd.DataFrame({"step": step, "train_loss": train, "valid_loss": valid})
    rows.loc[0, "train_loss"] = np.nan
    return rows.assign(kept=rows.index == valid.argmin())


def training() -> pd.DataFrame:
    """What validation kept: everywhere the last step, but twice the start of one arm."""
    rows = [
        {
            "arm": arm,
            "task": task,
            "replicate": replicate,
            "steps": 100,
            "kept_step": 0 if arm == "adaptive_with_target" and task == TASKS[0] else 100,
            "start_loss": 2.0,
            "kept_loss": 1.5,
        }
        for arm, settings in ARMS.items()
        if settings.merge.method == "learned"
        for task in TASKS
        for replicate in REPLICATES
    ]
    return pd.DataFrame(rows)


def coefficients(layers: int = 30) -> pd.DataFrame:
    """Learned coefficients of five sources; one has no MLP modules."""
    rng = np.random.default_rng(3)
    kinds = {
        "self_attn": ["q_proj", "k_proj", "v_proj", "o_proj"],
        "mlp": ["gate_proj", "up_proj", "down_proj"],
    }
    rows = []
    for index, source in enumerate(
        [
            "fresh",
            "aster--Tiny-1B-capitals",
            "birch--language-in-french",
            "cedar--plurals-Tiny-1B",
            "dove--Tiny-1B",
        ]
    ):
        for layer in range(layers):
            for block, names in kinds.items():
                for kind in names if not (index == 3 and block == "mlp") else []:
                    value = (0.8 if index == 0 else 0.1) + 0.15 * rng.standard_normal()
                    rows.append(
                        {
                            "source": source,
                            "module": f"model.layers.{layer}.{block}.{kind}",
                            "direction": None,
                            "coefficient": value,
                        }
                    )
    return pd.DataFrame(rows)


def scored(n: int = 96) -> pd.DataFrame:
    """The examples table of the whole study."""
    return pd.concat(
        [
            metrics.score(predictions(arm, task, replicate, n), arm).assign(
                arm=arm, task=task, replicate=replicate
            )
            for arm in ARMS
            for task in TASKS
            for replicate in REPLICATES
        ],
        ignore_index=True,
    )
