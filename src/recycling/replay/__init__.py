"""Published evaluation matrices put through this project's selection and statistics; no torch."""

# Each takes quality, by_task, methods and top.
FIGURES = {
    "selection": "recycling.replay.quality_figures:selection",
    "tasks": "recycling.replay.quality_figures:tasks",
    "methods": "recycling.replay.quality_figures:methods",
}
