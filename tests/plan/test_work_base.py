"""Devices, digests of code, and patterns of wildcards."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recycling.ground.provenance import source_digest
from recycling.plan.study.base import Runtime
from recycling.plan.work import base


@pytest.mark.parametrize(
    ("device", "driver", "found"),
    [("cpu", "x", 0), ("cuda", None, 1), ("auto", "x", 1), ("auto", None, 0)],
)
def test_jobs_ask_for_a_gpu_where_there_is_one_or_the_study_says_so(
    monkeypatch, device, driver, found
):
    monkeypatch.setattr(base.shutil, "which", lambda name: driver and f"/usr/bin/{name}")
    assert base.gpus(Runtime(device=device)) == found


def test_code_is_that_of_the_script_and_of_the_modules_of_entries():
    script = "merging/merge_adapters"
    assert base.code(script) == source_digest(script)
    assert base.code(script, "recycling.merging.ties:ties") == source_digest(
        script, "recycling.merging.ties"
    )
    assert base.code(script, "recycling.merging.ties:ties") != base.code(script)


def test_functions_of_one_module_share_their_code():
    codes = {
        base.code("merging/merge_adapters", f"recycling.merging.{entry}")
        for entry in ("ties:ties", "ties:knots", "spectral:tsv")
    }
    assert len(codes) == 2


def test_a_name_is_itself_and_no_pattern():
    assert base.one_of(["a", "b.c"]) == r"a|b\.c"
    assert re.fullmatch(base.one_of(["a+"]), "aa") is None


def test_of_no_names_nothing_matches():
    assert not any(re.search(base.one_of([]), text) for text in ("", "a", "\n"))


@given(st.lists(st.text(min_size=1)), st.text())
def test_a_wildcard_is_one_of_the_names(names, text):
    assert (re.fullmatch(base.one_of(names), text) is not None) == (text in names)
