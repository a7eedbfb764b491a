# What every stage of a merging study derives from its configuration.
from recycling.model.conduct import training

CONDUCT = training(STUDY["protocol"])
TARGETS = arms.all_targets(STUDY)
REPLICATES = [str(number) for number in range(STUDY["replicates"])]
ARMS = list(STUDY["arms"])
UNITS = [(task, replicate) for task in TARGETS for replicate in REPLICATES]
# What the tables of results, the verdict and its figures are about.
MAIN = STUDY["experiments"][arms.MAIN]
MAIN_ARMS = {arm: STUDY["arms"][arm] for arm in MAIN["arms"]}
MAIN_UNITS = [(task, replicate) for task in MAIN["targets"] for replicate in REPLICATES]
# The arms that wear an adapter; an arm without one is the bare base.
MERGED_ARMS = [name for name, arm in STUDY["arms"].items() if arm["fresh"] or arm["pool"] != "none"]
ROUTED_ARMS = [
    name
    for name in MERGED_ARMS
    if STUDY["arms"][name]["merge"]["method"] in settings.table("routed")
]
# The recipes of the fresh LoRA by name; its files lie in a folder of that name.
FRESH_RECIPES = {"fresh": STUDY["fresh"], **STUDY["fresh_variants"]}
# What may have a training curve; that of a merge that trains nothing is empty.
CURVES = [
    (arm, *unit)
    for arm in ["fresh LoRA", *(name for name in MAIN_ARMS if name in MERGED_ARMS)]
    for unit in MAIN_UNITS
]
# The arms that learn a coefficient for each part; the one with most sources is drawn.
LEARNED = {
    name: arm
    for name, arm in MAIN_ARMS.items()
    if arm["merge"]["method"] in settings.table("learned")
}
HEAT_MAP = max(LEARNED, key=lambda arm: arms.adapters(LEARNED[arm]), default=None)
FIGURES = [
    name
    for name in settings.table("figures")
    if name != "experiment" and (HEAT_MAP or name != "coefficients")
]
EXPERIMENTS = [name for name in STUDY["experiments"] if name != arms.MAIN]
# What the study is run for.
PRODUCTS = [
    "<results>/verdict.md",
    "<results>/tables/results.md",
    "<results>/tables/selection.tsv",
    *(f"<results>/figures/{name}.svg" for name in [*FIGURES, *EXPERIMENTS]),
    *(["<results>/experiments.md"] if EXPERIMENTS else []),
]

# Where the rules write that measure the pool for a selector.
MEASURES = {
    "score_pool": "<results>/pool_scores",
    "compare_pool": "<results>/pool_closeness",
    "screen_pool": "<results>/pool_gains",
    "halve_pool": "<results>/pool_halving",
    "score_on_test": "<results>/oracle_scores",
}
# What the selectors read of these measures, where it is not named as they are.
MEASURED = {
    "evaluation": STUDY["pool"]["scoring"]["metric"],
    "likelihood": "nll",
    "oracle": "exact_match",
}
# The metrics that some arm's selector reads; only with exact match is anything generated.
SCORED = sorted(
    {
        MEASURED.get(arm["select"], arm["select"])
        for arm in STUDY["arms"].values()
        if "score_pool" in settings.table("selectors").get(arm.get("select"), [])
    }
)
# Selector, subpool, task and replicate of every ranking that some arm takes its adapters from.
RANKED = sorted(
    {
        (arm["select"], arm["among"], task, replicate)
        for arm in STUDY["arms"].values()
        if arm["pool"] != "none"
        for task in arm["targets"]
        for replicate in REPLICATES
    }
)

# Names by which an adapter of a target's data is known: the task's, and those of its data set.
TARGET_SETS = [STUDY["tasks"][task].get("repo", task) for task in TARGETS]
TARGET_KEYWORDS = sorted(
    {*TARGETS, *TARGET_SETS, *(name.rpartition("/")[2] for name in TARGET_SETS)}
)
EXCLUDE_TARGET_RELATED = STUDY["pool"]["exclude_target_related"]


wildcard_constraints:
    arm=one_of(ARMS),
    fold=r"\d+",
    folds=r"\d+",
    recipe=one_of(FRESH_RECIPES),
    experiment=one_of(EXPERIMENTS),
    replicate=r"\d+",
    selector=one_of(settings.table("selectors")),
    subpool=one_of(["all", *STUDY["pool"]["subpools"]]),
    task=one_of(STUDY["tasks"]),
