"""The Hugging Face Hub over HTTP: what it lists, and its files by commit.

Endpoint, session and errors are those of huggingface_hub; `HF_ENDPOINT` names another hub. The
token comes from `HF_TOKEN` alone. No message holds an address or the words of a server.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from httpx2 import Response
from huggingface_hub import constants
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from recycling.ground.errors import InputError
from recycling.ground.foreign_text import shown
from recycling.hub.address import COMMIT, MOST_FILES, REPOSITORY, HubError, Listing, check_name
from recycling.hub.front_matter import MOST_TAGS
from recycling.hub.retry import Retries
from recycling.hub.transfer import Transfer

# What a listing holds of each repository. Cards are left out: licence and base are tags too.
EXPAND = ["disabled", "gated", "lastModified", "sha", "siblings", "tags"]
TIMEOUT = 60.0


class NetworkHub:
    """A hub that answers as huggingface.co does; it may be used from several threads at once."""

    def __init__(self) -> None:
        self._token = os.environ.get("HF_TOKEN") or False
        self._endpoint = constants.ENDPOINT
        self._retries = Retries()
        self._files = Transfer(self._token, self._retries)

    def repositories(self, bases: Sequence[str], ids: Sequence[str]) -> Iterator[Listing]:
        """The adapters of `bases` by their tags, each once; with `ids`, exactly those.

        One request for each page of 1,000 adapters, and one for each of `ids` that is no adapter
        of `bases`.
        """
        wanted, seen = set(ids), set()
        for base in bases:
            for found in self._tagged(f"base_model:adapter:{base}"):
                if found["id"] not in seen and (found["id"] in wanted or not wanted):
                    seen.add(found["id"])
                    yield self._listing(found)
        for repo in sorted(wanted - seen):
            try:
                yield self._asked(repo)
            except HubError as error:
                yield Listing(shown(repo), problem=error.reason, detail=error.detail)

    def read(self, repo: str, commit: str, file: str, limit: int) -> bytes:
        """A whole file of at most `limit` bytes."""
        data, size = self._files.read(repo, commit, file, 0, limit)
        if size > limit:
            raise HubError("too_large", f"found {file} of {size} bytes, expected at most {limit}")
        return data

    def read_range(
        self, repo: str, commit: str, file: str, start: int, stop: int
    ) -> tuple[bytes, int]:
        """Bytes `start` to `stop` of a file, fewer at its end, and the size of the file."""
        return self._files.read(repo, commit, file, start, stop)

    def fetch(self, repo: str, commit: str, file: str, destination: Path, limit: int) -> str:
        """Copy a file of at most `limit` bytes to `destination`; its sha256."""
        return self._files.fetch(repo, commit, file, destination, limit)

    def _tagged(self, tag: str) -> Iterator[dict[str, Any]]:
        url: str | None = f"{self._endpoint}/api/models"
        parameters: Mapping[str, Any] | None = {"filter": tag, "expand": EXPAND}
        try:
            while url is not None:
                if not url.startswith(f"{self._endpoint}/"):
                    raise HubError("unavailable", "a next page on another host")
                page = self._retries.run(partial(self._get, url, parameters))
                yield from page.json()
                url, parameters = page.links.get("next", {}).get("url"), None
        except (HubError, JSONDecodeError) as error:
            raise InputError(
                "hub",
                "listing",
                error.detail if isinstance(error, HubError) else "a page that is no JSON",
                "pages of repositories",
                "check the network, HF_ENDPOINT and HF_TOKEN, and run again",
            ) from None

    def _asked(self, repo: str) -> Listing:
        check_name(repo)
        url = f"{self._endpoint}/api/models/{repo}"
        found = self._retries.run(partial(self._get, url, {"expand": EXPAND})).json()
        if found["id"] != repo:
            raise HubError("renamed", f"found {shown(found['id'])}, expected {repo}")
        return self._listing(found)

    def _get(self, url: str, parameters: Mapping[str, Any] | None) -> Response:
        # Not `list_models` and `model_info`: one has no time limit, the other does not try again.
        headers = build_hf_headers(token=self._token)
        response = get_session().get(url, params=parameters, headers=headers, timeout=TIMEOUT)
        hf_raise_for_status(response)
        return response

    def _listing(self, found: Mapping[str, Any]) -> Listing:
        tags = [shown(tag) for tag in found.get("tags", [])[:MOST_TAGS]]
        files = sorted(file["rfilename"] for file in found.get("siblings", []))
        reason, detail = self._problem(found)
        return Listing(
            shown(found["id"]),
            shown(found.get("sha") or ""),
            licence=_value(tags, r"license:(.+)"),
            base_model=_value(tags, r"base_model:adapter:(.+)|base_model:([^:]+)"),
            card="readable" if "README.md" in files else "missing",
            date=shown(found.get("lastModified") or "")[:10],
            tags=tuple(tags),
            files={} if reason else dict.fromkeys(files),
            problem=reason,
            detail=detail,
        )

    def _problem(self, found: Mapping[str, Any]) -> tuple[str, str]:
        """Why a listed repository cannot be used: a reason code and details, or two empty words."""
        if not REPOSITORY.fullmatch(found["id"]):
            return "repo_name", f"found {shown(found['id'])}, expected owner/name"
        if found.get("disabled"):
            return "disabled", "found it switched off by the hub, expected a readable repository"
        if found.get("gated") and not self._token:
            return "gated", "found no HF_TOKEN, expected one whose owner was let in"
        if not COMMIT.fullmatch(found.get("sha") or ""):
            return "no_revision", f"found {shown(found.get('sha'))}, expected a commit"
        files = len(found.get("siblings", []))
        if files > MOST_FILES:
            return "too_large", f"found {files} files, expected at most {MOST_FILES}"
        return "", ""


def _value(tags: Sequence[str], pattern: str) -> str:
    """What the first tag of that pattern says, or nothing."""
    found = (re.fullmatch(pattern, tag) for tag in tags)
    return next((match[match.lastindex or 0] for match in found if match), "")
