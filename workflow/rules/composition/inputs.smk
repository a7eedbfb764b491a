# What the stages of a composition study derive from its configuration, and what rules take from.
from recycling.composition import SUBJECTS
from recycling.plan.composition import methods as composition_methods
from recycling.plan.composition import recipe

SCENES = STUDY["scenes"]


def scenes_of(subject):
    """Base and setting of each scene of a subject."""
    return {
        name: {"base": scene["base"], "setting": scene["setting"]}
        for name, scene in SCENES.items()
        if scene["subject"] == subject
    }


TWO_HOP_SCENES = scenes_of("two_hop")
WORD_LISTS_SCENES = scenes_of("word_lists")
MATH_SCENES = list(scenes_of("math"))
PLACES_SCENES = {name: scene["setting"] for name, scene in scenes_of("places").items()}
# Of these something is claimed.
CLAIMED = [name for name in ("two_hop", "word_lists") if name in STUDY["subjects"]]
CLAIMED_SCENES = TWO_HOP_SCENES | WORD_LISTS_SCENES
# What the figures of the two-hop world must know of the study.
DESIGN = {
    "scenes": TWO_HOP_SCENES,
    # Chains of thought that an expert with a template reads unless its name says how many.
    "traces": STUDY["subjects"].get("two_hop", {}).get("material", {}).get("templates", 400),
    "scales": {
        name: rule.get("scale", 1.0)
        for name, rule in STUDY["rules"].items()
        if rule["method"] == "task_arithmetic"
    },
}
# What there is a table of; figures that are not named here are of the two-hop world.
MEASURED = [*(["theory"] if "theory" in STUDY else []), *STUDY["subjects"]]
OTHER_FIGURES = ("theory", "math", "word_lists", "places")
FIGURES = [
    name
    for name in settings.table("composition_figures")
    if (name if name in OTHER_FIGURES else "two_hop") in MEASURED
]
# What the study is run for.
PRODUCTS = [
    "<results>/tables/composition.md",
    *(f"<results>/tables/{name}.tsv" for name in MEASURED),
    *(f"<results>/figures/{name}.svg" for name in FIGURES),
]


wildcard_constraints:
    # Routing has a table of its own.
    figure=one_of(name for name in FIGURES if name not in (*OTHER_FIGURES, "routing")),
    base=one_of(sorted({scene["base"] for scene in SCENES.values()})),
    replicate=r"\d+",
    scene=one_of(SCENES),
    subject=one_of(STUDY["subjects"]),


def subject_of(wildcards):
    """The subject of a scene, or of the scenes on a base."""
    if "subject" in wildcards.keys():
        return wildcards.subject
    if "scene" in wildcards.keys():
        return SCENES[wildcards.scene]["subject"]
    return next(scene["subject"] for scene in SCENES.values() if scene["base"] == wildcards.base)


def subject_settings(wildcards):
    """The settings of a subject."""
    return STUDY["subjects"][subject_of(wildcards)]


def subject_entry(wildcards):
    """The function that draws a subject's material."""
    return SUBJECTS[subject_of(wildcards)]


def world_seed(wildcards):
    """The root of all randomness of one replicate of a subject: its world, bases and experts."""
    return seeds.derive(STUDY["seed"], subject_of(wildcards), wildcards.replicate)


def scene_base(wildcards):
    """The base of a scene: trained by the study, or fetched."""
    if "pretraining" not in subject_settings(wildcards):
        return "<results>/base/model"
    return f"<results>/bases/{SCENES[wildcards.scene]['base']}/{wildcards.replicate}/model"


def scene_recipe(wildcards):
    """A scene with its libraries and rules spelled out."""
    return recipe(STUDY, wildcards.scene)


def scene_lessons(wildcards):
    """The setting and the experts of a scene: what training depends on."""
    found = recipe(STUDY, wildcards.scene)
    return {"setting": found["setting"], "experts": found["experts"]}


def asked_code(wildcards):
    """Digest of the script, of the subject and of the methods of the scene's rules."""
    used = {rule["method"] for rule in scene_recipe(wildcards)["rules"].values()}
    entries = [entry for name, entry in composition_methods().items() if name in used]
    modules = [entry.partition(":")[0] for entry in [subject_entry(wildcards), *entries]]
    return source_digest("composition/ask_libraries", *modules)


def pretraining_code(wildcards):
    """Digest of the script and of the subject."""
    return digest("composition/pretrain_base", subject_entry(wildcards))


def training_code(wildcards):
    """Digest of the script and of the subject."""
    return digest("composition/train_experts", subject_entry(wildcards))


def judged_code(wildcards):
    """Digest of the script and of the subject."""
    return digest("composition/judge_composition", subject_entry(wildcards))


def composition_figure(wildcards):
    """The function that draws a figure."""
    return settings.table("composition_figures")[wildcards.figure]


def composition_figure_code(wildcards):
    """Digest of the script and of the figure's module."""
    return digest("output/plot_figure", composition_figure(wildcards))


def subject_answers(wildcards):
    """The answers of all scenes of a subject."""
    return stored(wildcards.subject)


def stored(subject, what=""):
    """What asking has stored of all scenes and replicates of a subject: answers, or `_weights`."""
    about = STUDY["subjects"].get(subject, {})
    return collect(
        f"<results>/answers/{{scene}}/{{replicate}}{what}.parquet",
        scene=[name for name, scene in SCENES.items() if scene["subject"] == subject],
        replicate=range(about.get("replicates", STUDY["replicates"])),
    )
