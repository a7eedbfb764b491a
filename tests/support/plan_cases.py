"""The toy study as the plan sees it: whole, with changes, or with some of its arms."""

import copy

import studies
import yaml
from hypothesis import strategies as st

from recycling.plan.study.file import complete
from recycling.plan.study.merging import MergingStudy

TOY = yaml.safe_load((studies.ROOT / "tests/toy/config.yaml").read_text())
# A second task that may be a target: the community learns the other one.
TOY["tasks"]["third_person"] = {"source": "builtin"}
# Enough adapters for any k of the tests.
MANY = {f"a{number}": TOY["community"]["plurals"] for number in range(9)} | TOY["community"]


def changed(**changes: object) -> MergingStudy:
    """The toy study with other top-level keys; dotted ones are written with two underscores."""
    study = copy.deepcopy(TOY)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = study
        for key in parents:
            place = place.setdefault(key, {})
        place[last] = value
    found = complete(study)
    assert isinstance(found, MergingStudy)
    return found


def of_arms(arms: dict[str, object], **changes: object) -> MergingStudy:
    """The toy study with these arms and no experiment but the main comparison."""
    return changed(arms=arms, experiments={}, **changes)


STUDY = changed()
# Toy studies with some of the arms, one or more replicates and one or two targets.
STUDIES = st.builds(
    lambda arms, replicates, targets, resample, experiments: (
        of_arms(
            {name: TOY["arms"][name] for name in arms},
            replicates=replicates,
            targets=targets,
            pool__kin={target: {"sibling": ["plurals"]} for target in targets},
            protocol__resample=resample,
        )
        if experiments is None
        else changed(replicates=replicates)
    ),
    arms=st.lists(st.sampled_from(sorted(TOY["arms"])), min_size=1, unique=True),
    replicates=st.integers(1, 3),
    targets=st.lists(st.sampled_from(["months", "third_person"]), min_size=1, unique=True),
    resample=st.booleans(),
    experiments=st.none() | st.just("all"),
)
