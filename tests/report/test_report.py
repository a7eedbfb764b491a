"""The report of a study as a file: what stands in it, that it is safe, and the same each time."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote
from xml.etree import ElementTree

import pandas as pd
import pytest
import report_cases

from recycling.ground import tables
from recycling.report import analyses, answers, cells, glossary, look, text
from recycling.report.page import Figure, picture
from recycling.report.questions import CLAIMS
from recycling.verdict.contrasts import QUESTIONS

LIMIT = 3_000_000


class Elements(HTMLParser):
    """The elements of a page with their attributes, and what stands in each script."""

    def __init__(self, page):
        super().__init__()
        self.found, self.inside, self.scripts = [], None, []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.inside = tag

    def handle_data(self, data):
        if self.inside in ("script", "style"):
            self.scripts.append((self.inside, data))
            self.inside = None


@pytest.fixture(scope="module")
def default(tmp_path_factory):
    """The folder of the default study's reference, and its report."""
    results = report_cases.copied("smollm2", tmp_path_factory.mktemp("report"))
    return results, report_cases.made("smollm2", results)


def test_the_same_files_give_the_same_bytes(default):
    results, page = default
    assert report_cases.made("smollm2", results) == page


def test_it_is_one_file_below_three_megabytes_that_asks_for_nothing(default):
    _, page = default
    assert len(page.encode()) < LIMIT
    elements = Elements(page).found
    addresses = {a[key] for _, a in elements for key in ("src", "href") if key in a}
    assert {address[:5] for address in addresses if address[0] != "#"} == {"data:"}
    assert not [a for _, a in elements for key in a if key.startswith("on") or key == "style"]


def test_the_policy_lets_run_what_is_ours_alone(default):
    elements = Elements(default[1])
    policy = next(a["content"] for _, a in elements.found if "http-equiv" in a)
    ours = {
        f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
        for _, code in elements.scripts
        if not code.startswith("{")
    }
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert set(re.findall(r"'sha256-\S+'", policy)) == ours


def test_the_answer_stands_first_with_its_intervals(default):
    _, page = default
    head = re.sub(r"<span class=\"meaning\".*?</span>|<[^>]*>", "", page.split("<section")[0])
    assert "Train a fresh LoRA: in shares of right answers, adaptive minus fresh is -0.119" in head
    assert "[-0.182, -0.057] (worse)" in head


def test_sections_stand_in_the_order_in_which_one_asks(default):
    names = re.findall(r'<section id="([\w-]+)"', default[1])
    order = ["change", "differences", "arms", "questions", "reliability", "variance", "optimism"]
    order += ["transfer", "answers", "pool", "cost", "training"]
    assert names == [*order, "made", "words"]


def test_every_arm_has_a_line_and_every_rejected_repository_its_reason(default):
    results, page = default
    for arm in report_cases.study_of("smollm2").arms:
        assert f"<code>{arm}</code>" in page
    assert "Random twins (norm) of: 3 adapters of the pool, chosen by evaluation; " in page
    lost = tables.read_table(results / "pool/rejected.tsv", "rejected")
    for row in lost.itertuples():
        assert re.search(rf"{re.escape(row.repo)}</td>\s*<td>{row.reason}</td>", page)


def test_a_study_that_cannot_tell_of_its_pool_says_so_in_a_line():
    said = analyses.optimism([], None)
    assert "it is not known how much better such adapters look than they are" in said.body
    assert "<table" not in said.body
    assert "not known which adapter helps" in analyses.transfer([], None).body


def test_every_question_has_a_claim_and_a_refutation():
    assert set(CLAIMS) == set(QUESTIONS)


def test_a_pool_of_a_thousand_is_listed_with_what_is_left_out():
    pool = pd.DataFrame({"repo": [f"owner/{i}" for i in range(1000)], "rank": range(1000)})
    page = cells.of_frame(pool, 2000, "pool/rejected.tsv")
    assert page.count("<tr>") == 1001
    assert "1000 rows of pool/rejected.tsv." in page
    assert "The first 10 of 1000 rows; all are in p.tsv" in cells.of_frame(pool, 10, "p.tsv")


@pytest.mark.hostile
def test_texts_of_strangers_are_no_markup_in_the_report(tmp_path):
    results = report_cases.copied("smollm2", tmp_path)
    attack = '</script><script>alert(1)</script><img src=x onerror=alert(1)>"\u202e{{ 7*7 }}'
    rejected = tables.read_table(results / "pool/rejected.tsv", "rejected")
    before = Elements(report_cases.made("smollm2", results)).found
    for column in ("repo", "owner", "licence", "reason", "detail"):
        rejected.loc[0, column] = attack
    tables.write_table(rejected, results / "pool/rejected.tsv", "rejected")
    page = report_cases.made("smollm2", results)
    kinds = [tag for tag, _ in Elements(page).found if tag in ("script", "img")]
    assert kinds == [tag for tag, _ in before if tag in ("script", "img")]
    assert "\u202e" not in page
    assert "{{ 7*7 }}" in page
    assert "onerror=alert(1)&gt;" in page


def data_of(page):
    """What the browser of answers reads."""
    return json.loads(page.split('id="answers-data">')[1].split("</script>")[0])


def test_the_browser_has_prompt_answers_scores_likelihoods_and_what_was_worn(default):
    data = data_of(default[1])
    study = report_cases.study_of("smollm2")
    assert data["arms"] == list(study.arms)
    assert len(data["rows"]) == 2 * 15
    row = data["rows"][0]
    assert "Where?" in row["prompt"]
    assert "Osaka" in row["prompt"]
    assert row["said"]["fresh"] == [" Asia", True, [0.5, 1.25], 1.0, 1.0, 0.25, 1.0]
    assert data["worn"][f"fresh/{row['task']}/{row['replicate']}"] == ["one--adapter"]


