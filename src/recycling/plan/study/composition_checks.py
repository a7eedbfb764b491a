"""What the keys of a composition study must be together."""

from recycling.adapters import TWINS
from recycling.composition import FETCHED, SUBJECTS, methods
from recycling.ground import registry
from recycling.ground.errors import InputError
from recycling.plan.study.composition import CompositionStudy, Scene
from recycling.plan.study.faults import require
from recycling.plan.study.pool_checks import check_source

REMEDY = "correct it or declare it"


def checked(study: CompositionStudy) -> CompositionStudy:
    """The study; raises InputError for a name that it or a table does not have."""
    if study.base is not None:
        check_source(study.base.source)
    for name in study.subjects:
        _check_subject(study, name)
    for name, rule in study.rules.items():
        registry.check(methods(), rule.method, rule.options, f"rules.{name}.method")
        if rule.twin is not None:
            require(f"rules.{name}.twin", rule.twin, sorted(TWINS), "a kind of twin", REMEDY)
    for name, scene in study.scenes.items():
        _check_scene(study, f"scenes.{name}", scene)
    # Last, since a misspelt subject of a scene is named as that.
    for name in study.subjects:
        _check_asked(study, name)
    return study


def _check_subject(study: CompositionStudy, name: str) -> None:
    subject, where = study.subjects[name], f"subjects.{name}"
    registry.check(registry.entries(SUBJECTS), name, subject.material, where)
    parts = {"model": subject.model, "pretraining": subject.pretraining}
    given = [key for key, part in parts.items() if part is not None]
    if len(given) == 1:
        expected = "both model and pretraining, or neither"
        raise InputError("config", where, given, expected, "add the other")
    if not given and study.base is None:
        raise InputError(
            "config",
            where,
            "neither pretraining nor a base to fetch",
            "one of the two",
            "give the subject model and pretraining, or the study base.source",
        )


def _check_asked(study: CompositionStudy, name: str) -> None:
    asked = sorted({scene.subject for scene in study.scenes.values()})
    if name not in asked:
        remedy = "add one below scenes, or remove it"
        expected = "also a scene of this subject"
        raise InputError("config", f"subjects.{name}", asked, expected, remedy)


def _check_scene(study: CompositionStudy, where: str, scene: Scene) -> None:
    require(f"{where}.subject", scene.subject, sorted(study.subjects), "a subject", REMEDY)
    row = SUBJECTS[scene.subject]
    require(f"{where}.base", scene.base, row.bases, "a base", REMEDY)
    _check_trained_or_fetched(study, where, scene)
    require(f"{where}.setting", scene.setting, row.settings, "a setting", REMEDY)
    for library in scene.libraries:
        what = "one of the study's libraries"
        require(f"{where}.libraries", library, sorted(study.libraries), what, REMEDY)
    for rule in scene.rules:
        require(f"{where}.rules", rule, sorted(study.rules), "one of the study's rules", REMEDY)


def _check_trained_or_fetched(study: CompositionStudy, where: str, scene: Scene) -> None:
    """A base that is named as trained must not be a fetched one, and the other way round."""
    subject = f"subjects.{scene.subject}"
    trained = study.subjects[scene.subject].pretraining is not None
    if trained and scene.base == FETCHED:
        expected = f"a base that the study trains, since {subject} has pretraining"
        remedy = f"name another base, or remove model and pretraining of {subject}"
        raise InputError("config", f"{where}.base", scene.base, expected, remedy)
    if not trained and scene.base != FETCHED:
        expected = f"{FETCHED}, since {subject} has no pretraining"
        remedy = f"name the base {FETCHED}, or give {subject} model and pretraining"
        raise InputError("config", f"{where}.base", scene.base, expected, remedy)
