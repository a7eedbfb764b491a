"""The report in a real browser: what a reader sees, presses and types, without a network."""

import json
import re
from textwrap import shorten

import chromium
import pytest
import report_cases
from debian import Unavailable
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

pytestmark = pytest.mark.browser
NARROW = (390, 844)
LONG = "Is it true that " * 40 + "Osaka lies in Asia?"
# Elements that stand out of the screen to the right, but for what scrolls in a frame of its own.
OUTSIDE = """
[...document.querySelectorAll("body *")]
  .filter((one) => !one.closest(".scroll > *, nav *, dialog:not([open])"))
  .filter((one) => one.getBoundingClientRect().right > window.innerWidth + 1)
  .map((one) => one.outerHTML.slice(0, 80))
"""
# Texts whose colour is too near to what is behind them: WCAG 2.2, criterion 1.4.3, level AA.
FAINT = """
(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => numbers(colour).slice(0, 3).map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, place) => sum + one * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (one) => {
    for (; one !== null; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (numbers(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const contrast = (one) => {
    const both = [light(getComputedStyle(one).color), light(behind(one))].sort((a, b) => b - a);
    return (both[0] + 0.05) / (both[1] + 0.05);
  };
  const texts = [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility()
    && [...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
  const faint = texts.filter((one) => contrast(one) < 4.5);
  return [texts.length, faint.map((one) => one.outerHTML.slice(0, 80))];
})()
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    try:
        with chromium.browser(tmp_path_factory.mktemp("profile")) as running:
            yield running
    except Unavailable as reason:
        pytest.skip(shorten(f"no Chromium here: {reason}", 250))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The report of each kind of study as a file, and what else is asked for by its name."""
    folder = tmp_path_factory.mktemp("reports")
    made = {}

    def file(name, study=None, said=None):
        if name not in made:
            results = report_cases.copied(study or name, folder / name)
            if said is not None:
                report_cases.answer(report_cases.study_of(study), results, *said)
            made[name] = folder / f"{name}.html"
            made[name].write_text(report_cases.made(study or name, results))
        return made[name]

    return file


@pytest.fixture(
    scope="module", params=["smollm2", "composition", "word_lists", "preconditions", "replay"]
)
def kind(request, browser, files):
    """A report of each kind of study, opened once: its address, what it said and asked for."""
    page = files(request.param)
    browser.screen(1280, 900)
    requests(browser)
    browser.said()
    browser.open(page)
    return page.as_uri(), browser.said(), requests(browser)


@pytest.fixture
def show(browser, files):
    """Open the report of a study in a fresh page, on a wide and light screen."""

    def opened(*asked):
        browser.screen(1280, 900)
        browser.colours("light")
        browser.open(files(*asked))
        return browser

    return opened


@pytest.fixture
def default(show):
    return show("default", "smollm2", (" Asia", (LONG, "Accra", "Osaka")))


