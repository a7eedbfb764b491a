"""The page of performance and the README hold what `make bench` measured."""

import describe_performance
import pytest
from bench_cases import GROWN, SPENT, times

from benchmarks import program
from recycling.ground.errors import InputError


@pytest.fixture
def reference(tmp_path):
    program.write(tmp_path / "bench", 2, times(ratio=2.5), GROWN, SPENT)
    return tmp_path / "bench"


def test_pages_show_every_row(reference):
    pages = {page.name: text for page, text in describe_performance.pages(reference).items()}
    full, brief = pages["performance.md"], pages["README.md"]
    assert "| fresh LoRA | PEFT and Trainer | ≥ 3 | 1 | no |" in full
    assert (
        "| ties in full space, 4096 x 4096, k = 30, r = 16 |  | ≤ 8 core s | 5 core s | yes |"
        in full
    )
    assert (
        "| default study, share of its core seconds for starting up |  | ≤ 0.1 | 0.5 | no |" in full
    )
    assert "| coefficient step, k = 5 | ours | 1 | 5 | 2.5 | 0 | 3 |" in full
    assert "| w | rows | 1: 0.1 s | 4: 0.4 s | 1.00 |" in full
    assert "| all | 1 | 1 | 2 | 1 |" in full
    assert "| fresh LoRA | PEFT and Trainer | 2.5 |" in brief
    assert "| ours |" not in brief.partition(describe_performance.BEGIN)[2]


def test_what_is_shown_is_the_reference():
    if not describe_performance.REFERENCE.is_dir():
        pytest.skip("no run of the benchmarks is kept")
    for page, text in describe_performance.pages(describe_performance.REFERENCE).items():
        assert page.read_text() == text, "run `make performance`"


def test_a_page_without_marks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("nothing\n")
    with pytest.raises(InputError, match=r"page.md: marks: found 'none'"):
        describe_performance.filled(page, [])
