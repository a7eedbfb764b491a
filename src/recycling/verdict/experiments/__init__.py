"""The experiments by name: what each claims, what would refute it, and the function that looks.

An entry point takes `Evidence` and returns a list of `Finding`: one table, one figure and one
paragraph of `experiments.md`. To add an experiment, write the function and add an entry here. The
main comparison is not in this table: its claims are the questions in `verdict.contrasts`.
"""

from dataclasses import dataclass

from recycling.verdict import FIGURES


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
    figure: str = FIGURES["experiment"]
    """The function that draws it."""

    @property
    def needs_reference(self) -> bool:
        """Whether the study must name the arm that the others are compared with."""
        return self.expected != ""


EXPERIMENTS = {
    "merging_methods": Experiment(
        entry="recycling.verdict.experiments.arm_sets:merging_methods",
        title="Merging methods with the same adapters",
        claim="How adapters are merged matters: a method beats the plain average of the same "
        "adapters.",
        refuted="the method is no better than the average",
    ),
    "gain_against_k": Experiment(
        entry="recycling.verdict.experiments.arm_sets:gain_against_k",
        title="Gain against the number of adapters",
        claim="More adapters help: the largest k beats the smallest.",
        refuted="the difference of the largest and the smallest k lies below or inside the "
        "margin; that it is the adapters' knowledge which helps, if twins gain as much with k",
    ),
    "real_against_twins": Experiment(
        entry="recycling.verdict.experiments.arm_sets:real_against_twins",
        title="Real adapters against their random twins",
        claim="Without the fresh LoRA real adapters beat every kind of twin; merged with it, "
        "twins do as well.",
        refuted="without the fresh LoRA a kind of twin does as well, or with it real adapters "
        "differ from their twins by more than the margin",
    ),
    "recalibration_ladder": Experiment(
        entry="recycling.verdict.experiments.arm_sets:recalibration_ladder",
        title="Rescaled fresh LoRA, alone and with partners",
        claim="Merging with the pool is no more than a rescaling of the fresh LoRA: with "
        "partners the same merge does as well as alone.",
        refuted="an arm with partners differs from the same merge of the fresh LoRA alone by "
        "more than the margin",
    ),
    "selectors": Experiment(
        entry="recycling.verdict.experiments.single_adapters:selectors",
        title="Selectors against chance",
        claim="The choice of adapters matters: a selector beats a random choice, and its score "
        "foretells which adapters are useful once their coefficients are tuned.",
        refuted="the selector is no better than chance, or the rank correlation of its score "
        "with usefulness after tuning is not above zero",
    ),
    "relevance_dial": Experiment(
        entry="recycling.verdict.experiments.arm_sets:relevance_dial",
        title="Relevance dial: one adapter, related to the target or not",
        claim="Recycling transfers what related adapters know: a relative of the target does more "
        "than an unrelated adapter in its place, and adds to the fresh LoRA.",
        refuted="with a relative it does no better than with an unrelated adapter in its place, or "
        "no better than the fresh LoRA alone",
        figure="recycling.verdict.experiments.dial_figure:relevance_dial",
    ),
    "low_data": Experiment(
        entry="recycling.verdict.experiments.arm_sets:low_data",
        title="Few labelled examples",
        claim="With few labelled examples recycling beats a fresh LoRA, and gains more than it "
        "does with many.",
        refuted="the difference to the fresh LoRA is not above zero, or is no larger than with "
        "many examples",
    ),
    "design_ablation": Experiment(
        entry="recycling.verdict.experiments.arm_sets:against_reference",
        title="Design of learned coefficients",
        claim="The design of the merge does not matter: every variant equals the reference "
        "within the margin.",
        refuted="the interval of a variant's difference to the reference leaves the margin and "
        "excludes zero",
        expected="equivalent",
    ),
    "single_adapters": Experiment(
        entry="recycling.verdict.experiments.single_adapters:single_adapters",
        title="Tuned single adapters: adapter or task?",
        claim="Which adapter is tuned matters less than the task: the variance between adapters "
        "is a smaller share than the variance between tasks.",
        refuted="the share of the adapters is as large as that of the tasks",
    ),
    "warm_start": Experiment(
        entry="recycling.verdict.experiments.rivals:warm_start",
        title="Warm start: training on from an adapter of the pool",
        claim="Training on from the best adapter of the pool beats training anew, and what this "
        "adapter learnt is why: its twin, an adapter chosen at random and an average are worse "
        "starts.",
        refuted="the start from the best adapter is no better than the fresh LoRA, or another "
        "start is as good",
    ),
    "without_training": Experiment(
        entry="recycling.verdict.experiments.rivals:without_training",
        title="The labelled rows without training",
        claim="Training is worth its cost: a fresh LoRA beats every use of the same labelled rows "
        "that trains nothing.",
        refuted="the base with the rows in its prompt, or calibrated by them, does as well as the "
        "fresh LoRA",
    ),
    "routing": Experiment(
        entry="recycling.verdict.experiments.rivals:routing",
        title="Routing without training",
        claim="To weigh adapters anew for each token or prompt is better than to average them, and "
        "what they learnt is why: routed twins are worse.",
        refuted="a routed arm is no better than the average of the same adapters, or than the same "
        "arm of their twins",
    ),
}
