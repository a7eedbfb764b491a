"""What the keys of a replay must be together: every name that it uses is declared."""

from recycling.plan.study.faults import require
from recycling.plan.study.replay import ReplayStudy

REMEDY = "correct it or declare it"


def checked(study: ReplayStudy) -> ReplayStudy:
    """The study; raises InputError for a name that it does not declare."""
    matrices = {"labelled": study.labelled} | {
        f"outcomes.{name}": matrix for name, matrix in study.outcomes.items()
    }
    files = {}
    for where, matrix in matrices.items():
        files[f"{where}.file"] = matrix.file
        for task in matrix.columns:
            require(f"{where}.columns", task, sorted(study.tasks), "a task", REMEDY)
        if matrix.base is not None:
            files[f"{where}.base.file"] = matrix.base.file
    if study.adapters is not None:
        files["adapters"] = study.adapters
    files |= {f"methods.{name}.file": method.file for name, method in study.methods.items()}
    for where, file in files.items():
        require(where, file, sorted(study.files), "a file", REMEDY)
    for position, pair in enumerate(study.contrasts):
        for side, name in (("method", pair.method), ("reference", pair.reference)):
            known = sorted(study.methods)
            require(f"contrasts.{position}.{side}", name, known, "a method", REMEDY)
    return study