def requests(browser):
    """Addresses asked for since this was asked last, but those within the file or the program."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    return [address for address in asked if not address.startswith(("data:", "chrome:"))]


def texts(browser, selector):
    return browser.js(
        "[...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector
    )


def choose(browser, **wanted):
    for name, value in wanted.items():
        Select(browser.find_element(By.ID, name.replace("_", "-"))).select_by_visible_text(value)


def shown(browser):
    """Task with replicate, and example, of each row of the browser of answers."""
    rows = browser.js(
        "[...document.querySelectorAll('#browser-table tbody tr')]"
        ".map((one) => [one.cells[1].textContent, one.cells[0].textContent])"
    )
    return [tuple(row) for row in rows]


# every kind of study


def test_it_opens_from_disk_and_asks_for_nothing(kind, browser):
    address, said, asked = kind
    assert said == []
    assert asked == [address]
    pictures = browser.js("[...document.images].map((one) => one.complete && one.naturalWidth)")
    assert pictures
    assert all(pictures)


@pytest.mark.usefixtures("kind")
def test_light_and_dark_can_both_be_read(browser):
    behind = {}
    for scheme in ("dark", "light"):
        browser.colours(scheme)
        behind[scheme] = browser.js("getComputedStyle(document.body).backgroundColor")
        number, faint = browser.js(FAINT)
        assert number > 100
        assert faint == []
    assert behind["light"] != behind["dark"]


@pytest.mark.usefixtures("kind")
def test_a_narrow_screen_does_not_scroll_sideways(browser):
    browser.screen(*NARROW)
    browser.js("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert browser.js("document.documentElement.scrollWidth") == NARROW[0]
    assert browser.js(OUTSIDE) == []
    # A figure keeps its size in a frame of its own: its letters would be too small to read.
    assert browser.js("[...document.images].every((one) => one.width === one.naturalWidth)")


# the policy


def test_a_page_that_asks_a_network_would_be_found(browser, tmp_path):
    page = tmp_path / "asks.html"
    page.write_text('<meta charset="utf-8"><img src="http://127.0.0.1:9/x.png">')
    requests(browser)
    browser.said()
    browser.open(page)
    assert "http://127.0.0.1:9/x.png" in requests(browser)
    assert len(browser.said()) == 1


def test_the_policy_stops_what_a_page_was_made_to_ask(default):
    asks = "Object.assign(new Image(), {src: 'http://127.0.0.1:9/x'})"
    runs = "Object.assign(document.createElement('script'), {text: 'window.ran = 1'})"
    default.js(f"document.body.append({asks}, {runs})")
    assert default.js("window.ran") is None
    said = default.said()
    assert len(said) == 2
    assert all("Content Security Policy" in line for line in said)


# tables


def test_a_head_sorts_its_table_by_mouse_and_by_keyboard(default):
    column = "#arms tbody td:nth-child(3)"
    values = [float(text.split()[0]) for text in texts(default, column)]
    head = default.find_elements(By.CSS_SELECTOR, "#arms thead button")[2]
    head.click()
    assert [float(text.split()[0]) for text in texts(default, column)] == sorted(values)
    head.send_keys(Keys.ENTER)
    assert [float(text.split()[0]) for text in texts(default, column)] == sorted(values)[::-1]
    sorted_by = texts(default, "#arms th[aria-sort=descending]")
    assert sorted_by == ["exact match"]


def test_numbers_are_sorted_as_numbers_and_what_is_missing_stays_last(default):
    heads = default.find_elements(By.CSS_SELECTOR, "#arms thead button")
    place = texts(default, "#arms thead th").index("exact match minus fresh")
    for _ in "up", "down":
        heads[place].click()
        cells = texts(default, f"#arms tbody td:nth-child({place + 1})")
        numbers = [
            float(re.match(r"[+-][\d.]+", cell.strip())[0]) for cell in cells if cell.strip()
        ]
        assert numbers in (sorted(numbers), sorted(numbers)[::-1])
        assert 0 < len(numbers) < len(cells)
        assert not any(cell.strip() for cell in cells[len(numbers) :])


def test_a_long_table_is_searched(show):
    page = show("composition")
    page.js("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    field = page.find_element(By.CSS_SELECTOR, "#tables input[type=search]")
    table = "arguments[0].closest('.table').querySelectorAll('tbody tr')"
    rows = page.js(f"[...{table}].map((one) => one.textContent)", field)
    field.send_keys("F_PCI")
    left = page.js(
        f"[...{table}].filter((one) => one.checkVisibility()).map((one) => one.textContent)", field
    )
    assert 20 < len(rows) > len(left) > 0
    assert left == [row for row in rows if "f_pci" in row.lower()]


# the browser of answers


def test_answers_are_filtered_by_task_replicate_and_who_was_right(default):
    assert len(shown(default)) == 45
    choose(default, by_task="past_tense")
    assert {unit.split()[0] for unit, _ in shown(default)} == {"past_tense"}
    choose(default, by_replicate="2")
    assert [unit for unit, _ in shown(default)] == ["past_tense 2"] * 3
    choose(default, a_arm="fresh", a_is="right", b_arm="adaptive", b_is="wrong")
    assert [example for _, example in shown(default)] == [f"{LONG[:80]}...", "Osaka"]
    assert default.find_element(By.ID, "browser-count").text == "2 of 45 examples"
    choose(default, b_is="right")
    assert [example for _, example in shown(default)] == ["Accra"]
    choose(default, a_is="wrong")
    assert shown(default) == []


def test_columns_can_be_those_of_two_arms_alone(default):
    choose(default, a_arm="fresh", b_arm="adaptive", columns="A and B")
    assert texts(default, "#browser-table th") == ["example", "task", "right", "fresh", "adaptive"]
    choose(default, columns="all arms")
    assert len(texts(default, "#browser-table th")) == 3 + len(
        report_cases.study_of("smollm2").arms
    )


def test_answers_are_sorted_by_a_score_of_an_arm(default):
    choose(default, by_task="past_tense", by_replicate="0", sort_metric="nll per answer token")
    assert [example for _, example in shown(default)] == [f"{LONG[:80]}...", "Accra", "Osaka"]
    choose(default, sort_down="high")
    assert [example for _, example in shown(default)] == ["Osaka", "Accra", f"{LONG[:80]}..."]


@pytest.mark.parametrize("key", [None, Keys.ENTER, Keys.SPACE])
def test_a_row_opens_with_its_whole_prompt_and_every_answer(default, key):
    row = default.find_element(By.CSS_SELECTOR, "#browser-table tbody button")
    row.click() if key is None else row.send_keys(key)
    assert default.find_element(By.ID, "example").is_displayed()
    prompt = default.find_element(By.ID, "example-prompt").text
    assert LONG in prompt
    assert "Where?" in prompt
    arms = [*report_cases.study_of("smollm2").arms]
    assert texts(default, "#example-said tbody th") == arms
    fresh = default.find_elements(By.CSS_SELECTOR, "#example-said tbody tr")[arms.index("fresh")]
    assert " ".join(fresh.text.split()) == "fresh Asia yes 1 1 0.25 1 0.5 1.25 one--adapter"
    default.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not default.find_element(By.ID, "example").is_displayed()
    assert default.switch_to.active_element == row


def test_every_control_is_reached_by_tab_and_has_a_name(default):
    names = default.js(
        "[...document.querySelectorAll('select, input, button, [tabindex=\"0\"]')].map((one) => "
        "one.getAttribute('aria-label') || one.labels?.[0]?.textContent || one.textContent)"
    )
    assert all(name.strip() for name in names)
    default.find_element(By.ID, "by-task").send_keys(Keys.TAB)
    assert default.switch_to.active_element.get_attribute("id") == "by-replicate"


def test_an_example_fits_on_a_narrow_screen(default):
    default.screen(*NARROW)
    default.find_element(By.CSS_SELECTOR, "#browser-table tbody button").click()
    assert default.js("document.documentElement.scrollWidth") == NARROW[0]
    assert default.js(OUTSIDE) == []
    assert default.js("document.getElementById('example').scrollWidth") <= NARROW[0]


# strangers


@pytest.mark.hostile
def test_answers_that_are_markup_or_turn_the_reading_change_nothing(default, show):
    kinds = "[...new Set([...document.querySelectorAll('*')].map((one) => one.tagName))].sort()"
    default.find_element(By.CSS_SELECTOR, "#browser-table tbody button").click()
    before = default.js(kinds)
    attack = (
        "</script><script>window.ran=1</script><img src=x onerror=window.ran=1>\u202e\u2066<b>x"
    )
    page = show("hostile", "smollm2", (attack, (attack, "Accra", "Osaka")))
    page.find_element(By.CSS_SELECTOR, "#browser-table tbody button").click()
    assert page.js(kinds) == before
    assert page.js("window.ran") is None
    assert page.said() == []
    seen = attack.replace("\u202e\u2066", r"\u202e\u2066")
    assert seen in page.find_element(By.ID, "example-prompt").text
    assert seen in page.find_element(By.ID, "example-said").text
    assert not re.search("[\u202e\u2066]", page.js("document.body.textContent"))
