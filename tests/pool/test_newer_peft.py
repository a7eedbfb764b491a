import pytest
from pool_cases import MemoryHub, fit, rules

from recycling.ground.errors import InputError
from recycling.pool import inspection, ledger, newer_peft

NEW = {"peft_version": "0.25.0", "new_size": 16, "new_mode": "usual"}


def of(owner, **changes):
    hub = MemoryHub(fit(**NEW | changes))
    listing = hub.listing()
    object.__setattr__(listing, "repo", f"{owner}/lora")
    return inspection.inspect(hub, listing)


def found(pool):
    return newer_peft.defaults(pool)


def verdicts(pool):
    given = rules(newer_defaults=newer_peft.defaults(pool))
    return ledger.vetted(pool, given, 10).set_index("owner")[["reason", "flags"]].fillna("")


def test_the_defaults_of_the_next_peft_empty_no_pool():
    table = verdicts([of("ana"), of("bob"), of("eve"), of("zoe", new_size=64)])
    assert table["flags"].to_dict() == {
        **dict.fromkeys(["ana", "bob", "eve"], "unknown_config:new_mode"),
        "zoe": "",
    }
    assert table["reason"]["zoe"] == "unknown_config:new_size"


@pytest.mark.parametrize("value", [True, [1], {"beta": 1}])
def test_a_switch_is_no_default_however_many_turn_it_on(value):
    pool = [of(f"o{number}", new_trick=value) for number in range(9)]
    assert found(pool) == {("new_size", 16), ("new_mode", "usual")}
    with pytest.raises(InputError, match="'unknown_config:new_trick': 9"):
        verdicts(pool)


def test_too_few_owners_or_too_little_agreement_show_nothing():
    assert found([of("ana"), of("bob")]) == frozenset()
    assert found([of("ana")] * 9) == frozenset()
    others = [of(name, new_size=64, new_mode=None) for name in ("x", "y")]
    assert found([of("ana"), of("bob"), of("eve"), *others]) == frozenset()


@pytest.mark.parametrize("version", ["0.21.9", "0.3.0", "", None, 7, "newest"])
def test_configs_that_do_not_say_they_are_newer_show_nothing_and_get_nothing(version):
    older = [of(f"o{number}", peft_version=version) for number in range(9)]
    assert found(older) == frozenset()
    table = verdicts([*older, *(of(name) for name in ("ana", "bob", "eve"))])
    assert set(table["reason"]["o0":"o8"]) == {"unknown_config:new_mode"}
    assert table["reason"]["ana"] == ""


def test_true_is_not_the_number_one():
    pool = [*(of(name, new_size=1) for name in ("ana", "bob", "eve")), of("zoe", new_size=True)]
    assert verdicts(pool)["reason"]["zoe"] == "unknown_config:new_size"
