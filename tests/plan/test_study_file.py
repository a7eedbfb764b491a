"""Every fault of a configuration gives one line that says what is allowed."""

import copy
import datetime

import pytest
import studies
import yaml

from recycling.ground import yaml_values
from recycling.ground.errors import InputError
from recycling.model.conduct import OURS, PAPER
from recycling.plan.study import arms
from recycling.plan.study import file as study_file
from recycling.plan.study.paths import StudyFiles

DEFAULT = yaml.safe_load((studies.ROOT / "config.yaml").read_text())
TOY = yaml.safe_load((studies.ROOT / "tests/toy/config.yaml").read_text())
WHEEL = {"package": "x==1", "wheel_sha256": "0", "member": "x"}


def changed(path: str, value: object) -> dict:
    """The default study with one value put at a dotted path; `...` removes the key."""
    study = copy.deepcopy(DEFAULT)
    *parents, last = path.split(".")
    place = study
    for key in parents:
        place = place.setdefault(key, {})
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return study


def nested(levels: int) -> dict:
    """A mapping of mappings."""
    return {"a": nested(levels - 1)} if levels else {}


FAULTS = {
    "unknown key": (
        "replicate",
        3,
        r"\(top level\): found 'replicate', expected one of \['kind'.*did you mean 'replicates'\?",
    ),
    "missing key": ("targets", ..., r"expected also \['targets'\]"),
    "wrong type": ("replicates", "two", r"replicates: found 'two', expected a whole number"),
    "too small": ("replicates", 0, r"replicates: found 0, expected a whole number, at least 1"),
    "bad name": ("study", "My Study", r"study: found 'My Study', expected small letters, digits"),
    "unknown choice": ("runtime.dtype", "half", r"runtime.dtype: found 'half', expected one of"),
    "unknown target": ("targets", ["golf"], r"targets.0: found 'golf', expected a task, one of"),
    "unknown source": ("tasks.golf", {"source": "web"}, r"tasks.golf.source: found 'web'"),
    "unknown built-in": ("tasks.golf", {"source": "builtin"}, r"expected a built-in task, one of"),
    "missing option": (
        "tasks.golf",
        {"source": "file", "path": "x"},
        r"expected also \['instruction'\]",
    ),
    "unknown option": (
        "tasks.golf",
        {"source": "builtin", "path": "x"},
        r"tasks.golf.source.path: found 'path', expected an option of 'builtin'",
    ),
    "unknown recipe task": ("community.plurals.task", "golf", r"found 'golf', expected a task"),
    "base source": ("base.source", {"kind": "torrent"}, r"base.source.kind: found 'torrent'"),
    "part of a base": (
        "base.source.continued_in",
        [{"package": "x==1", "wheel_sha256": "0"}],
        r"base.source.continued_in.0: found .* expected also \['member'\]",
    ),
    "terms of a base": ("base.source.terms", "x", r"base.source.terms: found 'x', expected keys"),
    "parts of a base on the Hub": (
        "base.source",
        {"kind": "hub", "repo": "a/b", "commit": "0" * 40, "terms": WHEEL},
        r"base.source.kind.terms: found 'terms', expected an option of 'hub'",
    ),
    "cards of a folder": (
        "pool.hub",
        {"kind": "folder", "path": "x", "cards": "wild"},
        r"pool.hub.cards: found 'wild', expected no such key but with kind community",
    ),
    "folder without path": ("pool.hub", {"kind": "folder"}, r"expected a path with kind folder"),
    "path without folder": (
        "pool.hub",
        {"kind": "huggingface", "path": "x"},
        r"expected a path with kind folder, none otherwise",
    ),
    "ids of a community": (
        "pool.hub",
        {"kind": "community", "ids": "x"},
        r"pool.hub.ids: found 'x', expected no list with kind community",
    ),
    "no community": ("community", {}, r"community: found {}, expected at least one recipe"),
    "no k": (
        "arms.average.k",
        0,
        r"k: found 0, expected a whole number, at least 1, or all",
    ),
    "k in words": (
        "arms.average.k",
        "three",
        r"found 'three', expected a whole number, at least 1, or all",
    ),
    "more adapters than there are": (
        "arms.average.k",
        13,
        r"arms.average.k: found 13, expected at most 12, the adapters of the community",
    ),
    "split of a task": ("tasks.plural.split", {"rows": 9}, r"found 'rows', expected one of"),
    "built-in alias": (
        "tasks.golf",
        {"source": "builtin", "of": "gulf"},
        r"tasks.golf: found 'gulf', expected a built-in task",
    ),
    "targets of an arm": (
        "arms.base.targets",
        ["golf"],
        r"arms.base.targets: found 'golf', expected a task, one of \['city_continent'",
    ),
    "target without an arm": (
        "arms",
        {"base": {"targets": ["past_tense"]}},
        r"targets.0: found 'city_continent', expected a target of some arm",
    ),
    "grid without values": ("arms.ties.grid", {"k": 3}, r"ties.grid: .*a list of values for each"),
    "grid of a hundred million arms": (
        "arms.ties.grid",
        {axis: list(range(100)) for axis in "abcd"},
        r"ties.grid: found '100000000 arms beside \d others', expected at most 2000 arms in all",
    ),
    "more arms than can be planned": (
        "arms",
        {f"arm{number}": {} for number in range(2001)},
        r"arms.arm2000.grid: found '1 arms beside 2000 others', expected at most 2000 arms in all",
    ),
    "name of a folder of results": (
        "study",
        "reference",
        "study: found 'reference', expected small letters.*, and not reference, at most 80 chara",
    ),
    "long name of a study": ("study", "a" * 300, r"study: found 'a+..., expected .* at most 80"),
    "long name of an arm": (
        "arms",
        {"a" * 81: {}},
        r"arms: found 'a{81}', expected .* at most 80 characters",
    ),
    "long name by a grid": (
        "arms.ties_{x}",
        {"grid": {"x": ["a" * 300]}},
        r"arms: found 'ties_a+\.\.\., expected .* at most 80 characters",
    ),
    "long name of a task": ("tasks", {"a" * 300: {}}, r"tasks: found .*at most 80 characters"),
    "long name of a recipe": ("community", {"a" * 300: {}}, r"community: found .*at most 80 ch"),
    "long text": ("base.name", "a" * 10_001, r"base.name: found '10001 characters', expected at"),
    "grid without a name": (
        "arms.ties.grid",
        {"k": [2, 3]},
        r"arms.ties: found 'ties', expected another name for each arm",
    ),
    "arm of an experiment": (
        "experiments.main_comparison",
        {"arms": ["ties", "tied"]},
        r"main_comparison.arms: found 'tied', expected an arm or a pattern",
    ),
    "targets of an experiment": (
        "experiments.main_comparison",
        {"arms": ["ties"], "targets": ["capital"]},
        r"main_comparison.targets: found 'capital', expected a target of all its arms, one of",
    ),
    "unknown experiment": (
        "experiments.guess",
        {"arms": ["ties"]},
        r"experiments.guess: found 'guess', expected an experiment, one of \['main_comparison'",
    ),
    "reference of an experiment": (
        "experiments.design_ablation",
        {"arms": ["ties"], "reference": "average"},
        r"design_ablation.reference: found 'average', expected one of its arms, one of \['ties'\]",
    ),
    "no reference": (
        "experiments.design_ablation",
        {"arms": ["ties"]},
        r"design_ablation.reference: found None, expected one of \['ties'\]; name the arm",
    ),
    "primary arm": (
        "statistics.primary",
        [{"arm": "tied", "reference": "fresh"}],
        r"statistics.primary.0.arm: found 'tied', expected an arm of the main comparison, one of",
    ),
    "primary pair": (
        "statistics.primary",
        [{"arm": "adaptive", "reference": "ties"}],
        r"statistics.primary.0.reference: found 'ties', expected an arm that adaptive is compared",
    ),
    "primary pair that differs in more": (
        "statistics.primary",
        [{"arm": "adaptive_with_target", "reference": "twins"}],
        r"primary.0: found {'adaptive_with_target.fresh': 'fresh', 'twins.fresh': False, .*"
        r"expected arms that differ in `pool` alone; give adaptive_with_target and twins the same",
    ),
    "arms of an experiment that differ in more": (
        "experiments.real_against_twins",
        {"arms": ["average", "twins"]},
        r"real_against_twins.arms: found {'average.merge.method': 'average', 'twins.merge.method'"
        r": 'learned', .* expected arms that differ in `pool` alone; give average and twins the",
    ),
    "design that differs in two options": (
        "experiments.design_ablation",
        {"arms": ["adaptive", "average"], "reference": "adaptive"},
        r"differ in one key of `merge`; give average and adaptive the same .*, but for one key, or",
    ),
    "too many primary": (
        "statistics.primary",
        [{"arm": f"a{number}", "reference": "fresh"} for number in range(6)],
        r"statistics.primary: found .*, expected at most 5 entries",
    ),
    "nothing shared": ("fresh", 3, r"fresh: found 3, expected keys with values"),
    "not a list": ("targets", "capital", r"targets: found 'capital', expected a list"),
    "not text": ("study", 3, r"study: found 3, expected text"),
    "not true or false": ("paper_protocol", "yes", r"found 'yes', expected true or false"),
    "too large": ("replicates", 1001, r"found 1001, expected a whole number, at most 1000"),
    "no value": ("arms.ties.select", None, r"found None, expected a value, or no such key"),
    "twice": ("targets", ["capital", "capital"], r"targets: found .*, expected each entry once"),
    "fresh as a number": ("arms.fresh.fresh", 1, r"fresh: found 1, expected true, false, or the"),
    "no arms": ("arms", {}, r"arms: found {}, expected at least one entry"),
    "unknown method": (
        "arms.average.merge.method",
        "avg",
        r"arms.average.merge.method: found 'avg', expected one of \['adamerging'",
    ),
    "method option": (
        "arms.ties.merge.desnity",
        0.2,
        r"found 'desnity', expected an option of 'ties', one of .*; did you mean 'density'\?",
    ),
    "option type": ("arms.ties.merge.density", "high", r"found 'high', expected float"),
    "option choice": (
        "arms.adaptive.merge.granularity",
        "head",
        r"found 'head', expected one of \['adapter', 'layer'",
    ),
    "unknown selector": ("arms.average.select", "best", r"found 'best', expected a selector"),
    "nameless oracle": (
        "arms.average.select",
        "oracle",
        r"arms: found 'average', expected the word oracle in the name of an arm that selects",
    ),
    "oracle by name only": ("arms.oracle", {}, r"arms: found 'oracle', expected the word oracle"),
    "unknown subpool": (
        "arms.average.among",
        "related",
        r"arms.average.among: found 'related', expected a subpool, one of \['all'\]",
    ),
    "subpool without a pool": (
        "arms.base.among",
        "related",
        r"arms.base.among: found 'related', expected all without a pool, one of \['all'\]",
    ),
    "subpool called all": (
        "pool.subpools",
        {"all": {"only": ["plurals"]}},
        r"pool.subpools: found 'all', expected small letters.* and not all",
    ),
    "empty subpool": (
        "pool.subpools",
        {"none": {}},
        r"subpools.none: found {}, expected some keys, not both only and first, and first",
    ),
    "subpool of both": (
        "pool.subpools",
        {"both": {"only": ["plurals"], "first": 2}},
        r"subpools.both: found .*, expected some keys, not both only and first",
    ),
    "a ranking by no selector": (
        "pool.ranked_by",
        ["cosine", "l3"],
        r"pool.ranked_by.1: found 'l3', expected a selector, one of",
    ),
    "a defect of no name": (
        "community.plurals",
        {"task": "plural", "rank": 2, "alpha": 2, "defect": "odd"},
        r"community.plurals.defect: found 'odd', expected a defect, one of",
    ),
    "a stop beyond the steps": (
        "community.plurals",
        {"task": "plural", "rank": 2, "alpha": 2, "steps": 4, "stop": 5},
        r"community.plurals.stop: found 5, expected at most its steps = 4",
    ),
    "an owner of no name": (
        "community.plurals",
        {"task": "plural", "rank": 2, "alpha": 2, "owner": "a--b"},
        r"community.plurals.owner: found 'a--b', expected small letters and digits",
    ),
    "kin of no target": (
        "pool.kin",
        {"capital": {}},
        r"pool.kin: found 'capital', expected a target, one of",
    ),
    "kin of no recipe": (
        "pool.kin",
        {"past_tense": {"sibling": ["thrid_person"]}},
        r"pool.kin.past_tense.sibling: found 'thrid_person', expected a recipe or a task of the",
    ),
    "subpool of no recipe": (
        "pool.subpools",
        {"in_house": {"only": ["plural", "golf"]}},
        r"pool.subpools.in_house.only: found 'golf', expected a recipe or a task of the comm",
    ),
    "shrinkage": (
        "arms.average.merge",
        {"method": "ridge", "shrink": "mean"},
        r"arms.average.merge.method.shrink: found 'mean', expected one of \['base', 'fresh'\]",
    ),
    "owner limit": (
        "pool.max_per_owner",
        0,
        r"owner: found 0, expected a whole number, at",
    ),
    "measure": ("arms.average.select", "l2_micro", r"found 'l2_micro', expected a selector, one"),
    "one fold": (
        "arms.recalibrated.merge",
        {"method": "stacked", "folds": 1},
        r"recalibrated.merge.folds: found 1, expected 2 to split.train = 80",
    ),
    "a rank of experts": (
        "arms.average.merge",
        {"method": "arrow", "export_rank": 4},
        r"average.merge.export_rank: found 4, expected no such key beside arrow, which keeps its",
    ),
    "worse without a pool": (
        "arms.fresh.worsened",
        {"by": "unrelated", "share": 0.5},
        r"arms.fresh.worsened: found .*, expected an arm that draws on the pool, without among",
    ),
    "worse by too much": (
        "arms.average.worsened",
        {"by": "unrelated", "share": 1.5},
        r"arms.average.worsened.share: found 1.5, expected a number at least 0 and at most 1",
    ),
    "nothing replaced, by two names": (
        "arms.average.worsened",
        {"by": "negated", "share": 0},
        r"average.worsened.by: found 'negated', expected unrelated with share: 0, which replaces",
    ),
    "worse without relatives": (
        "arms.average.worsened",
        {"by": "unrelated", "share": 0.5},
        r"pool.kin.\w+: found None, expected the adapters related to it, which are the pool of arm",
    ),
    "compressed experts": (
        "arms.average.merge",
        {"method": "arrow", "compress_rank": 4},
        r"average.merge.compress_rank: found 4, expected no such key beside arrow, which keeps",
    ),
    "two ranks": (
        "arms.average.merge",
        {"method": "average", "compress_rank": 4, "export_rank": 2},
        r"average.merge: found \{'compress_rank': 4, 'export_rank': 2\}, expected compress_rank or",
    ),
    "no folds": ("arms.recalibrated.merge", {"method": "stacked"}, r"expected also \['folds'\]"),
    "folds of nothing": (
        "arms.adaptive.merge",
        {"method": "stacked", "folds": 2},
        r"adaptive.fresh: found False, expected the fresh LoRA, which the folds are of",
    ),
    "rows shown": ("arms.base.demonstrations", 81, r"found 81, expected at most split.train = 80"),
    "nearest of no rows": ("arms.base.nearest", True, r"found True, expected an arm with demons"),
    "calibrated with an adapter": (
        "arms.fresh.calibrated",
        True,
        r"found True, expected an arm without adapters and demonstrations",
    ),
    "rows shown beside": ("arms.fresh.demonstrations", 3, r"expected an arm without adapters"),
    "unknown recipe": ("arms.fresh.fresh", "long", r"fresh: found 'long', expected a recipe, one"),
    "recipe named as the default": (
        "fresh_variants",
        {"fresh": {}},
        r"'fresh', expected small",
    ),
    "variant's key": ("fresh_variants", {"long": {"step": 9}}, r"long: found 'step', expected one"),
    "dropout of all": (
        "fresh.dropout",
        1,
        r"found 1, expected a number at least 0 and less",
    ),
    "unknown twin": ("arms.twins.twin", "evil", r"found 'evil', expected a kind of twin"),
    "pool without k": ("arms.average.k", ..., r"expected exactly \['k', 'select'\]"),
    "many adapters, no method": ("arms.average.merge", {}, r"expected none for at most one"),
    "method, no adapters": ("arms.base.merge", {"method": "average"}, r"has 0 adapters"),
}

