"""What the rules of a composition study take, for the shipped studies and the toy."""

from inspect import signature

import pytest
import studies
import yaml

from recycling.composition import FIGURES, SUBJECTS
from recycling.composition.scenes import Asked
from recycling.ground import registry, seeds
from recycling.plan.study.composition import ExpertRecipe, Pretraining, Shape, Theory
from recycling.plan.study.file import complete
from recycling.plan.wiring import built_in
from recycling.plan.work import composition, composition_tables


def shipped(name):
    return complete(yaml.safe_load((studies.ROOT / "workflow/studies" / name).read_text()))


STUDY = shipped("composition.yaml")
LISTS = shipped("word_lists.yaml")
TOY = complete(yaml.safe_load((studies.ROOT / "tests/toy/composition.yaml").read_text()))
FRESH = {"F_P0i": "P0i", "F_Pci": "Pci", "F_Pcr": "Pcr"}


# subjects and seeds


def test_a_subject_has_its_function_its_options_and_its_scenes():
    assert composition.subject_entry(STUDY, "math") == SUBJECTS["math"].entry
    assert composition.subject_material(STUDY, "places") == {"pairs": 16, "templates": 8}
    assert composition.subject_scenes(STUDY, "places") == ["F_real", "H_real", "R_real"]
    assert composition.subject_scenes(LISTS, "two_hop") == []


def test_a_subject_may_have_its_own_number_of_replicates():
    assert composition.subject_replicates(STUDY, "two_hop") == ["0", "1"]
    assert composition.subject_replicates(STUDY, "places") == ["0"]


def test_a_world_has_one_seed_for_its_bases_and_its_experts():
    seed = seeds.derive(20260212, "two_hop", "1")
    assert seed == 3468827261592534831
    assert composition.world_seed(STUDY, "two_hop", "1") == seed
    assert composition.base_seed(STUDY, "Pcr", "1") == seed
    assert composition.scene_seed(STUDY, "K_Pcr", "1") == seed
    assert composition.scene_seed(STUDY, "K_Pcr", "0") == 2027633451418059364


# bases


def test_bases_are_trained_or_fetched():
    assert composition.trained_bases(STUDY) == ["P0i", "Pci", "Pcr", "sums"]
    assert composition.trains_base(STUDY, "F_Pci")
    assert not composition.trains_base(STUDY, "F_real")
    assert composition.scene_base(STUDY, "F_Pci", "1") == "<results>/bases/Pci/1/model"
    assert composition.scene_base(STUDY, "F_real", "0") == "<results>/base/model"


def test_a_fetched_base_is_run_as_its_test_found_it_right():
    assert composition.scene_runtime(STUDY, "F_Pci") == []
    assert composition.scene_runtime(STUDY, "F_real") == "<results>/base/runtime.json"


def test_a_base_is_of_its_subject():
    assert composition.base_subject(STUDY, "sums") == "math"
    assert composition.base_entry(STUDY, "sums") == SUBJECTS["math"].entry
    assert composition.base_material(STUDY, "sums")["largest"] == 40
    assert composition.base_shape(STUDY, "sums") == Shape(width=128, layers=2)
    assert composition.base_recipe(STUDY, "sums") == Pretraining(
        steps=900, learning_rate=0.004, batch_size=128
    )


# experts and answers


def test_experts_are_those_of_libraries_then_the_general_ones():
    assert composition.scene_setting(STUDY, "H_Pcr") == "H"
    assert composition.scene_experts(STUDY, "H_Pcr") == ["AB", "BC"]
    assert composition.scene_experts(STUDY, "Rin_Pcr") == []
    assert composition.scene_experts(STUDY, "F_Pcr")[-1] == "G"
    assert composition.expert_recipe(STUDY, "problems") == ExpertRecipe(
        rank=16, alpha=32, steps=500, learning_rate=0.004, batch_size=64
    )


