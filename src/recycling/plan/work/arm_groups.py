"""The arms that one process merges: they share a task and replicate, the base and the adapters."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from recycling.merging.recipe import MergeRecipe
from recycling.plan.study.merging import Arm, MergingStudy
from recycling.plan.work import merging
from recycling.pool import SELECTORS

RULE = "merge_adapters"
# What a checkpoint tells of an arm: the shard of each adapter of its ranking.
RankedShards = Callable[[str], list[str]]


@dataclass(frozen=True)
class ArmGroup:
    """Arms that one process merges, for each replicate of tasks which all have these arms."""

    rule: str
    """The name of its rule."""
    number: int
    """Which of the processes of a task it is, from 0."""
    tasks: tuple[str, ...]
    arms: tuple[str, ...]

    # files of every arm

    def staying(self, study: MergingStudy) -> list[str]:
        """The files of each merge that stay."""
        return self._each(merging.staying, study)

    def passing(self, study: MergingStudy) -> list[str]:
        """The files of each merge that go when its answers are given."""
        return self._each(merging.passing, study)

    def seconds(self) -> list[str]:
        """What the merge of each arm took."""
        return [merging.merge_seconds(arm, "{task}", "{replicate}") for arm in self.arms]

    def _each(
        self, files: Callable[[MergingStudy, str], list[str]], study: MergingStudy
    ) -> list[str]:
        return [
            f"<results>/merged/{arm}/{{task}}/{{replicate}}/{file}"
            for arm in self.arms
            for file in files(study, arm)
        ]

    # what the arms take

    def drawing(self, study: MergingStudy) -> list[str]:
        """The arms that draw on the pool."""
        return [arm for arm in self.arms if study.arms[arm].draws_on_pool]

    def rankings(self, study: MergingStudy, task: str, replicate: str) -> list[str]:
        """The ranking of each arm that draws on the pool."""
        return [merging.ranking(study, arm, task, replicate).path for arm in self.drawing(study)]

    def shards(self, study: MergingStudy, ranked_shards: RankedShards) -> list[str]:
        """The shards that hold the adapters of some arm."""
        taken = {
            shard
            for arm in self.arms
            for shard in merging.arm_shards(study, arm, partial(ranked_shards, arm))
        }
        return sorted(taken, key=lambda path: int(path.rpartition("/")[2]))

    def joined(self, study: MergingStudy) -> list[str]:
        """The arms that the fresh LoRA joins."""
        return [arm for arm in self.arms if study.arms[arm].fresh]

    def fresh(self, study: MergingStudy, task: str, replicate: str) -> list[str]:
        """The fresh LoRA of each arm that it joins."""
        return [merging.fresh_lora(study, arm, task, replicate) for arm in self.joined(study)]

    def folding(self, study: MergingStudy) -> list[str]:
        """The arms that learn on rows unseen, each as often as it has stand-ins."""
        return [arm for arm in self.arms for _ in range(study.arms[arm].folds)]

    def stand_ins(self, study: MergingStudy, task: str, replicate: str) -> list[str]:
        """The fresh LoRAs that stand in for one another, of these arms."""
        return [
            file for arm in self.arms for file in merging.arm_stand_ins(study, arm, task, replicate)
        ]

    # settings

    def code(self, study: MergingStudy) -> dict[str, str]:
        """Digest of the script and of the merging method of each arm."""
        return {arm: merging.merge_code(study, arm) for arm in self.arms}

    def recipes(self, study: MergingStudy) -> dict[str, MergeRecipe]:
        """How the adapters of each arm become one."""
        return {arm: merging.merge_recipe(study, arm) for arm in self.arms}


def groups(study: MergingStudy) -> list[ArmGroup]:
    """What each rule of merges is for: tasks with the same arms, in processes as large as allowed.

    Only what a rule's outputs are made of may differ from job to job, and that is wildcards. Arms
    that choose by the test rows have a process of their own: no other has an input made from these.
    """
    tasks_of: dict[tuple[str, ...], list[str]] = {}
    for task in study.all_targets:
        tasks_of.setdefault(tuple(merging.worn_arms(study, task)), []).append(task)
    found: list[ArmGroup] = []
    for arms, tasks in tasks_of.items():
        for number, some in enumerate(_processes(study, arms)):
            name = f"{RULE}_{len(found) + 1}" if found else RULE
            found.append(ArmGroup(name, number, tuple(tasks), some))
    return found


def _processes(study: MergingStudy, arms: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The arms of a task as its processes take them."""
    most = study.runtime.arms_per_process or max(1, len(arms))
    for by_test_rows in (False, True):
        of_kind = [arm for arm in arms if _by_test_rows(study.arms[arm]) is by_test_rows]
        for start in range(0, len(of_kind), most):
            yield tuple(of_kind[start : start + most])


def _by_test_rows(arm: Arm) -> bool:
    return arm.select is not None and SELECTORS[arm.select].by_test_rows
