"""Figures of a composition study: they draw, and show what their captions promise."""

import pandas as pd
import pytest

from recycling.composition import FIGURES, SUBJECTS, claims, figure_parts
from recycling.composition.claim_figures import MARKS
from recycling.composition.pictures import PICTURES
from recycling.composition.sweep_figures import read_traces
from recycling.ground import registry, tables
from recycling.output import style

SCENES = ("F_Pci", "F_Pcr", "Rn_Pcr")
FRESH = {"fresh": {"F_Pci": "Pci", "F_Pcr": "Pcr"}}
SCALES = {"sum": 1.0, "sum_05": 0.5, "sum_03": 0.3}
ASKED = {"F_Pci": ("Pci", "F"), "F_Pcr": ("Pcr", "F"), "Rn_Pcr": ("Pcr", "Rn")}
WORD_LISTS = ("code", "direct")
LIBRARIES = ("base", "AB", "L2", "L2+T", "L2+Tx", "L2+T25")
MEASURES = ("hop1", "hop2", "chain", "chain_steps", "direct_choice")
RULES = ("uniform", "sum", "sum_05", "sum_03", "arrow", "learned")
ROLES = ("start", "entity", "before the bridge")


def shares(scenes, libraries, measures, replicates):
    keys = [
        (scene, library, rule, measure)
        for scene in scenes
        for library in libraries
        for rule in ({"base": ["none"], "AB": ["alone"]}.get(library, RULES))
        for measure in measures
    ]
    return [
        {
            **dict.fromkeys(tables.columns("composition")),
            **dict(zip(("scene", "library", "rule", "measure"), key, strict=True)),
            "n": 8,
            "replicates": replicates,
            "right": 4,
            "share": 0.5,
            "low": 0.4,
            "high": 0.7,
            "chance": 1 / 8 if key[3] == "direct_choice" else None,
            "majority": 0.25,
        }
        for key in keys
    ]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Figure name -> its named tables and settings."""
    folder = tmp_path_factory.mktemp("figures")

    def stored(rows, schema, name):
        path = folder / f"{name}.tsv"
        tables.write_table(rows, path, schema)
        return str(path)

    two_hop = stored(shares(SCENES, LIBRARIES, MEASURES, 1), "composition", "two_hop")
    levels = ("level1", "level2", "level3")
    math = stored(shares(["problems"], ("AB", "L2", "running"), levels, 3), "composition", "math")
    forms = ("words_a", "words_b", "mixed")
    lists = stored(shares(WORD_LISTS, ("A", "words"), forms, 3), "composition", "word_lists")
    named = ("hop1", "hop1_choice", "hop2", "hop2_choice", "direct_choice", "chain")
    real = stored(shares(["F_real", "H_real"], ("base", "L2"), named, 1), "composition", "places")
    weights = [
        (*at, 8, 1, 0.5 + (0.2 if at[-1] == "AB" else -0.2), 0.4, 0.8, 0.6)
        for scene in SCENES
        for place, role in enumerate(ROLES)
        for layer in (0, 1)
        for expert in ("AB", "BC")
        for at in [(scene, "L2", "arrow", "chain", place, role, layer, expert)]
    ]
    frame = pd.DataFrame(weights, columns=[*tables.columns("routing")])
    world = {"shares": two_hop, **FRESH}
    return {
        **dict.fromkeys([f"appendix_{name}" for name in ("libraries", "hops", "rules")], world),
        **{name: claim(name, two_hop, ASKED) for name in PICTURES if name not in SUBJECTS},
        "word_lists": claim("word_lists", lists, {name: ("problems", name) for name in WORD_LISTS}),
        "places": claim("places", real, {f"{name}_real": ("fetched", name) for name in "FH"}),
        "templates": {**world, "traces": 40},
        "scales": {**world, "scales": SCALES},
        "math": claim("math", math, {"problems": ("sums", "all")}),
        "appendix_math": {"shares": math, "scenes": ["problems"]},
        "appendix_word_lists": {
            "shares": lists,
            "bases": dict.fromkeys(WORD_LISTS, "problems"),
            "settings": {name: name for name in WORD_LISTS},
        },
        "appendix_places": {"shares": real, "settings": {"F_real": "F", "H_real": "H"}},
        "routing": {"routing": stored(frame, "routing", "routing"), **FRESH},
    }


def claim(name, shares, asked):
    """What a figure of claims takes; `asked` has base and setting of each scene."""
    bases, settings = ({scene: both[side] for scene, both in asked.items()} for side in (0, 1))
    return {"shares": shares, "picture": name, "bases": bases, "settings": settings}


def draw(name, inputs):
    return registry.load(FIGURES[name].entry)(**inputs[name])


def places(axes):
    """The x and y values of all marks."""
    found = [container.lines[0].get_data() for container in axes.containers]
    return [{float(v) for x in found for v in x[side]} for side in (0, 1)]


@pytest.mark.parametrize("name", sorted(set(FIGURES) - {"theory"}))
def test_the_same_figure_twice_has_the_same_bytes(name, inputs, tmp_path):
    for run in ("one", "two"):
        paths = [str(tmp_path / f"{run}.{kind}") for kind in ("svg", "png")]
        style.save(registry.load(FIGURES[name].entry), inputs[name], *paths)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_one_world_is_said_so_and_three_are_too(inputs):
    assert (
        "n = 8 questions from one world with" in draw("appendix_libraries", inputs).get_supxlabel()
    )
    assert "from 3 worlds with their own bases" in draw("appendix_math", inputs).get_supxlabel()


def test_the_number_of_templates_begins_at_none(inputs):
    _, right = draw("templates", inputs).axes
    assert places(right)[0] == {0, 25, 40}
    assert [text.get_text() for text in right.get_xticklabels()] == ["0", "25", "40"]


@pytest.mark.parametrize(
    ("library", "traces"),
    [("L2", 0), ("L2+T", 40), ("L2+T25", 25), ("L2+Tx", None), ("L3", None), ("joint+T", None)],
)
def test_how_many_right_chains_a_pair_has_read(library, traces):
    assert read_traces(library, 40) == traces


def test_scales_are_those_of_the_rules(inputs):
    figure = draw("scales", inputs)
    assert len(figure.axes) == 2 * 2
    assert all(places(axes)[0] == {0.3, 0.5, 1.0} for axes in figure.axes)


def test_routing_shows_the_first_expert_by_layer_on_fresh_entities(inputs):
    figure = draw("routing", inputs)
    assert [axes.get_title() for axes in figure.axes] == ["base Pci", "base Pcr"]
    for axes in figure.axes:
        assert len(axes.containers) == 2
        assert places(axes) == [{0, 1, 2}, {0.7}]
    assert [text.get_text() for text in figure.axes[-1].get_xticklabels()] == list(ROLES)


def test_familiarity_has_a_column_for_each_setting_and_a_row_for_the_bare_base(inputs):
    figure = draw("appendix_places", inputs)
    assert len(figure.axes) == 4 * 2
    assert {axes.get_title()[:3] for axes in figure.axes} == {"F: ", "H: "}
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["base", "L2"]


def dotted(figure):
    """Where each panel has a dotted line."""
    return [
        [float(line.get_xdata()[0]) for line in axes.lines if line.get_linestyle() == ":"]
        for axes in figure.axes
    ]


def test_chance_is_drawn_where_it_is_known_of_what_is_shown(inputs):
    assert dotted(draw("appendix_libraries", inputs)) == [[], [], [1 / 8], [1 / 8]]
    assert dotted(draw("appendix_math", inputs)) == [[0.25]] * 3
    assert dotted(draw("appendix_word_lists", inputs)) == [[0.25]] * 6
    assert not any(dotted(draw("appendix_rules", inputs)))


def test_every_library_and_every_rule_has_a_row(inputs):
    for axes in draw("appendix_libraries", inputs).axes:
        assert len(axes.get_yticks()) == len(LIBRARIES)
    for axes in draw("appendix_rules", inputs).axes:
        assert len(axes.get_yticks()) == len(RULES)
        assert len(axes.containers) == len(figure_parts.PARTS)


# claims


def words(figure):
    """The rows of a figure of claims."""
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_every_claim_is_shown_in_few_rows_and_none_is_made_up():
    shown = [name for picture in PICTURES.values() for name in picture.claims]
    assert sorted(shown) == sorted(claims.CLAIMS)
    for picture in PICTURES.values():
        assert 4 <= len(picture.rows) <= 8
        assert {*picture.rules} < {*MARKS}
    assert len({mark for _, mark, _ in MARKS.values()}) == len(MARKS)


def test_a_claim_has_the_rows_that_were_asked_in_words_without_a_code(inputs):
    figure = draw("answers_by_steps", inputs)
    assert words(figure) == [
        "Two fact adapters, template in pre-training",
        "Template in pre-training and in both adapters",
        "Template in both adapters, not in pre-training",
        "Template of one wrong pair of relations in both",
    ]
    [axes] = figure.axes
    assert len(axes.containers) == 4 * len({"uniform", "sum", "arrow"})
    every = [row.words for picture in PICTURES.values() for row in picture.rows]
    codes = {*LIBRARIES, *FRESH["fresh"].values()} - {"base"}
    assert not [said for said in every if {*said.split()} & codes]


def test_no_mark_of_a_claim_hides_another(inputs):
    for name in PICTURES:
        [axes] = draw(name, inputs).axes
        heights = [float(one.lines[0].get_ydata()[0]) for one in axes.containers]
        assert len(heights) == len(set(heights)) > 0


def test_one_adapter_alone_stands_beside_its_merges(inputs):
    [axes] = draw("familiarity", inputs).axes
    shapes = [one.lines[0].get_marker() for one in axes.containers]
    alone = MARKS["alone"][1]
    assert shapes.count(alone) == len(words(axes.figure))
    assert shapes[0] == alone


def test_a_claim_that_no_scene_asks_says_so(inputs):
    asked = {**inputs["familiarity"], "bases": {}, "settings": {}}
    figure = registry.load(FIGURES["familiarity"].entry)(**asked)
    assert figure.axes == []
    assert figure.get_supxlabel() == "No scene of this study asks it."


def test_chance_is_drawn_beside_the_marks_of_a_direct_answer(inputs):
    assert set(dotted(draw("direct_answers", inputs))[0]) == {1 / 8}
    assert dotted(draw("answers_by_steps", inputs)) == [[]]