# What is misspelt, and the name that is meant.
NEAREST = {
    "key": ("replicate", 3, "replicates"),
    "key below": ("fresh.learningrate", 0.1, "learning_rate"),
    "key of an arm": ("arms.ties.selct", "random", "select"),
    "method": ("arms.ties.merge.method", "lernd", "learned"),
    "option": ("arms.adaptive.merge.stepz", 3, "steps"),
    "selector": ("arms.ties.select", "evalution", "evaluation"),
    "twin": ("arms.twins.twin", "nrom", "norm"),
    "recipe of the fresh LoRA": ("arms.fresh.fresh", "frehs", "fresh"),
    "task": ("targets", ["past_tens"], "past_tense"),
    "task of a recipe": ("community.plurals.task", "plurals", "plural"),
    "source": ("tasks.capital.source", "builtins", "builtin"),
    "source of the base": ("base.source.kind", "wheels", "wheel"),
    "choice": ("runtime.dtype", "float23", "float32"),
    "experiment": ("experiments.gain_agianst_k", {"arms": ["ties"]}, "gain_against_k"),
    "arm of an experiment": ("experiments.main_comparison", {"arms": ["tie"]}, "ties"),
    "kind": ("kind", "mergin", "merging"),
}


@pytest.mark.parametrize(("path", "value", "meant"), NEAREST.values(), ids=NEAREST)
def test_a_misspelt_name_is_answered_by_the_nearest(path, value, meant):
    with pytest.raises(InputError) as caught:
        study_file.complete(changed(path, value))
    assert f"; did you mean {meant!r}? If not, " in str(caught.value)


