"""What the tables, claims and figures of a composition study take."""

from typing import Any

from recycling.composition import CATEGORIES, FIGURES, SUBJECTS
from recycling.composition.pictures import PICTURES
from recycling.composition.scenes import Asked, fresh
from recycling.ground import registry
from recycling.merging import METHODS
from recycling.plan.study.composition import CompositionStudy, Theory
from recycling.plan.work.base import code
from recycling.plan.work.composition import subject_entry, subject_replicates, subject_scenes
from recycling.plan.work.drawing import Drawing

WORLD = "two_hop"
"""The subject that most figures are of."""
CLAIMED = (WORLD, "word_lists")
"""The subjects that something is claimed of."""
SUM = "task_arithmetic"


def theory(study: CompositionStudy) -> Theory | None:
    """What the one-layer model is asked, if it is."""
    return study.theory


# answers


def _stored(study: CompositionStudy, subject: str, what: str) -> list[str]:
    return [
        f"<results>/answers/{scene}/{replicate}{what}.parquet"
        for scene in subject_scenes(study, subject)
        for replicate in subject_replicates(study, subject)
    ]


def subject_answers(study: CompositionStudy, subject: str) -> list[str]:
    """The answers of all scenes and replicates of a subject."""
    return _stored(study, subject, "")


def routing_weights(study: CompositionStudy) -> list[str]:
    """The weights of routed experts in all scenes and replicates of the two-hop world."""
    return _stored(study, WORLD, "_weights")


def judging_code(study: CompositionStudy, subject: str) -> str:
    """Digest of the script and of the subject."""
    return code("composition/judge_composition", subject_entry(study, subject))


# tables


def tables(study: CompositionStudy) -> list[str]:
    """What there is a table of shares of, by name: the one-layer model, and each subject."""
    return [*(["theory"] if study.theory is not None else []), *study.subjects]


def share_tables(study: CompositionStudy) -> list[str]:
    """The tables of what was answered right, one for each subject."""
    return [f"<results>/tables/{subject}.tsv" for subject in study.subjects]


def gate_tables(study: CompositionStudy) -> list[str]:
    """The tables of what each expert knows by itself, one for each subject."""
    return [f"<results>/tables/{subject}_gates.tsv" for subject in study.subjects]


# claims


def claimed(study: CompositionStudy) -> list[str]:
    """The subjects of the study that something is claimed of."""
    return [subject for subject in CLAIMED if subject in study.subjects]


def claimed_answers(study: CompositionStudy) -> list[str]:
    """The answers that claims are judged by."""
    return [path for subject in claimed(study) for path in subject_answers(study, subject)]


def claimed_gates(study: CompositionStudy) -> list[str]:
    """What the experts of these subjects know by themselves."""
    return [f"<results>/tables/{subject}_gates.tsv" for subject in claimed(study)]


def claims(study: CompositionStudy) -> list[str]:
    """The table of claims; none where nothing is claimed."""
    return ["<results>/tables/claims.tsv"] if claimed(study) else []


def asked(study: CompositionStudy, *subjects: str) -> dict[str, Asked]:
    """Base and setting of each scene of some subjects."""
    return {
        name: Asked(study.scenes[name].base, study.scenes[name].setting)
        for subject in subjects
        for name in subject_scenes(study, subject)
    }


def claimed_scenes(study: CompositionStudy) -> dict[str, Asked]:
    """The scenes that something is claimed of."""
    return asked(study, *CLAIMED)


def world_scenes(study: CompositionStudy) -> dict[str, Asked]:
    """The scenes of the two-hop world."""
    return asked(study, WORLD)


# figures


def figures(study: CompositionStudy) -> list[str]:
    """The figures that there is a table for; weights of routed experts are of two hops."""
    known = {*tables(study), *(["routing"] if WORLD in tables(study) else [])}
    return [name for name, row in FIGURES.items() if row.table in known]


def drawings(study: CompositionStudy) -> list[Drawing]:
    """The same with what each is drawn from; its caption is that of the table."""
    return [_drawing(study, name) for name in figures(study)]


def _drawing(study: CompositionStudy, name: str) -> Drawing:
    row = FIGURES[name]
    argument = "shares" if row.table in SUBJECTS else row.table
    inputs = {argument: f"<results>/tables/{row.table}.tsv"}
    settings = figure_settings(study, name)
    category, label = CATEGORIES[row.table], name.replace("_", " ")
    return Drawing(name, row.entry, inputs, category, label, row.table, settings)


def figure_settings(study: CompositionStudy, figure: str) -> dict[str, Any]:
    """What a figure is told beside its table."""
    table = FIGURES[figure].table
    scenes = asked(study, table if table in SUBJECTS else WORLD)
    bases = {name: scene.base for name, scene in scenes.items()}
    settings = {name: scene.setting for name, scene in scenes.items()}
    if figure in PICTURES:
        return {"picture": figure, "bases": bases, "settings": settings}
    match figure:
        case "theory":
            return {}
        case "appendix_math":
            return {"scenes": list(scenes)}
        case "appendix_word_lists":
            return {"bases": bases, "settings": settings}
        case "appendix_places":
            return {"settings": settings}
        case "templates":
            return {"fresh": fresh(scenes), "traces": _traces(study)}
        case "scales":
            return {"fresh": fresh(scenes), "scales": _scales(study)}
        case _:
            return {"fresh": fresh(scenes)}


def _traces(study: CompositionStudy) -> int:
    """Chains of thought that an expert with a template reads unless its name says how many."""
    default = registry.options(SUBJECTS[WORLD].entry)["templates"][1]
    found: int = study.subjects[WORLD].material.get("templates", default)
    return found


def _scales(study: CompositionStudy) -> dict[str, float]:
    """Rule -> scale of the rules that are sums."""
    default = registry.options(METHODS[SUM].entry)["scale"][1]
    sums = {name: rule for name, rule in study.rules.items() if rule.method == SUM}
    return {name: rule.options.get("scale", default) for name, rule in sums.items()}


# products


def products(study: CompositionStudy) -> list[str]:
    """What the study is run for."""
    return [
        "<results>/tables/composition.md",
        *(f"<results>/tables/{name}.tsv" for name in tables(study)),
        *(drawing.file for drawing in drawings(study)),
    ]
