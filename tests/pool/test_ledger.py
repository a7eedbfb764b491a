import pytest

from recycling.ground.errors import InputError
from recycling.pool import ledger


def test_id_lists(tmp_path):
    path = tmp_path / "ids.txt"
    path.write_text("# of the paper\nana/lora  # first\n\n bob/lora \r\n")
    assert ledger.read_ids(path) == ["ana/lora", "bob/lora"]
    path.write_text("# none\n")
    with pytest.raises(
        InputError, match=r"ids.txt: lines: found 0, expected at least one owner/na"
    ):
        ledger.read_ids(path)
