"""The shipped studies of the kinds that do not merge for a task: complete, and as they say."""

import pytest
import studies
import yaml

from recycling.plan.study.file import complete, keys_of

FILES = [
    *(f"workflow/studies/{name}.yaml" for name in ("composition", "word_lists", "replay")),
    "workflow/studies/preconditions.yaml",
    "tests/toy/composition.yaml",
    "tests/toy/preconditions.yaml",
]


@pytest.mark.parametrize("file", FILES)
def test_a_study_is_complete_and_its_keys_make_it_again(file):
    keys = yaml.safe_load((studies.ROOT / file).read_text())
    study = complete(keys)
    assert study.study == keys["study"]
    assert complete(keys_of(study)) == study
