"""What a claim is judged by: the answers of a study, and differences of its arms."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from recycling.composition.scenes import Scenes
from recycling.statistics.answers import Answers
from recycling.statistics.estimates import Estimate


@dataclass(frozen=True)
class Finding:
    """A difference of shares: what is compared, the outcome foretold, and the estimate.

    Where it could not show what is claimed, `telling` is false and it stays open.
    """

    scene: str
    measure: str
    compared: str
    foretold: str
    n: int
    replicates: int
    estimate: Estimate
    telling: bool = True


@dataclass(frozen=True)
class Evidence:
    """The scenes, and (scene, measure) -> answers of the arms `library|rule`.

    `failed` are libraries, with their scene, of which an expert misses its gate: they may agree
    with a claim and contradict none, for what they fail at need not be composition.
    """

    scenes: Scenes
    answers: Mapping[tuple[str, str], Answers]
    chance: Mapping[str, float]
    failed: Collection[tuple[str, str]] = ()

    def find(self, setting: str, *bases: str) -> Iterator[str]:
        """The scenes of a setting, on some bases or on any."""
        for name, asked in self.scenes.items():
            if asked.setting == setting and (not bases or asked.base in bases):
                yield name

    def rules(self, scene: str, library: str) -> list[str]:
        """The rules under which a library was asked."""
        arms = [arm.split("|") for arm in self.answers[scene, "chain"].arms]
        return [rule for name, rule in arms if name == library]

    def differ(
        self, scene: str, measure: str, arm: str, reference: str, foretold: str
    ) -> Iterator[Finding]:
        """The paired difference of two arms, if the scene has both."""
        found = self.answers[scene, measure]
        if arm in found.arms and reference in found.arms:
            estimate = found.difference(arm, reference, "share")
            compared = f"{_named(arm)} minus {_named(reference)}"
            libraries = {(scene, name.partition("|")[0]) for name in (arm, reference)}
            telling = libraries.isdisjoint(self.failed)
            sizes = found.n, found.replicates
            yield Finding(scene, measure, compared, foretold, *sizes, estimate, telling)


def _named(arm: str) -> str:
    return ", ".join(arm.split("|"))
