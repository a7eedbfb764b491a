"""Open the hub that a study names, without importing what the other kind needs."""

from recycling.ground.errors import InputError
from recycling.hub.address import Hub


def connect(kind: str, path: str = "") -> Hub:
    """The hub of that kind, folder or huggingface. Raises InputError for another."""
    if kind == "folder":
        from recycling.hub.folder import FolderHub

        return FolderHub(path)
    if kind == "huggingface":
        from recycling.hub.network import NetworkHub

        return NetworkHub()
    raise InputError("hub", "kind", kind, "folder or huggingface", "choose one of them")
