"""What tells how adapters do on targets, and when a study can map it."""

from plan_cases import STUDY, of_arms

from recycling.plan.work import report, shown, transfer

ONE = {"pool": "real", "k": 1}


def test_measures_are_of_the_whole_pool_and_each_metric_is_there_once():
    arms = {
        "evaluation": {**ONE, "select": "evaluation"},
        "again": {**ONE, "select": "exact_match"},
        "likely": {**ONE, "select": "likelihood"},
        "close": {**ONE, "select": "cosine"},
        "halved": {**ONE, "select": "halving"},
        "oracle": {**ONE, "select": "oracle"},
    }
    assert transfer.measures(of_arms(arms)) == {
        "evaluation": ("score", "exact_match"),
        "likelihood": ("score", "nll"),
        "cosine": ("closeness", "cosine"),
        "oracle": ("test", "exact_match"),
    }


def test_weights_are_those_of_learned_merges_of_real_adapters():
    arms = {arm for arm, _, _ in transfer.weighing(STUDY)}
    assert {"adaptive", "stacked"} <= arms
    assert not {"average", "twins", "fresh", "recalibrated"} & arms
    assert "<results>/merged/adaptive/months/0/coefficients.tsv" in transfer.weights(STUDY)
    assert transfer.base_arm(STUDY) == "base"
    assert transfer.kin(STUDY)["months"]["sibling"] == ["plurals-attention"]


def test_where_no_score_of_the_pool_is_known_there_is_no_map():
    study = of_arms({"close": {**ONE, "select": "cosine"}, "any": {**ONE, "select": "random"}})
    assert not transfer.known(study)
    assert "transfer" not in shown.figures(study)
    assert report.files(study)["transfer"] == []
    assert transfer.base_arm(study) == ""
    assert "transfer" in shown.figures(STUDY)
