"""What the tests of a hub share: a repository that it serves, and what it refuses."""

import pytest
from fake_hub import Repository
from pool_cases import BASE, COMMIT, fit

from recycling.hub.address import HubError
from recycling.hub.opening import connect

TAGS = ["peft", f"base_model:{BASE}", f"base_model:adapter:{BASE}", "license:mit"]


def repository(files=None, **changes):
    return Repository(files or fit(), **{"commit": COMMIT, "tags": TAGS, **changes})


def listed(bases=(BASE,), ids=()):
    """The listings over HTTP, by repository."""
    return {found.repo: found for found in connect("huggingface").repositories(bases, ids)}


def refused(function, *arguments):
    """The reason for which a hub does not give what it is asked for."""
    with pytest.raises(HubError) as error:
        function(*arguments)
    assert str(error.value) == f"{error.value.reason}: {error.value.detail}"
    return error.value.reason
