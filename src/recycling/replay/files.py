"""Published files brought to disk: from a folder that has them, or by their address, checked."""

import shutil
import urllib.error
import urllib.request
from pathlib import Path
from time import sleep

from recycling.ground.errors import InputError
from recycling.ground.provenance import check_sha256
from recycling.ground.tables import replacing
from recycling.hub.retry import PASSING

LARGEST = 200_000_000
PATIENCE = 60  # seconds without a byte
WAITS = (5, 20, 60)  # seconds before another try


def obtain(target: Path, *, local: str | None, url: str, sha256: str) -> None:
    """Write the file with the digest `sha256` to `target`: a copy of `local`, else from `url`.

    Raises InputError when it cannot be had or is another file.
    """
    with replacing(target) as temporary:
        if local is not None:
            shutil.copyfile(local, temporary)
        else:
            _download(url, temporary)
        check_sha256(temporary, sha256)


def _download(url: str, target: Path) -> None:
    if not url.startswith(("https://", "http://")):
        raise InputError("published file", "url", url, "an http address", "correct the config")
    for wait in (*WAITS, None):
        try:
            _read(url, target)
            return
        except OSError as error:  # urllib's errors among them
            refused = isinstance(error, urllib.error.HTTPError) and error.code not in PASSING
            if refused or wait is None:
                raise InputError(
                    "published file",
                    "url",
                    f"{url} ({error})",
                    "an address that answers",
                    "check the network, or put the file into the config's `folder`",
                ) from error
            print(f"{url}: {error}; another try in {wait} s", flush=True)
            sleep(wait)


def _read(url: str, target: Path) -> None:
    with (
        urllib.request.urlopen(url, timeout=PATIENCE) as answer,  # noqa: S310
        target.open("wb") as file,
    ):
        while block := answer.read(1 << 20):
            file.write(block)
            if file.tell() > LARGEST:
                raise InputError(
                    url, "bytes", file.tell(), f"at most {LARGEST}", "correct the address"
                )
