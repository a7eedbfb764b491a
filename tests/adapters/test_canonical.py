import pytest
import torch
from model_cases import factors
from safetensors.torch import load_file, save_file

from recycling.adapters import canonical as adapters
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground.errors import InputError


def some():
    modules = {"v": factors(1, 4, 3, 1), "q": factors(2, 5, 3, 2)}
    return Adapter("owner--x", modules, {"repo": "owner/x", "licence": "mit"})


def test_modules_are_sorted():
    assert list(some()) == ["q", "v"]
    assert some().parameters == 4 + 3 + 2 * (5 + 3)


def test_round_trip(tmp_path):
    adapters.write(some(), tmp_path / "x.safetensors")
    read = adapters.read(tmp_path / "x.safetensors")
    assert (read.name, read.source) == (some().name, some().source)
    assert list(read) == list(some())
    for module, expected in some().items():
        assert torch.equal(read[module].a, expected.a)
        assert torch.equal(read[module].b, expected.b)


def test_an_opened_adapter_is_the_read_one_times_a_factor(tmp_path):
    adapters.write(some(), tmp_path / "x.safetensors")
    read, opened = (f(tmp_path / "x.safetensors") for f in (adapters.read, adapters.opened))
    twice = adapters.opened(tmp_path / "x.safetensors", 2.0)
    assert (opened.name, opened.source, list(opened)) == (read.name, read.source, list(read))
    assert (opened.parameters, len(opened)) == (read.parameters, len(read))
    assert "q" in opened
    assert "k" not in opened
    for module, expected in read.items():
        torch.testing.assert_close(opened[module].delta(), expected.delta(), rtol=0, atol=0)
        torch.testing.assert_close(twice[module].delta(), 2 * expected.delta())
    with pytest.raises(KeyError, match="k"):
        opened["k"]


def test_a_module_that_was_damaged_since_is_named(tmp_path):
    adapters.write(some(), tmp_path / "x.safetensors")
    opened = adapters.opened(tmp_path / "x.safetensors")
    (tmp_path / "x.safetensors").write_bytes(b"")
    with pytest.raises(InputError, match=r"x\.safetensors: content: .* the file is damaged"):
        opened["q"]


@pytest.mark.parametrize(
    ("published", "scale", "a", "b"),
    [
        (torch.bfloat16, 2.0, torch.bfloat16, torch.bfloat16),
        (torch.float16, 0.5, torch.float16, torch.float16),
        # What the scale makes of b may need more digits than were published.
        (torch.bfloat16, 3**-0.5, torch.bfloat16, torch.float32),
        (torch.float32, 1.0, torch.float32, torch.float32),
    ],
)
def test_numbers_that_16_bits_hold_take_16_bits(tmp_path, published, scale, a, b):
    one = some()["q"]
    given = Factors(one.a.to(published).float(), one.b.to(published).float() * scale)
    adapters.write(Adapter("x", {"q": given}), tmp_path / "x.safetensors")
    stored = load_file(tmp_path / "x.safetensors")
    assert (stored["q.a"].dtype, stored["q.b"].dtype) == (a, b)
    for read in (adapters.read, adapters.opened):
        found = read(tmp_path / "x.safetensors")["q"]
        assert found.a.dtype == found.b.dtype == torch.float32
        assert torch.equal(found.a, given.a)
        assert torch.equal(found.b, given.b)


def test_equal_adapters_have_equal_bytes(tmp_path):
    first, second = tmp_path / "1.safetensors", tmp_path / "2.safetensors"
    adapters.write(some(), first)
    turned = Adapter(some().name, dict(reversed(some().modules.items())), some().source)
    adapters.write(turned, second)
    assert first.read_bytes() == second.read_bytes()


def test_read_gives_float32(tmp_path):
    narrow = {m: Factors(f.a.bfloat16(), f.b.bfloat16()) for m, f in some().items()}
    adapters.write(Adapter("x", narrow), tmp_path / "x.safetensors")
    assert adapters.read(tmp_path / "x.safetensors")["q"].a.dtype == torch.float32


def test_scaled_factors():
    part = factors(2, 4, 3, 1)
    torch.testing.assert_close(part.scaled(-0.5).delta(), -0.5 * part.delta())
    assert part.rank == 2


@pytest.mark.parametrize(
    ("a", "b"), [((2, 3), (4, 3)), ((2, 3), (2,)), ((2, 3, 1), (4, 2)), ((0, 3), (4, 1))]
)
def test_factors_that_do_not_fit(a, b):
    with pytest.raises(InputError, match="factors: shapes: found"):
        Factors(torch.zeros(a), torch.zeros(b))


@pytest.mark.parametrize(
    ("tensors", "metadata"),
    [
        ({"q.a": torch.zeros(1, 2), "q.b": torch.zeros(2, 1)}, None),
        ({"q.a": torch.zeros(1, 2)}, {"adapter": '{"name": "x"}'}),
        ({"q.lora_A.weight": torch.zeros(1, 2)}, {"adapter": '{"name": "x"}'}),
    ],
)
def test_other_safetensors_files(tmp_path, tensors, metadata):
    save_file(tensors, tmp_path / "x.safetensors", metadata=metadata)
    with pytest.raises(InputError, match=r"keys: found .* it is not a canonical adapter"):
        adapters.read(tmp_path / "x.safetensors")