def test_a_scene_draws_the_material_of_its_subject():
    assert composition.scene_entry(STUDY, "R_real") == SUBJECTS["places"].entry
    assert composition.scene_material(STUDY, "R_real") == {"pairs": 16, "templates": 8}


def test_a_recipe_passes_into_a_job_and_back():
    recipe = composition.scene_recipe(STUDY, "F_Pcr")
    assert recipe.rules["learned"].trained_on == ["hop1", "hop2"]
    assert recipe.rules["learned"].options == {"steps": 30, "learning_rate": 0.15}
    assert recipe.libraries["joint+T"] == ["joint+T"]
    plain = built_in(recipe)
    assert plain["rules"]["arrow"] == {"method": "arrow"}
    assert type(recipe).model_validate(plain) == recipe


def test_an_edit_of_a_method_reaches_the_scenes_that_use_it():
    codes = [composition.asking_code(STUDY, scene) for scene in ("F_P0i", "F_Pci", "R_real")]
    assert codes[0] == codes[1] != codes[2]
    assert composition.training_code(STUDY, "F_P0i") != composition.training_code(STUDY, "R_real")
    assert composition.base_code(STUDY, "P0i") == composition.base_code(STUDY, "Pcr")
    assert composition.base_code(STUDY, "P0i") != composition.base_code(STUDY, "sums")


# tables and claims


def test_answers_are_of_every_scene_and_replicate():
    assert composition_tables.subject_answers(STUDY, "math") == [
        "<results>/answers/problems/0.parquet",
        "<results>/answers/problems/1.parquet",
    ]
    assert len(composition_tables.subject_answers(STUDY, "two_hop")) == 2 * 7
    assert composition_tables.routing_weights(TOY)[:2] == [
        "<results>/answers/F_Pci/0_weights.parquet",
        "<results>/answers/F_Pci/1_weights.parquet",
    ]
    assert composition_tables.routing_weights(LISTS) == []


def test_a_subject_is_judged_by_its_own_code():
    codes = [composition_tables.judging_code(STUDY, subject) for subject in STUDY.subjects]
    assert len(set(codes)) == len(STUDY.subjects)


def test_every_subject_has_its_tables_and_the_theory_where_it_is_asked_for():
    assert composition_tables.theory(STUDY) == Theory()
    assert composition_tables.theory(LISTS) is None
    assert composition_tables.tables(STUDY) == ["theory", "two_hop", "math", "places"]
    assert composition_tables.tables(LISTS) == ["word_lists"]
    assert composition_tables.share_tables(LISTS) == ["<results>/tables/word_lists.tsv"]
    assert composition_tables.gate_tables(STUDY) == [
        "<results>/tables/two_hop_gates.tsv",
        "<results>/tables/math_gates.tsv",
        "<results>/tables/places_gates.tsv",
    ]


def test_two_hops_come_first_in_what_is_claimed():
    assert composition_tables.claimed(TOY) == ["two_hop", "word_lists"]
    assert composition_tables.claims(TOY) == ["<results>/tables/claims.tsv"]
    assert composition_tables.claimed_answers(TOY) == [
        "<results>/answers/F_Pci/0.parquet",
        "<results>/answers/F_Pci/1.parquet",
        "<results>/answers/Rin_P0i/0.parquet",
        "<results>/answers/Rin_P0i/1.parquet",
        "<results>/answers/unread/0.parquet",
    ]
    assert composition_tables.claimed_gates(TOY) == [
        "<results>/tables/two_hop_gates.tsv",
        "<results>/tables/word_lists_gates.tsv",
    ]
    assert composition_tables.claimed_scenes(TOY) == {
        "F_Pci": Asked("Pci", "F"),
        "Rin_P0i": Asked("P0i", "Rin"),
        "unread": Asked("basics", "code_unread"),
    }
    assert [*composition_tables.world_scenes(TOY)] == ["F_Pci", "Rin_P0i"]


