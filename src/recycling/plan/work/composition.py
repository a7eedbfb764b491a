"""What the worlds, bases, experts and answers of a composition study take."""

from typing import Any

from recycling.composition import SUBJECTS, methods
from recycling.ground import seeds
from recycling.plan.study.composition import (
    CompositionStudy,
    ExpertRecipe,
    Pretraining,
    SceneRecipe,
    Shape,
    SubjectSettings,
)
from recycling.plan.work.base import code

# subjects


def subject_entry(_: CompositionStudy, subject: str) -> str:
    """The function that draws a subject's material."""
    return SUBJECTS[subject].entry


def subject_material(study: CompositionStudy, subject: str) -> dict[str, Any]:
    """The options of that function."""
    return study.subjects[subject].material


def subject_scenes(study: CompositionStudy, subject: str) -> list[str]:
    """The scenes of a subject; none of one that the study has not."""
    return [name for name, scene in study.scenes.items() if scene.subject == subject]


def subject_replicates(study: CompositionStudy, subject: str) -> list[str]:
    """The replicates of a subject by their names, which are numbers from 0."""
    return [str(number) for number in range(study.subjects[subject].replicates or study.replicates)]


def world_seed(study: CompositionStudy, subject: str, replicate: str) -> int:
    """The root of all randomness of one replicate of a subject: its world, bases and experts."""
    return seeds.derive(study.seed, subject, replicate)


# bases that the study trains


def trained_bases(study: CompositionStudy) -> list[str]:
    """The bases that are trained, sorted."""
    scenes = study.scenes.items()
    return sorted({scene.base for name, scene in scenes if trains_base(study, name)})


def base_subject(study: CompositionStudy, base: str) -> str:
    """The subject whose texts a base has read."""
    return next(scene.subject for scene in study.scenes.values() if scene.base == base)


def base_entry(study: CompositionStudy, base: str) -> str:
    """The function that draws the material of a base."""
    return subject_entry(study, base_subject(study, base))


def base_material(study: CompositionStudy, base: str) -> dict[str, Any]:
    """The options of that function."""
    return subject_material(study, base_subject(study, base))


def base_shape(study: CompositionStudy, base: str) -> Shape | None:
    """The shape of a base."""
    return study.subjects[base_subject(study, base)].model


def base_recipe(study: CompositionStudy, base: str) -> Pretraining | None:
    """How a base is trained."""
    return study.subjects[base_subject(study, base)].pretraining


def base_seed(study: CompositionStudy, base: str, replicate: str) -> int:
    """The root of all randomness of the world that a base belongs to."""
    return world_seed(study, base_subject(study, base), replicate)


def base_code(study: CompositionStudy, base: str) -> str:
    """Digest of the script and of the subject."""
    return code("composition/pretrain_base", base_entry(study, base))


# experts and answers of a scene


def _settings(study: CompositionStudy, scene: str) -> SubjectSettings:
    return study.subjects[study.scenes[scene].subject]


def scene_entry(study: CompositionStudy, scene: str) -> str:
    """The function that draws the material of a scene."""
    return subject_entry(study, study.scenes[scene].subject)


def scene_material(study: CompositionStudy, scene: str) -> dict[str, Any]:
    """The options of that function."""
    return subject_material(study, study.scenes[scene].subject)


def scene_seed(study: CompositionStudy, scene: str, replicate: str) -> int:
    """The root of all randomness of the world of a scene."""
    return world_seed(study, study.scenes[scene].subject, replicate)


def trains_base(study: CompositionStudy, scene: str) -> bool:
    """Whether the study trains the base of a scene itself."""
    return _settings(study, scene).pretraining is not None


def scene_base(study: CompositionStudy, scene: str, replicate: str) -> str:
    """The base of a scene: trained by the study, or fetched."""
    if not trains_base(study, scene):
        return "<results>/base/model"
    return f"<results>/bases/{study.scenes[scene].base}/{replicate}/model"


def scene_runtime(study: CompositionStudy, scene: str) -> str | list[str]:
    """What the test of a fetched base found to be right for it; nothing for other bases."""
    return [] if trains_base(study, scene) else "<results>/base/runtime.json"


def scene_setting(study: CompositionStudy, scene: str) -> str:
    """What is invented in a scene, and what its experts read."""
    return study.scenes[scene].setting


def scene_experts(study: CompositionStudy, scene: str) -> list[str]:
    """The experts of a scene."""
    return study.recipe(scene).experts


def expert_recipe(study: CompositionStudy, scene: str) -> ExpertRecipe:
    """How the experts of a scene are trained."""
    return _settings(study, scene).lora


def scene_recipe(study: CompositionStudy, scene: str) -> SceneRecipe:
    """A scene with its libraries and rules spelled out."""
    return study.recipe(scene)


def training_code(study: CompositionStudy, scene: str) -> str:
    """Digest of the script and of the subject."""
    return code("composition/train_experts", scene_entry(study, scene))


def asking_code(study: CompositionStudy, scene: str) -> str:
    """Digest of the script, of the subject and of the methods of the scene's rules."""
    used = {rule.method for rule in scene_recipe(study, scene).rules.values()}
    merges = [entry for name, entry in methods().items() if name in used]
    return code("composition/ask_libraries", scene_entry(study, scene), *merges)