YAML_FAULTS = {
    "deep": (nested(25), r"^config: (a\.){20}a: found '...', expected at most 20 levels; remove"),
    "key": ({1: 2}, r"^config: \(top level\): found 1, expected text as a key; put the key in quo"),
    "control character": ({"study": "a\x07"}, r"study: found .*, expected text of printable char"),
    "not finite": ({"seed": float("inf")}, r"seed: found inf, expected a finite number; correct"),
    "too large": ({"seed": 2**63}, r"seed: found \d+, expected a number of at most 64 bits; write"),
    "date": (
        {"tasks": [datetime.date(2026, 1, 1)]},
        r"tasks.0: found datetime.date\(2026, 1, 1\), expected text, a number, a list or keys; put",
    ),
}


@pytest.mark.parametrize(("keys", "message"), YAML_FAULTS.values(), ids=YAML_FAULTS)
def test_what_yaml_knows_and_a_study_does_not_need_is_named(keys, message):
    with pytest.raises(InputError, match=message):
        yaml_values.copied(keys)


def test_a_copy_shares_nothing_and_spaces_of_all_kinds_are_fine():
    inner = ["tab\t, line\n, no-break\u00a0"]
    found = yaml_values.copied({"a": inner, "b": inner})
    assert found == {"a": inner, "b": inner}
    assert found["a"] is not inner
    assert found["a"] is not found["b"]


