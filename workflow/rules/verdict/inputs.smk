# Functions that the rules of tables, figures, experiments and the verdict take inputs and params from.


def curve_files(wildcards):
    """The training curves of the fresh LoRAs and of the merges."""
    return [
        (
            f"<results>/fresh/fresh/{task}/{replicate}/curve.tsv"
            if arm == "fresh LoRA"
            else f"<results>/merged/{arm}/{task}/{replicate}/curve.tsv"
        )
        for arm, task, replicate in CURVES
    ]


def spending_jobs(wildcards):
    """Work (rule, or rule/selector), arm (empty if shared), task, replicate and stem of each job."""
    needs = {
        work
        for arm in MAIN_ARMS.values()
        for work in settings.table("selectors").get(arm.get("select"), [])
    }
    needs |= {f"train_fresh/{arm['fresh']}" for arm in MAIN_ARMS.values() if arm["fresh"]}
    trained = {work for work in needs if work.startswith("train_fresh/")}
    stacking = {
        (arm["fresh"], arm["merge"]["folds"])
        for arm in MAIN_ARMS.values()
        if "folds" in arm["merge"]
    }
    jobs = [
        (work, "", task, replicate, f"{task}/{replicate}/{part}")
        for work in sorted(needs - trained)
        for task, replicate in MAIN_UNITS
        for part in measured_parts(work, wildcards)
    ]
    jobs += [
        (work, "", task, replicate, f"{task}/{replicate}")
        for work in sorted(trained)
        for task, replicate in MAIN_UNITS
    ]
    jobs += [
        (f"train_fold/{recipe}/{folds}", "", task, replicate, f"{task}/{replicate}/{fold}")
        for recipe, folds in sorted(stacking)
        for task, replicate in MAIN_UNITS
        for fold in range(folds)
    ]
    jobs += [
        ("merge_adapters", arm, task, replicate, f"{arm}/{task}/{replicate}")
        for arm in MAIN_ARMS
        if arm in MERGED_ARMS
        for task, replicate in MAIN_UNITS
    ]
    return jobs


def spending_benchmarks(wildcards):
    """The benchmark file of each job that a user would pay for."""
    return [f"<benchmarks>/{job[0]}/{job[4]}.tsv" for job in spending_jobs(wildcards)]


def spending_records(wildcards):
    """The file with the tokens of each job that a user would pay for."""
    return [spending_record(*job) for job in spending_jobs(wildcards)]


def spending_record(work, arm, task, replicate, stem):
    """The file with the tokens of one job."""
    stage, _, recipe = work.partition("/")
    if stage == "train_fresh":
        return f"<results>/fresh/{recipe}/{stem}/training.json"
    if stage == "train_fold":
        return f"<results>/fresh_folds/{recipe}/{stem}/training.json"
    if stage == "merge_adapters":
        return f"<results>/merged/{stem}/merge.json"
    return f"{measure_folder(work)}/{stem}.json"


def spending_cells(wildcards):
    """Rule, arm, task and replicate of each job, in the order of its files."""
    return [job[:4] for job in spending_jobs(wildcards)]


# experiments


def experiment_arms(wildcards):
    """The recipes of an experiment's arms."""
    return {arm: STUDY["arms"][arm] for arm in STUDY["experiments"][wildcards.experiment]["arms"]}


def experiment_targets(wildcards):
    """The targets of an experiment."""
    return STUDY["experiments"][wildcards.experiment]["targets"]


def experiment_reference(wildcards):
    """The arm that the others of an experiment are compared with, if it names one."""
    return STUDY["experiments"][wildcards.experiment].get("reference")


def experiment_few(wildcards):
    """The targets of an experiment with labelled rows of their own number."""
    return [task for task in experiment_targets(wildcards) if "split" in STUDY["tasks"][task]]


def experiment_ranked(wildcards):
    """Selector, task and replicate of its whole-pool rankings, without those by test rows."""
    recipes = experiment_arms(wildcards).values()
    selectors = dict.fromkeys(arm.get("select") for arm in recipes)
    selectors = [name for name in selectors if name not in (None, "oracle")]
    targets = experiment_targets(wildcards)
    return [(name, task, number) for name in selectors for task in targets for number in REPLICATES]


def experiment_rankings(wildcards):
    """The rankings of the whole pool by the selectors of an experiment's arms."""
    return [
        f"<results>/rankings/{selector}/all/{task}/{replicate}.tsv"
        for selector, task, replicate in experiment_ranked(wildcards)
    ]


def experiment_merged(wildcards):
    """Arm, task and replicate of the merges of an experiment."""
    names = [arm for arm in experiment_arms(wildcards) if arm in MERGED_ARMS]
    targets = experiment_targets(wildcards)
    return [(arm, task, number) for arm in names for task in targets for number in REPLICATES]


def experiment_records(wildcards):
    """The merge records of an experiment."""
    return [
        f"<results>/merged/{arm}/{task}/{replicate}/merge.json"
        for arm, task, replicate in experiment_merged(wildcards)
    ]


def experiment_code(wildcards):
    """Digest of the script and of the function of this experiment."""
    return digest(
        "verdict/tabulate_experiment", settings.table("experiments")[wildcards.experiment]["entry"]
    )


def experiment_name(wildcards):
    """What the figure of an experiment is told."""
    return {"name": wildcards.experiment}


def experiment_about(wildcards):
    """Claim and refutation of an experiment, for the caption of its figure."""
    return settings.table("experiments")[wildcards.experiment]
