import pytest

from recycling.ground.errors import InputError
from recycling.hub.folder import FolderHub
from recycling.hub.network import NetworkHub
from recycling.hub.opening import connect


def test_connect(tmp_path):
    assert isinstance(connect("folder", str(tmp_path)), FolderHub)
    assert isinstance(connect("huggingface"), NetworkHub)
    with pytest.raises(InputError, match=r"hub: kind: found 'ftp', expected folder or huggingface"):
        connect("ftp", "x")
    with pytest.raises(InputError, match=r"hub: path: .* a folder with models--owner--name in it"):
        connect("folder", str(tmp_path / "none"))