@pytest.mark.hostile
@pytest.mark.parametrize(("path", "value", "message"), FAULTS.values(), ids=FAULTS)
def test_fault_is_named(path, value, message):
    with pytest.raises(InputError, match=message) as caught:
        study_file.complete(changed(path, value))
    assert "\n" not in str(caught.value)


def test_more_merges_than_can_be_planned():
    study = changed("replicates", 1000)
    study["arms"]["many_{n}"] = {"grid": {"n": list(range(100))}}
    message = r"arms: found '336000 merges: arms times targets times replicates', expected at most"
    with pytest.raises(InputError, match=message):
        study_file.complete(study)


BY_KIN = {"pool": "real", "kin": "sibling", "select": "random", "k": 1}


def test_an_arm_of_a_kin_needs_relatives_of_every_target():
    study = changed("arms.kin", BY_KIN)
    targets = study["targets"]
    study["pool"]["kin"] = {target: {"sibling": ["plurals"]} for target in targets}
    study_file.complete(study)
    study["pool"]["kin"][targets[0]] = {"same": ["plurals"]}
    with pytest.raises(
        InputError, match=rf"pool.kin.{targets[0]}: .*for kin: sibling of arm 'kin'"
    ):
        study_file.complete(study)
    study["arms"]["kin"] = BY_KIN | {"kin": "unrelated"}
    study_file.complete(study)
    del study["pool"]["kin"][targets[0]]
    with pytest.raises(InputError, match=rf"pool.kin.{targets[0]}: found None, expected the adapt"):
        study_file.complete(study)