def test_nothing_is_claimed_of_word_problems_and_places():
    study = yaml.safe_load((studies.ROOT / "tests/toy/composition.yaml").read_text())
    study["subjects"] = {"math": study["subjects"]["math"]}
    study["scenes"] = {"problems": study["scenes"]["problems"]}
    found = complete(study)
    assert composition_tables.claims(found) == []
    assert composition_tables.claimed_answers(found) == []


# figures


def test_figures_are_those_that_there_is_a_table_for():
    claims = ["answers_by_steps", "direct_answers", "familiarity", "selection"]
    world = [*claims, "templates", "scales", "appendix_libraries", "appendix_hops"]
    assert composition_tables.figures(TOY) == list(FIGURES)
    assert composition_tables.figures(LISTS) == ["word_lists", "appendix_word_lists"]
    drawn = {drawing.name: drawing for drawing in composition_tables.drawings(STUDY)}
    of_world = [name for name, one in drawn.items() if one.caption == "two_hop"]
    assert of_world == [*world, "appendix_rules"]
    assert drawn["scales"].entry == FIGURES["scales"].entry
    assert drawn["scales"].inputs == {"shares": "<results>/tables/two_hop.tsv"}
    assert drawn["routing"].inputs == {"routing": "<results>/tables/routing.tsv"}
    assert drawn["appendix_hops"].code != drawn["scales"].code


REAL = {"F_real": "F", "H_real": "H", "R_real": "R"}
SETTINGS = {
    "theory": {},
    "appendix_libraries": {"fresh": FRESH},
    "routing": {"fresh": FRESH},
    "math": {"picture": "math", "bases": {"problems": "sums"}, "settings": {"problems": "all"}},
    "appendix_math": {"scenes": ["problems"]},
    "appendix_places": {"settings": REAL},
    "places": {
        "picture": "places",
        "bases": dict.fromkeys(REAL, "fetched"),
        "settings": REAL,
    },
    "templates": {"fresh": FRESH, "traces": 400},
    "scales": {
        "fresh": FRESH,
        "scales": {"sum": 1.0, "sum_03": 0.3, "sum_05": 0.5, "sum_07": 0.7},
    },
}


@pytest.mark.parametrize("figure", SETTINGS)
def test_a_figure_is_told_what_it_must_know(figure):
    assert composition_tables.figure_settings(STUDY, figure) == SETTINGS[figure]


def test_the_figure_of_word_lists_knows_bases_and_styles():
    styles = ("code", "running", "direct", "code_unread")
    assert composition_tables.figure_settings(LISTS, "appendix_word_lists") == {
        "bases": {**dict.fromkeys(styles, "problems"), "code_unread": "basics"},
        "settings": {style: style for style in styles},
    }


def test_experts_read_as_many_chains_as_the_subject_takes_where_the_study_says_nothing():
    subject = STUDY.subjects["two_hop"].model_copy(update={"material": {}})
    study = STUDY.model_copy(update={"subjects": STUDY.subjects | {"two_hop": subject}})
    assert composition_tables.figure_settings(study, "templates")["traces"] == 400
    assert composition_tables.figure_settings(TOY, "templates")["traces"] == 6


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_takes_its_table_and_its_settings(figure):
    drawn = next(one for one in composition_tables.drawings(TOY) if one.name == figure)
    taken = {*drawn.inputs, *drawn.settings}
    assert set(signature(registry.load(drawn.entry)).parameters) == taken


# products


def test_products_are_the_page_all_tables_and_all_figures():
    assert composition_tables.products(LISTS) == [
        "<results>/tables/composition.md",
        "<results>/tables/word_lists.tsv",
        "<results>/figures/word_lists.svg",
        "<results>/figures/appendix_word_lists.svg",
    ]
    figures = [name for name, row in FIGURES.items() if row.table != "word_lists"]
    assert composition_tables.products(STUDY) == [
        "<results>/tables/composition.md",
        "<results>/tables/theory.tsv",
        "<results>/tables/two_hop.tsv",
        "<results>/tables/math.tsv",
        "<results>/tables/places.tsv",
        *(f"<results>/figures/{name}.svg" for name in figures),
    ]
