"""The experiments by name: what each claims, what would refute it, and the function that looks.

An entry point takes `Evidence` and returns a list of `Finding`: one table, one figure and one
paragraph of `experiments.md`. To add an experiment, write the function and add an entry here. The
main comparison is not in this table: its claims are the questions in `verdict.contrasts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from recycling.merging import METHODS
from recycling.verdict.contrasts import CONTROLS, QUESTIONS
from recycling.verdict.pairings import DRAWN, Kind, Pairing


@dataclass(frozen=True)
class Experiment:
    """All that is known of an experiment."""

    entry: str
    title: str
    claim: str
    refuted: str
    """When the claim is refuted; it ends the sentence "It is refuted when"."""
    expected: str = ""
    """The outcome that is claimed of every arm against the reference which the study names."""
    figure: str = "recycling.verdict.experiments.figure:experiment"
    """The function that draws it."""
    compares: Mapping[str, Pairing] = field(default_factory=dict)
    """What is compared -> the kinds of the two arms, and the keys in which they may differ."""
    by_itself: Kind | None = None
    """Arms that need not be compared with any other."""
    by_rows: bool = False
    """It compares targets that have the same test rows and other numbers of labelled rows."""

    @property
    def needs_reference(self) -> bool:
        """Whether the study must name the arm that the others are compared with."""
        return self.expected != ""


FRESH = Kind(("fresh",))
RECYCLED = Kind(("recycled",))
SHOWN = Kind(("in_context", "calibrated"))
NO_BOUND = Kind((*CONTROLS.roles, "recycled"))
BASE_TOO = Kind((*NO_BOUND.roles, "base"))
MERGING = tuple(method for method in METHODS if method != "none")
AVERAGE = Kind(("recycled",), having={"merge.method": ("average",)})
ROUTED = tuple(name for name, method in METHODS.items() if method.routed)
ONWARD = {"merge.method": ("continued",)}
SPANNED = {"merge.method": ("subspace",)}
TUNED_ALONE = Kind(("recycled",), joined=False, having={"k": (1,)})

EXPERIMENTS = {
    "merging_methods": Experiment(
        entry="recycling.verdict.experiments.arm_sets:merging_methods",
        title="Merging methods with the same adapters",
        claim="How adapters are merged matters: a method beats the plain average of the same "
        "adapters.",
        refuted="the method is no better than the average",
        compares={
            "minus the average": Pairing(
                Kind(("recycled",), joined=False, having={"merge.method": MERGING}),
                AVERAGE,
                turns=("merge",),
            ),
            "minus the fresh LoRA": Pairing(NO_BOUND, FRESH),
        },
    ),
    "gain_against_k": Experiment(
        entry="recycling.verdict.experiments.arm_sets:gain_against_k",
        title="Gain against the number of adapters",
        claim="More adapters help: the largest k beats the smallest.",
        refuted="the difference of the largest and the smallest k lies below or inside the "
        "margin; that it is the adapters' knowledge which helps, if twins gain as much with k",
        compares={
            "largest k minus smallest": Pairing(
                Kind(("recycled", "twins")), Kind(("recycled", "twins")), turns=("k",)
            ),
            "gain over the fresh LoRA, or the base": Pairing(
                Kind(("recycled", "twins")), Kind(("fresh", "base"))
            ),
        },
    ),
    "real_against_twins": Experiment(
        entry="recycling.verdict.experiments.arm_sets:real_against_twins",
        title="Real adapters against their random twins",
        claim="Without the fresh LoRA real adapters beat every kind of twin; merged with it, "
        "twins do as well.",
        refuted="without the fresh LoRA a kind of twin does as well, or with it real adapters "
        "differ from their twins by more than the margin",
        compares={"real minus twins": Pairing(RECYCLED, Kind(("twins",)), turns=("pool",))},
    ),
    "recalibration_ladder": Experiment(
        entry="recycling.verdict.experiments.arm_sets:recalibration_ladder",
        title="Rescaled fresh LoRA, alone and with partners",
        claim="Merging with the pool is no more than a rescaling of the fresh LoRA: with "
        "partners the same merge does as well as alone.",
        refuted="an arm with partners differs from the same merge of the fresh LoRA alone by "
        "more than the margin",
        compares={
            "rescaled alone minus fresh": Pairing(
                Kind(("recalibrated",)), Kind(("fresh", "variant")), turns=("merge",)
            ),
            "with partners minus alone": Pairing(
                Kind(("recycled", "twins"), joined=True), Kind(("recalibrated",)), turns=DRAWN
            ),
        },
    ),
    "selectors": Experiment(
        entry="recycling.verdict.experiments.single_adapters:selectors",
        title="Selectors against chance",
        claim="The choice of adapters matters: a selector beats a random choice, and its score "
        "foretells which adapters are useful once their coefficients are tuned.",
        refuted="the selector is no better than chance, or the rank correlation of its score "
        "with usefulness after tuning is not above zero",
        compares={
            "minus random": Pairing(
                Kind(("recycled", "oracle")),
                Kind(("recycled",), having={"select": ("random",)}),
                turns=("select",),
            )
        },
        by_itself=TUNED_ALONE,
    ),
    "relevance_dial": Experiment(
        entry="recycling.verdict.experiments.arm_sets:relevance_dial",
        title="Relevance dial: one adapter, related to the target or not",
        claim="Recycling transfers what related adapters know: a relative of the target does more "
        "than an unrelated adapter in its place, and adds to the fresh LoRA.",
        refuted="with a relative it does no better than with an unrelated adapter in its place, or "
        "no better than the fresh LoRA alone",
        figure="recycling.verdict.experiments.dial_figure:relevance_dial",
        compares={
            "relative minus unrelated adapter, alone": QUESTIONS["kin_instead"].pairing,
            "relative minus unrelated adapter, with the fresh LoRA": QUESTIONS[
                "kin_together"
            ].pairing,
            "minus the fresh LoRA": QUESTIONS["instead"].pairing,
            "with the fresh LoRA minus the fresh LoRA": QUESTIONS["together"].pairing,
            "minus the fresh LoRA rescaled alone": QUESTIONS["recalibration"].pairing,
        },
    ),
    "low_data": Experiment(
        entry="recycling.verdict.experiments.arm_sets:low_data",
        title="Few labelled examples",
        claim="With few labelled examples recycling beats a fresh LoRA, and gains more than it "
        "does with many.",
        refuted="the difference to the fresh LoRA is not above zero, or is no larger than with "
        "many examples",
        compares={"minus fresh": Pairing(NO_BOUND, FRESH)},
    ),
    "design_ablation": Experiment(
        entry="recycling.verdict.experiments.arm_sets:against_reference",
        title="Design of learned coefficients",
        claim="The design of the merge does not matter: every variant equals the reference "
        "within the margin.",
        refuted="the interval of a variant's difference to the reference leaves the margin and "
        "excludes zero",
        expected="equivalent",
        compares={"minus the reference": Pairing(Kind(), Kind(), turns=("merge",), one=True)},
    ),
    "single_adapters": Experiment(
        entry="recycling.verdict.experiments.single_adapters:single_adapters",
        title="Tuned single adapters: adapter or task?",
        claim="Which adapter is tuned matters less than the task: the variance between adapters "
        "is a smaller share than the variance between tasks.",
        refuted="the share of the adapters is as large as that of the tasks",
        compares={"minus base": Pairing(RECYCLED, Kind(("base",)))},
        by_itself=TUNED_ALONE,
    ),
    "warm_start": Experiment(
        entry="recycling.verdict.experiments.rivals:warm_start",
        title="Warm start: training on from an adapter of the pool",
        claim="Training on from the best adapter of the pool beats training anew, and what this "
        "adapter learnt is why: its twin, an adapter chosen at random and an average are worse "
        "starts.",
        refuted="the start from the best adapter is no better than the fresh LoRA, or another "
        "start is as good",
        compares={
            "minus fresh": Pairing(Kind(having=ONWARD), FRESH),
            "minus another start": Pairing(
                Kind(("recycled",), joined=False, having={**ONWARD, "k": (1,)}),
                Kind(("recycled", "twins"), having=ONWARD),
                turns=("pool", "select", "k"),
                one=True,
            ),
        },
    ),
    "pool_subspace": Experiment(
        entry="recycling.verdict.experiments.rivals:pool_subspace",
        title="Directions of the whole pool",
        claim="The directions that the pool's adapters share are worth having: a LoRA trained "
        "within them beats one within as many random directions, and within the base's own.",
        refuted="as many other directions, with as many trained numbers, do as well",
        compares={
            "minus other directions": Pairing(
                Kind(("recycled",), having=SPANNED),
                Kind(("variant", "recalibrated"), having=SPANNED),
                turns=("merge",),
                one=True,
            ),
            "minus chosen adapters": Pairing(
                Kind(("recycled",), having={**SPANNED, "k": ("all",)}),
                Kind(("recycled",), having=SPANNED),
                turns=("select", "k"),
            ),
            "minus fresh": Pairing(Kind(having=SPANNED), FRESH),
        },
    ),
    "worse_pools": Experiment(
        entry="recycling.verdict.experiments.rivals:worse_pools",
        title="Pools that get worse",
        claim="Labelled rows protect from a bad pool: chosen by evaluation and with learned "
        "coefficients, adapters stay above the base whatever share of the pool is unrelated or "
        "harmful.",
        refuted="at some share they are no better than the base",
        figure="recycling.verdict.experiments.worse_figure:worse_pools",
        compares={"minus the base": Pairing(RECYCLED, Kind(("base",)))},
    ),
    "without_training": Experiment(
        entry="recycling.verdict.experiments.rivals:without_training",
        title="The labelled rows without training",
        claim="Training is worth its cost: a fresh LoRA beats every use of the same labelled rows "
        "that trains nothing.",
        refuted="the base with the rows in its prompt, or calibrated by them, does as well as the "
        "fresh LoRA",
        compares={
            "fresh minus": Pairing(FRESH, SHOWN),
            "minus base": Pairing(SHOWN, Kind(("base",))),
        },
    ),
    "labelled_rows": Experiment(
        entry="recycling.verdict.experiments.labelled_rows:labelled_rows",
        title="Where recycling stops paying: labelled rows",
        claim="Recycling pays with few labelled rows only: with the fewest it beats the fresh "
        "LoRA, tuned or not, and with the most the fresh LoRA beats it.",
        refuted="with the fewest rows it is no better than the fresh LoRA, or with the most it is "
        "no worse",
        figure="recycling.verdict.experiments.rows_figure:labelled_rows",
        compares={
            "minus the fresh LoRA": Pairing(BASE_TOO, FRESH),
            "minus the tuned fresh LoRA": Pairing(BASE_TOO, Kind(("variant",))),
        },
        by_rows=True,
    ),
    "tuned_alike": Experiment(
        entry="recycling.verdict.experiments.rivals:tuned_alike",
        title="Tuned by cross-validation, the fresh LoRA and the merges alike",
        claim="Recycling beats a fresh LoRA that is as well tuned: a merge of adapters of the pool "
        "is better than the fresh LoRA where as many configurations of both were tried within the "
        "same training rows.",
        refuted="the tuned merge is no better than the fresh LoRA that is as well tuned",
        compares={
            "tuned minus the fresh LoRA as well tuned": Pairing(
                Kind(("recycled", "twins", "recalibrated")), Kind(("variant",))
            ),
            "another recipe minus the fresh LoRA": Pairing(
                Kind(("variant",)), FRESH, turns=("fresh",)
            ),
            "tuned minus untuned": Pairing(
                Kind(("recycled", "twins", "recalibrated")),
                Kind(("recycled", "twins", "recalibrated")),
                turns=("merge",),
            ),
        },
    ),
    "routing": Experiment(
        entry="recycling.verdict.experiments.rivals:routing",
        title="Routing without training",
        claim="To weigh adapters anew for each token or prompt is better than to average them, and "
        "what they learnt is why: routed twins are worse.",
        refuted="a routed arm is no better than the average of the same adapters, or than the same "
        "arm of their twins",
        compares={
            "routed minus average": Pairing(
                Kind(("recycled",), having={"merge.method": ROUTED}), AVERAGE, turns=("merge",)
            ),
            "routed minus routed twins": Pairing(
                Kind(("recycled",), having={"merge.method": ROUTED}),
                Kind(("twins",)),
                turns=("pool",),
            ),
        },
    ),
    "compress_then_merge": Experiment(
        entry="recycling.verdict.experiments.rivals:compress_then_merge",
        title="Compress then merge, or merge then compress",
        claim="The order matters: adapters that are compressed into directions that they share, "
        "and then merged, beat the merge that is cut to the same rank afterwards.",
        refuted="they are no better than the merge that is cut to the same rank",
        compares={
            "compressed before minus cut afterwards": Pairing(
                Kind(("recycled", "twins"), having={"merge.export_rank": (None,)}),
                Kind(("recycled", "twins"), having={"merge.compress_rank": (None,)}),
                turns=("merge",),
            ),
        },
    ),
    "stated_rank": Experiment(
        entry="recycling.verdict.experiments.arm_sets:against_reference",
        title="Merges cut to a stated rank",
        claim="A merge can be served at the rank of one adapter: cut to it, it answers as the "
        "whole merge does, which is the reference.",
        refuted="the interval of a cut merge's difference to the whole one leaves the margin and "
        "excludes zero",
        expected="equivalent",
        compares={"minus the reference": Pairing(Kind(), Kind(), turns=("merge",), one=True)},
    ),
}