@pytest.mark.parametrize("without", [{"among": "verbs"}, {"pool": "none"}])
def test_kin_is_of_the_whole_pool(without):
    arm = BY_KIN | without
    if arm["pool"] == "none":
        arm = {"pool": "none", "kin": "sibling"}
    study = changed("arms.kin", arm)
    study["pool"]["subpools"] = {"verbs": {"only": ["verbs"]}}
    study["pool"]["kin"] = {target: {"sibling": ["plurals"]} for target in study["targets"]}
    with pytest.raises(InputError, match=r"arms.kin.kin: found 'sibling', expected an arm that dr"):
        study_file.complete(study)


def test_what_is_set_aside_is_so_in_every_task_of_the_same_rows():
    study = changed("tasks.few", {"source": "builtin", "of": "city_continent"})
    study_file.complete(study)
    study["tasks"]["city_continent"]["set_aside"] = 50
    message = r"tasks.few.set_aside: found None, expected 50 as in tasks.city_continent, which has"
    with pytest.raises(InputError, match=message):
        study_file.complete(study)
    study["tasks"]["few"]["set_aside"] = 50
    study_file.complete(study)


@pytest.mark.parametrize("study", [DEFAULT, TOY], ids=["default", "toy"])
def test_shipped_studies_are_complete(study):
    full = study_file.complete(study)
    assert study_file.complete(study_file.keys_of(full)) == full
    assert full.split.train > 0
    assert all(arm.targets for arm in full.arms.values())


