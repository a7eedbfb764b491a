"""The Hugging Face Hub over HTTP: what it lists, and its files by commit.

`HF_ENDPOINT` names another hub. The token comes from `HF_TOKEN` alone. No message holds an address
or the words of a server.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from time import monotonic

from httpx2 import URL

from recycling.ground.errors import InputError
from recycling.ground.foreign_text import shown
from recycling.hub import answers
from recycling.hub.address import (
    COMMIT,
    MOST_FILES,
    REPOSITORY,
    HubError,
    Listing,
    check_name,
    read_whole,
)
from recycling.hub.client import Client
from recycling.hub.front_matter import MOST_TAGS
from recycling.hub.guard import guarded
from recycling.hub.retry import Retries
from recycling.hub.transfer import Transfer

# What a listing holds of each repository. Cards are left out: licence and base are tags too.
EXPAND = ["disabled", "gated", "lastModified", "sha", "siblings", "tags"]
MOST_PAGES, MOST_LISTED, LISTING_BYTES, LISTING_SECONDS = 1000, 200_000, 300_000_000, 7200.0


class NetworkHub:
    """A hub that answers as huggingface.co does; it may be used from several threads at once."""

    def __init__(self) -> None:
        self._client, self._retries = Client(), Retries()
        self._files = Transfer(self._client, self._retries)

    def repositories(self, bases: Sequence[str], ids: Sequence[str]) -> Iterator[Listing]:
        """The adapters of `bases` by their tags, each once; with `ids`, exactly those.

        One request for each page of 1,000 adapters, and one for each of `ids` that is no adapter
        of `bases`. A row that is ill-formed is a listing with a problem.

        Raises InputError for pages that cannot be read, or do not end.
        """
        wanted = set(ids)
        seen: set[str] = set()
        for base in bases:
            try:
                yield from self._tagged(f"base_model:adapter:{base}", wanted, seen)
            except HubError as error:
                remedy = "check the network, HF_ENDPOINT and HF_TOKEN, and run again"
                expected = "pages of repositories"
                raise InputError("hub", "listing", error.detail, expected, remedy) from None
        for repo in sorted(wanted - seen):
            yield self._asked(repo)

    def read(self, repo: str, commit: str, file: str, limit: int) -> bytes:
        """A whole file of at most `limit` bytes."""
        return read_whole(self, repo, commit, file, limit)

    def read_range(
        self, repo: str, commit: str, file: str, start: int, stop: int
    ) -> tuple[bytes, int]:
        """Bytes `start` to `stop` of a file, fewer at its end, and the size of the file."""
        return self._files.read(repo, commit, file, start, stop)

    def fetch(self, repo: str, commit: str, file: str, destination: Path, limit: int) -> str:
        """Copy a file of at most `limit` bytes to `destination`; its sha256."""
        return self._files.fetch(repo, commit, file, destination, limit)

    def _tagged(self, tag: str, wanted: Collection[str], seen: set[str]) -> Iterator[Listing]:
        """The repositories with a tag that are among `wanted`, or all, and not yet `seen`."""
        question = URL(f"{self._client.endpoint}/api/models")
        url = str(question.copy_merge_params({"filter": tag, "expand": EXPAND}))
        pages: set[str] = set()
        total, started = 0, monotonic()
        while url:
            _check_progress(url, pages, total, monotonic() - started)
            pages.add(url)
            read = self._listed
            try:
                rows, size, following = self._page(url)
            except HubError as error:
                if error.reason != "too_large":
                    raise
                # One repository with very many files must not cost the others of its page.
                few = [name for name in EXPAND if name != "siblings"]
                rows, size, following = self._page(_expanding(url, few))
                following = following and _expanding(following, EXPAND)
                read = self._listed_alone
            for row in rows:
                name = answers.name(row)
                repo = shown(name) or f"row {len(seen) + 1} without a name"
                if repo not in seen and (name in wanted or not wanted):
                    seen.add(repo)
                    if len(seen) > MOST_LISTED:
                        raise HubError("unavailable", f"more than {MOST_LISTED} repositories")
                    yield read(repo, row)
            url, total = following, total + size

    def _page(self, url: str) -> tuple[list[object], int, str]:
        """The rows of a page, its bytes, and the address of the next page if there is one."""
        if not url.startswith(f"{self._client.endpoint}/"):
            raise HubError("unavailable", "a next page on another host")

        def attempt() -> tuple[object, int, str]:
            with self._client.get(url) as answer:
                rows, size = answers.value(answer)
                return rows, size, answer.response.links.get("next", {}).get("url", "")

        rows, size, following = self._retries.run(attempt)
        if not isinstance(rows, list):
            raise HubError("unavailable", "a page that is no list")
        return rows, size, following

    def _listed(self, repo: str, row: object) -> Listing:
        try:
            with guarded(repo):
                return self._listing(answers.repository(row))
        except HubError as error:
            return Listing(repo, problem=error.reason, detail=error.detail)

    def _listed_alone(self, repo: str, row: object) -> Listing:
        return self._asked(repo) if REPOSITORY.fullmatch(repo) else self._listed(repo, row)

    def _asked(self, repo: str) -> Listing:
        """One repository that is asked for by its name."""
        question = URL(f"{self._client.endpoint}/api/models/{repo}", params={"expand": EXPAND})

        def attempt() -> object:
            with self._client.get(str(question)) as answer:
                return answers.value(answer)[0]

        try:
            check_name(repo)
            row = self._retries.run(attempt)
            with guarded(repo):
                found = answers.repository(row)
                if found.id != repo:
                    raise HubError("renamed", f"found {shown(found.id)}, expected {repo}")
                return self._listing(found)
        except HubError as error:
            return Listing(shown(repo), problem=error.reason, detail=error.detail)

    def _listing(self, found: answers.Repository) -> Listing:
        tags = [shown(tag) for tag in found.tags[:MOST_TAGS]]
        files = sorted(file.rfilename for file in found.siblings)
        reason, detail = self._problem(found)
        date = re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", found.last_modified or "")
        return Listing(
            shown(found.id),
            shown(found.sha or ""),
            licence=_value(tags, r"license:(.+)"),
            base_model=_value(tags, r"base_model:adapter:(.+)|base_model:([^:]+)"),
            card="readable" if "README.md" in files else "missing",
            date=date[0] if date else "",
            tags=tuple(tags),
            files={} if reason else dict.fromkeys(files),
            problem=reason,
            detail=detail,
        )

    def _problem(self, found: answers.Repository) -> tuple[str, str]:
        """Why a listed repository cannot be used: a reason code and details, or two empty words."""
        if not REPOSITORY.fullmatch(found.id):
            return "repo_name", f"found {shown(found.id)}, expected owner/name"
        if found.disabled:
            return "disabled", "found it switched off by the hub, expected a readable repository"
        if found.gated and not self._client.token:
            return "gated", "found no HF_TOKEN, expected one whose owner was let in"
        if not COMMIT.fullmatch(found.sha or ""):
            return "no_revision", f"found {shown(found.sha)}, expected a commit"
        files = len(found.siblings)
        if files > MOST_FILES:
            return "too_large", f"found {files} files, expected at most {MOST_FILES}"
        return "", ""


def _check_progress(url: str, pages: Collection[str], size: int, seconds: float) -> None:
    """Raise HubError when a listing does not seem to end."""
    limits = (
        (url in pages, "a next page that came before"),
        (len(pages) >= MOST_PAGES, f"more than {MOST_PAGES} pages"),
        (size > LISTING_BYTES, f"more than {LISTING_BYTES} bytes"),
        (seconds > LISTING_SECONDS, f"no end in {LISTING_SECONDS:.0f} s"),
    )
    for reached, detail in limits:
        if reached:
            raise HubError("unavailable", detail)


def _expanding(url: str, properties: Sequence[str]) -> str:
    """The address of the same page with these properties of each repository."""
    return str(URL(url).copy_merge_params({"expand": list(properties)}))


def _value(tags: Sequence[str], pattern: str) -> str:
    """What the first tag of that pattern says, or nothing."""
    found = (re.fullmatch(pattern, tag) for tag in tags)
    return next((match[match.lastindex or 0] for match in found if match), "")