def test_rows_of_the_browser_are_capped_with_a_word_and_every_unit_has_its_share(
    default, monkeypatch
):
    monkeypatch.setattr(answers, "BUDGET", 12_000)
    page = report_cases.made("smollm2", default[0])
    rows = data_of(page)["rows"]
    assert len({(row["task"], row["replicate"]) for row in rows}) == len(rows) < 30
    assert f"{len(rows)} of 30 examples are here" in page


@pytest.mark.hostile
def test_an_answer_that_is_markup_or_turns_the_reading_changes_nothing(tmp_path):
    results = report_cases.copied("smollm2", tmp_path)
    before = Elements(report_cases.made("smollm2", results)).found
    attack = "</script><script>alert(1)</script><!--\u202e\u2066 \x1b[31m"
    names = (attack, f"<img src=x onerror=alert(1)>{attack}")
    report_cases.answer(report_cases.study_of("smollm2"), results, attack, names)
    page = report_cases.made("smollm2", results)
    assert [tag for tag, _ in Elements(page).found] == [tag for tag, _ in before]
    assert not {"\u202e", "\u2066", "\x1b"} & {*page}
    said = data_of(page)["rows"][0]["said"]["fresh"][0]
    assert said == r"</script><script>alert(1)</script><!--\u202e\u2066 \x1b[31m"


OTHERS = {
    "composition": ["Of 77 comparisons 59", "What would contradict the paper"],
    "word_lists": ["comparisons", "Problems in invented words"],
    "preconditions": ["Would these adapters answer two-hop questions together?", "The pool"],
    "replay": ["rank correlation", "Methods, means over tasks"],
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_kinds_of_study_have_their_page_figures_and_tables_in_the_same_frame(name, tmp_path):
    page = report_cases.made(name, report_cases.copied(name, tmp_path))
    assert len(page.encode()) < LIMIT
    for said in OTHERS[name]:
        assert said in page
    assert page.count("<figure>") == len(
        [*(report_cases.REFERENCE / name / "figures").glob("*.svg")]
    )
    assert page.index('id="figure"') < page.index('id="tables"') < page.index('id="made"')


# drawings

NUMBER = re.compile(r"\b\d+\.\d+")


def drawn(svg: str) -> tuple[list[str], list[float]]:
    """What an SVG draws in the groups around it, with its numbers apart."""
    shapes, numbers = [], []

    def walk(element, around):
        tag = element.tag.rpartition("}")[2]
        here = {key: " ".join(said.split()) for key, said in element.items()}
        if tag == "g":
            here.pop("id", None)
        if tag in ("path", "use", "rect", "image"):
            said = str((*around, tag, here))
            shapes.append(NUMBER.sub("", said))
            numbers.extend(map(float, NUMBER.findall(said)))
        for inner in element:
            walk(inner, (*around, here))

    walk(ElementTree.fromstring(svg), ())
    return shapes, numbers


@pytest.mark.parametrize("name", ["smollm2", "composition", "validity"])
def test_a_figure_in_the_page_draws_what_its_file_draws(name):
    for file in (report_cases.REFERENCE / name / "figures").glob("*.svg"):
        [address] = [
            attributes["src"]
            for _, attributes in Elements(str(picture(Figure(file.stem, str(file), None)))).found
            if "src" in attributes
        ]
        short = unquote(address.partition(",")[2])
        assert len(short) < 0.95 * len(file.read_text())
        names = set(re.findall(r"id='([^']+)'", short))
        assert set(re.findall(r"(?:href='|url\()#([\w-]+)", short)) <= names
        (ours, here), (theirs, there) = drawn(short), drawn(file.read_text())
        assert ours == theirs
        assert here == pytest.approx(there, abs=0.01)


# glossary


WORDS = {"pool": "All adapters.", "fresh LoRA": "A `LoRA`.", "LoRA": "An adapter.", "part": "No."}


def test_a_word_is_explained_where_it_first_stands_and_never_in_a_name():
    page = "<h2>The pool</h2><p><code>pool</code> in part the pools, a Fresh LoRA, the pool</p>"
    said = glossary.explained(text.Markup(page), WORDS)
    assert said.count('class="meaning"') == 2
    assert said.startswith("<h2>The pool</h2><p><code>pool</code> in part the <dfn")
    assert (
        '<dfn tabindex="0">Fresh LoRA<span class="meaning" role="note">A <code>LoRA</code>' in said
    )


def test_every_word_of_the_glossary_stands_on_the_page(default):
    words = glossary.read(look.WORDS.read_text())
    assert len(words) > 30
    for word in words:
        assert f"<dt>{word}</dt>" in default[1]


# Markdown and intervals


@pytest.mark.hostile
@pytest.mark.parametrize("bad", ["<b>x</b>", "<script>x</script>", "![a](http://x)", "<http://x>"])
def test_markdown_makes_no_markup_of_what_is_html_or_an_address(bad):
    made = text.html(f"| a |\n| --- |\n| {bad} |\n\n{bad}")
    assert not re.search(r"<(b|script|img|a)\b", made)


def test_an_interval_is_drawn_to_scale():
    on = cells.scale([-0.5], [0.5], 0.1)
    drawn = on.strip(0.0, -0.5, 0.5)
    assert drawn.at == drawn.zero == cells.WIDTH / 2
    assert drawn.start + drawn.end == pytest.approx(cells.WIDTH)
    assert drawn.band is not None
    assert sum(drawn.band) == cells.WIDTH