def test_combinations_with_more_adapters_than_their_part_are_no_arms():
    grid = {"among": ["all", "few", "whole"], "k": [1, 3, 10, "all"]}
    arm = {"grid": grid, "pool": "real", "among": "{among}", "k": "{k}"}
    sizes = {"all": 9, "few": 3, "whole": 0}
    found = arms.expanded({"{among}_{k}": arm, "bare_{k}": {"grid": {"k": [99]}}}, sizes)
    counted = ["all_1", "all_3", "few_1", "few_3"]
    assert {*found} == {*counted, "bare_99", "all_all", "few_all", "whole_all"}
    assert len(arms.expanded({"{among}_{k}": arm})) == 12
    assert arms.expanded({"one": {"pool": "real", "k": 10}}, sizes)


def test_a_grid_is_an_arm_for_each_combination():
    arm = {"grid": {"k": [1, "all"], "name": ["A-b", "c"]}, "k": "{k}", "merge": {"of": ["{name}"]}}
    found = arms.expanded({"plain": {}, "k{k}_{name}": arm})
    assert list(found) == ["plain", "k1_a_b", "k1_c", "kall_a_b", "kall_c"]
    assert found["k1_c"] == {"k": 1, "merge": {"of": ["c"]}}
    assert arms.expanded(found) == found


