# Functions that rules take inputs and params from, by stage. Rules hold none, so they read as tables.
# Those of the last stages are in publish_inputs.smk.


def replicate_seed(wildcards):
    """The root of all randomness of one replicate of a task."""
    return seeds.derive(STUDY["seed"], "replicate", wildcards.task, wildcards.replicate)


# tasks


def task_source(wildcards):
    """Source and options of a task."""
    return {key: value for key, value in STUDY["tasks"][wildcards.task].items() if key != "split"}


def task_split(wildcards):
    """Rows of a task."""
    return STUDY["split"] | STUDY["tasks"][wildcards.task].get("split", {})


def task_file(wildcards):
    """The user's own file, so that an edit of it is noticed; nothing for other sources."""
    return STUDY["tasks"][wildcards.task].get("path", [])


def labelled_replicate(wildcards):
    """The replicate whose rows are drawn: its own, or the first where all have the same rows."""
    return wildcards.replicate if STUDY["protocol"]["resample"] else "0"


def task_code(wildcards):
    """Digest of the script and of this task's source."""
    source = STUDY["tasks"][wildcards.task]["source"]
    return digest("tasks/prepare_task", settings.table("task_sources")[source])


# select


def scored_rows(wildcards):
    """The labelled rows that may score the pool: training rows, in the paper's protocol all."""
    splits = ["train", "valid"] if STUDY["protocol"]["score_on_valid"] else ["train"]
    return collect("<results>/tasks/{{task}}/{{replicate}}/{split}.jsonl", split=splits)


def selection_evidence(wildcards):
    """The measures of the pool that a selector reads; none for selectors that ignore them."""
    return [
        f"{measure_folder(work)}/{wildcards.task}/{wildcards.replicate}/{part}.tsv"
        for work in settings.table("selectors")[wildcards.selector]
        if work != "train_fresh/fresh"
        for part in measured_parts(work, wildcards)
    ]


def measured_parts(work, wildcards):
    """The parts of the pool that are measured apart; halving measures the whole at once."""
    return ["pool"] if work == "halve_pool" else shards(wildcards)


def selector_metric(wildcards):
    """What a selector reads of the measures it rests on."""
    return MEASURED.get(wildcards.selector, wildcards.selector)


def measure_folder(work):
    """Where a measure of the pool is written: rule/selector, or the rule of a single selector."""
    measure, slash, selector = work.partition("/")
    return MEASURES[measure] + slash + selector


def subpool_recipe(wildcards):
    """What a subpool is made of; nothing for the whole pool."""
    return STUDY["pool"]["subpools"].get(wildcards.subpool, {})


def target_relatives(wildcards):
    """The relatives of a target, for subpools that count them."""
    counted = {"relatives", "others"} & {*subpool_recipe(wildcards)}
    return STUDY["pool"]["relatives"][wildcards.task] if counted else []


def gradient_point(wildcards):
    """The fresh LoRA, where the gradient is taken at it; nothing for the bare base."""
    at_fresh = "train_fresh/fresh" in settings.table("selectors")[wildcards.selector]
    return fresh_adapter(wildcards) if at_fresh else []


def fresh_adapter(wildcards):
    """The fresh LoRA of a task and replicate, by the default recipe."""
    return f"<results>/fresh/fresh/{wildcards.task}/{wildcards.replicate}/adapter_config.json"


# baselines


def fresh_recipe(wildcards):
    """A recipe of the fresh LoRA: the default one, `fresh`, or a variant."""
    return FRESH_RECIPES[wildcards.recipe]


def left_out(wildcards):
    """The fold that a fresh LoRA is trained without, and of how many."""
    return int(wildcards.fold), int(wildcards.folds)


# merge


def arm_recipe(wildcards):
    """The configuration of an arm, without where it is run; `k` counts adapters of the pool.

    `trained_by` is the recipe of twins that are trained.
    """
    arm = {key: value for key, value in STUDY["arms"][wildcards.arm].items() if key != "targets"}
    if STUDY["protocol"]["k_counts_fresh"] and arm["fresh"] and arm.get("k", "all") != "all":
        arm["k"] -= 1
    if arm.get("twin") in settings.table("trained_twins"):
        arm["trained_by"] = STUDY["fresh"]
    return arm


def arm_ranking(wildcards):
    """The ranking that an arm takes its first k adapters from."""
    arm = STUDY["arms"][wildcards.arm]
    if arm["pool"] == "none":
        return []
    place = f"<results>/rankings/{arm['select']}/{arm['among']}"
    return f"{place}/{wildcards.task}/{wildcards.replicate}.tsv"


def arm_shards(wildcards):
    """The shards of the pool, for arms that draw on it."""
    if STUDY["arms"][wildcards.arm]["pool"] == "none":
        return []
    return shard_folders(wildcards)


def arm_fresh(wildcards):
    """The fresh LoRA, for arms that it joins."""
    recipe = STUDY["arms"][wildcards.arm]["fresh"]
    if not recipe:
        return []
    return f"<results>/fresh/{recipe}/{wildcards.task}/{wildcards.replicate}/adapter_config.json"


def arm_stand_ins(wildcards):
    """The fresh LoRAs that stand in for one another, for arms that learn on rows unseen."""
    arm = STUDY["arms"][wildcards.arm]
    folds = arm["merge"].get("folds", 0)
    folder = f"<results>/fresh_folds/{arm['fresh']}/{folds}/{wildcards.task}/{wildcards.replicate}"
    return [f"{folder}/{fold}/adapter_config.json" for fold in range(folds)]


def merge_code(wildcards):
    """Digest of the script and of this arm's merging method."""
    method = STUDY["arms"][wildcards.arm]["merge"]["method"]
    return digest("merging/merge_adapters", settings.table("methods")[method])


# evaluate


def worn_arms(wildcards):
    """The arms of a task that wear an adapter."""
    return [arm for arm in task_arms(wildcards) if arm in MERGED_ARMS]


def demonstrations(wildcards):
    """How many training rows the prompts of each arm of a task show."""
    return {arm: STUDY["arms"][arm].get("demonstrations", 0) for arm in task_arms(wildcards)}


def task_arms(wildcards):
    """The arms that are run on a task."""
    return [arm for arm, recipe in STUDY["arms"].items() if wildcards.task in recipe["targets"]]


def merge_records(wildcards):
    """The merge records of the arms that wear an adapter."""
    return [
        f"<results>/merged/{arm}/{wildcards.task}/{wildcards.replicate}/merge.json"
        for arm in worn_arms(wildcards)
    ]


def merged_weights(wildcards):
    """The weights of the arms that wear an adapter, or routed ones."""
    return [
        f"<results>/merged/{arm}/{wildcards.task}/{wildcards.replicate}/"
        + ("routed.safetensors" if arm in ROUTED_ARMS else "adapter_model.safetensors")
        for arm in worn_arms(wildcards)
    ]
