"""Which two arms may be compared: what each of them is, and the keys in which they may differ.

Two arms that differ in one thing show what this thing does. Two whole recipes show which arm a user
should take, and not why. Every comparison says which of the two it is. A study that names arms for
a comparison which differ in anything else is refused when it is read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from recycling.merging import METHODS
from recycling.plan.study.merging import Arm
from recycling.pool import SELECTORS

Arms = Mapping[str, Arm]
# A key of two arms -> the value of each.
Differences = dict[str, tuple[object, object]]

# All keys of an arm but for `twin`, which is a part of what `pool` says here.
ANY = tuple(key for key in Arm.model_fields if key not in ("targets", "twin"))
# What it takes from the pool: an arm without a pool differs from one with a pool in all of these.
DRAWN = ("pool", "select", "among", "kin", "worsened", "k")


def role(arm: Arm) -> str:
    """What an arm stands for.

    `base`; `in_context`, the base shown labelled rows; `calibrated`, its likelihoods corrected by
    them; `fresh`, by the default recipe; `variant`, by another; `recalibrated`, a fresh LoRA with
    coefficients; `recycled` or `twins`, adapters of the pool; `oracle`, adapters of it that were
    chosen by the test rows. A method that takes only the shapes of adapters learns from no pool.
    """
    if arm.select is not None and SELECTORS[arm.select].by_test_rows:
        return "oracle"
    if _takes_shapes_alone(arm):
        return "recalibrated" if arm.fresh else "variant"
    if arm.draws_on_pool:
        return "recycled" if arm.pool == "real" else "twins"
    if not arm.fresh:
        bare = "calibrated" if arm.calibrated else "base"
        return "in_context" if arm.demonstrations else bare
    if arm.merge.method != "none":
        return "recalibrated"
    return "fresh" if arm.fresh == "fresh" else "variant"


def _takes_shapes_alone(arm: Arm) -> bool:
    """Whether its method takes nothing of the adapters but their modules and ranks."""
    return any(
        arm.merge.options.get(option) in values
        for option, values in METHODS[arm.merge.method].shapes_alone.items()
    )


def keys(arm: Arm) -> dict[str, object]:
    """Key -> its value, for each option of `merge` too; `targets` are where an arm is run."""
    found = arm.model_dump(include={*ANY})
    merge = found.pop("merge")
    found["pool"] = f"twins by {arm.twin}" if arm.twin else arm.pool
    return found | {f"merge.{option}": value for option, value in merge.items()}


def differences(arm: Arm, other: Arm) -> Differences:
    """The keys in which two arms differ, with both values; None where one has no such key."""
    mine, its = keys(arm), keys(other)
    return {
        key: (mine.get(key), its.get(key))
        for key in {**mine, **its}
        if mine.get(key) != its.get(key)
    }


@dataclass(frozen=True)
class Kind:
    """Arms by what they are.

    `roles` are theirs, or any; `joined` says whether the fresh LoRA joins them, or either; `having`
    has keys and the values that they may have.
    """

    roles: tuple[str, ...] = ()
    joined: bool | None = None
    having: Mapping[str, tuple[object, ...]] = field(default_factory=dict)

    def holds(self, arm: Arm) -> bool:
        """Whether an arm is of this kind."""
        if self.roles and role(arm) not in self.roles:
            return False
        if self.joined not in (None, bool(arm.fresh)):
            return False
        found = keys(arm) if self.having else {}
        return all(found.get(key) in values for key, values in self.having.items())


@dataclass(frozen=True)
class Pairing:
    """A kind of arm minus a kind of reference. They may differ in `turns`, all at once or one."""

    arm: Kind
    reference: Kind
    turns: tuple[str, ...] = ANY
    one: bool = False

    @property
    def whole(self) -> bool:
        """Whether whole recipes are compared: both the adapters and their merge may differ."""
        return {"pool", "merge"} <= {*self.turns}

    @property
    def wording(self) -> str:
        """What the two differ in, as a page says it."""
        if self.whole:
            return "the whole recipe"
        if self.turns == DRAWN:
            return "the pool's adapters alone"
        turned = [f"`{key}`" for key in self.turns]
        if self.one:
            return f"one key of {' or '.join(turned)}"
        return (
            " and ".join([", ".join(turned[:-1]), turned[-1]] if turned[1:] else turned) + " alone"
        )

    def of_kinds(self, arm: Arm, reference: Arm) -> bool:
        """Whether the two are of the kinds that are compared."""
        return self.arm.holds(arm) and self.reference.holds(reference)

    def unwanted(self, arm: Arm, reference: Arm) -> Differences:
        """The differences that forbid to compare the two."""
        found = differences(arm, reference)
        turned = [key for key in found if key.partition(".")[0] in self.turns]
        if self.one and len(turned) > 1:
            return found
        return {key: values for key, values in found.items() if key not in turned}

    def fits(self, arm: Arm, reference: Arm) -> bool:
        """Whether the two are compared. They differ in something."""
        # Most pairs of a study differ in more; that is seen without their options.
        if any(getattr(arm, key) != getattr(reference, key) for key in {*ANY} - {*self.turns}):
            return False
        return (
            self.of_kinds(arm, reference)
            and not self.unwanted(arm, reference)
            and bool(differences(arm, reference))
        )

    def pairs(self, arms: Arms) -> Iterator[tuple[str, str]]:
        """Every arm and its references, in the order of the arms."""
        references = {name: arm for name, arm in arms.items() if self.reference.holds(arm)}
        for arm, recipe in arms.items():
            if self.arm.holds(recipe):
                for reference, other in references.items():
                    if self.fits(recipe, other):
                        yield arm, reference