def test_an_experiment_has_the_targets_that_its_arms_share():
    study = changed("arms.ties.targets", ["past_tense", "which_language"])
    study["experiments"] = {"main_comparison": {"arms": ["adaptive*", "ties"]}}
    study["statistics"]["primary"] = []
    main = study_file.complete(study).experiments["main_comparison"]
    assert main.arms == ["ties", "adaptive", "adaptive_random", "adaptive_with_target"]
    assert main.targets == ["past_tense", "which_language"]


def test_an_arm_may_have_targets_that_the_study_has_not():
    study = changed("arms.ties.targets", ["roman", "past_tense"])
    study["tasks"]["roman"] = {"source": "builtin"}
    full = study_file.complete(study)
    targets = ["city_continent", "past_tense", "which_language"]
    assert full.arms["base"].targets == targets
    assert full.all_targets == [*targets, "roman"]
    assert full.experiments["main_comparison"].targets == ["past_tense"]


def test_arms_without_a_common_target_make_no_experiment():
    study = changed("arms.ties.targets", ["past_tense"])
    study["arms"]["average"]["targets"] = ["which_language"]
    with pytest.raises(InputError, match=r"main_comparison.arms: .*expected arms that share"):
        study_file.complete(study)


def test_files_of_the_user_must_be_there(tmp_path):
    study = changed("tasks.golf", {"source": "file", "path": str(tmp_path), "instruction": "x"})
    with pytest.raises(InputError, match=r"tasks.golf.path: found .*, expected a file"):
        study_file.check_files(study_file.complete(study), StudyFiles([]))
    study = changed("pool.hub", {"kind": "folder", "path": str(tmp_path / "none")})
    with pytest.raises(InputError, match=r"pool.hub.path: found .*, expected a folder"):
        study_file.check_files(study_file.complete(study), StudyFiles([]))
    study["pool"]["hub"]["path"] = str(tmp_path)
    study_file.check_files(study_file.complete(study), StudyFiles([]))


def test_files_of_a_replay_need_not_be_there():
    replay = yaml.safe_load((studies.ROOT / "workflow/studies/replay.yaml").read_text())
    study_file.check_files(study_file.complete(replay | {"folder": "none"}), StudyFiles([]))


def test_questions_of_a_check_of_preconditions_must_be_there(tmp_path):
    study = yaml.safe_load((studies.ROOT / "tests/toy/preconditions.yaml").read_text())
    study["questions"] = str(tmp_path / "none.jsonl")
    study["base"]["source"]["path"] = str(tmp_path)
    with pytest.raises(
        InputError, match=r"questions: found .*none.jsonl', expected a file that is there"
    ):
        study_file.check_files(study_file.complete(study), StudyFiles([]))


def test_kin_may_be_named_for_targets_that_one_arm_alone_has():
    kin = {"roman": {"sibling": ["numbers"]}}
    study = changed("arms.kin", BY_KIN | {"targets": ["roman"]})
    study["tasks"]["roman"] = {"source": "builtin"}
    study["experiments"] = {"main_comparison": {"arms": ["fresh"]}}
    study["statistics"].pop("primary")
    study["pool"]["kin"] = kin
    assert study_file.complete(study).pool.kin["roman"].sibling == ["numbers"]


CATALOGUE = {"tasks_from": str(studies.ROOT / "workflow/studies/tasks62.yaml")}


def test_only_a_merging_study_takes_a_catalogue_and_tasks_beside_it_must_be_tasks():
    replay = yaml.safe_load((studies.ROOT / "workflow/studies/replay.yaml").read_text())
    with pytest.raises(InputError, match=r"\(top level\): found 'tasks_from', expected one of"):
        study_file.complete(replay | CATALOGUE)
    with pytest.raises(InputError, match=r"tasks: found \['capital'\], expected keys with values"):
        study_file.complete(DEFAULT | CATALOGUE | {"tasks": ["capital"]})


def test_keys_given_twice_are_named(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text((studies.ROOT / "config.yaml").read_text() + "seed: 8\n")
    for look in (True, False):
        with pytest.raises(InputError, match=r"seed: found 'it in lines \d+ and \d+', expected a"):
            study_file.opened(DEFAULT, [file], look=look)
    assert study_file.opened(DEFAULT, [studies.ROOT / "config.yaml"], look=True).seed == 20260212


def test_completing_leaves_the_given_config_alone():
    before = copy.deepcopy(TOY)
    study_file.complete(TOY)
    assert before == TOY


def test_a_variant_is_the_default_recipe_but_for_what_it_names():
    study = study_file.complete(changed("fresh_variants", {"long": {"steps": 99}, "same": {}}))
    found = {
        name: variant.model_dump(exclude={"tune"}) for name, variant in study.fresh_variants.items()
    }
    usual = study.fresh.model_dump()
    assert found == {"long": usual | {"steps": 99}, "same": usual}
    assert study.arms["fresh"].fresh == "fresh"
    assert study.arms["base"].fresh is False


def test_the_paper_s_protocol_takes_its_side_of_every_choice_that_is_not_given():
    study = changed("protocol", {"clip": 0})
    assert study_file.complete(study).protocol.model_dump() == {**OURS, "clip": 0}
    study["paper_protocol"] = True
    full = study_file.complete(study)
    assert full.protocol.model_dump() == {**PAPER, "clip": 0}
    assert study_file.complete(study_file.keys_of(full)) == full


def test_k_that_counts_the_fresh_lora_leaves_one_of_the_pool():
    study = changed("protocol", {"k_counts_fresh": True})
    study["arms"]["adaptive_with_target"]["k"] = 1
    with pytest.raises(InputError, match=r"adaptive_with_target.k: found 1, expected at least 2"):
        study_file.complete(study)


def test_an_adapter_that_would_know_the_test_rows_of_a_target_is_refused():
    study = changed("tasks.few", {"source": "builtin", "of": "city_continent"})
    study["community"]["spy"] = {"task": "few", "rank": 4, "alpha": 4}
    message = r"community.spy.task: found 'few', expected no rows of target 'city_continent': the"
    with pytest.raises(InputError, match=message):
        study_file.complete(study)
    study["tasks"]["few"]["set_aside"] = study["tasks"]["city_continent"]["set_aside"] = 50
    study_file.complete(study)


def test_rows_of_one_file_are_the_same_whatever_is_asked_of_them(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("")
    mine = {"source": "file", "path": str(rows), "instruction": "Sort this."}
    study = changed("tasks.mine", mine)
    study["tasks"]["other"] = mine | {"instruction": "Say which kind this is."}
    study["targets"] = [*study["targets"], "mine"]
    study["community"]["spy"] = {"task": "other", "rank": 4, "alpha": 4}
    message = "community.spy.task: found 'other', expected no rows of target 'mine'"
    with pytest.raises(InputError, match=message):
        study_file.complete(study)
