"""Upload an exported merge, with its card and its NOTICE, to a repository of yours.

Without --yes it says what it would upload, and uploads nothing. The folder is one that a study or
`recycling merge` has written; nothing else in it is let through. A new repository is private unless
--public is given. HF_TOKEN must hold a token that may write there.
"""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from recycling.ground import online
from recycling.ground.errors import InputError
from recycling.ground.foreign_text import shown
from recycling.merging.recipe import ADAPTER as WEIGHTS
from recycling.merging.recipe import CONFIGS, LEAFLETS, RECORDS

# What an export is made of, and what may lie beside it.
NEEDED = (CONFIGS[WEIGHTS], WEIGHTS, *LEAFLETS, "merge.json")
ALLOWED = tuple(dict.fromkeys((*NEEDED, *RECORDS)))
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".msgpack")
# A file of the Hub, and texts of an export, have at most so many bytes.
MOST_WEIGHTS, MOST_TEXT = 50_000_000_000, 50_000_000


def declare(parser: argparse.ArgumentParser) -> None:
    """Give the parser what this command takes."""
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="merged/ARM/TASK/REPLICATE of a study, or --out"
    )
    parser.add_argument("repo", metavar="OWNER/NAME", help="a repository of yours on the Hub")
    parser.add_argument("--public", action="store_true", help="if it is new, let everybody see it")
    parser.add_argument("--yes", action="store_true", help="upload; without it nothing is sent")


def run(folder: Path, repo: str, public: bool, yes: bool) -> int:
    """Say what is uploaded, then do it. Raises InputError for what must not be uploaded."""
    from recycling.hub.address import REPOSITORY

    if not REPOSITORY.fullmatch(repo):
        expected = "owner/name, of letters, digits, dots, _ and -"
        raise InputError("push", "repository", repo, expected, "correct the name")
    files = export(folder)
    licence = vetted(folder)
    token = online.token()
    if yes and not token:
        expected = "a token that may write to the repository"
        raise InputError("push", "HF_TOKEN", "", expected, "set it in the environment")
    for name, size in files.items():
        print(f"{name:<26} {size:>15,} bytes")
    seen = "public" if public else "private"
    print(f"{sum(files.values()):,} bytes, licence {licence}, to {repo} ({seen} if it is new)")
    print("files of these names that are there are replaced", flush=True)
    if not yes:
        print("nothing is uploaded: add --yes")
        return 0
    print(f"{repo}: {upload(folder, files, repo, public, token)}")
    return 0


def export(folder: Path) -> dict[str, int]:
    """The files of an exported merge and their bytes.

    Raises InputError for anything else: files that no export has, pickles above all, links, and a
    folder that lacks what an export must have.
    """
    if not folder.is_dir():
        raise InputError("push", "folder", str(folder), "a folder", "correct the path")
    found = {}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.lower().endswith(PICKLES):
            expected = "safetensors only: who loads a pickle runs what is in it"
            raise InputError("push", str(folder), entry.name, expected, "remove it")
        if entry.name not in ALLOWED or not entry.is_file(follow_symlinks=False):
            expected = f"an exported merge: plain files, of {', '.join(ALLOWED)}"
            raise InputError("push", str(folder), entry.name, expected, "push the export itself")
        found[entry.name] = entry.stat().st_size
        most = MOST_WEIGHTS if entry.name == WEIGHTS else MOST_TEXT
        if not 0 < found[entry.name] <= most:
            expected = f"1 to {most} bytes"
            said = f"{entry.name} of {found[entry.name]} bytes"
            raise InputError("push", str(folder), said, expected, "export the merge again")
    for name in NEEDED:
        if name not in found:
            expected = f"an exported merge, which has {', '.join(NEEDED)}"
            remedy = "export the merge again; what PEFT does not load, such as a routed one, stays"
            raise InputError("push", str(folder), f"no {name}", expected, remedy)
    return found


def vetted(folder: Path) -> str:
    """The licence of the export, which vetting accepts as an adapter of strangers.

    Raises InputError where it does not, and where card and record are none of an export.
    """
    from recycling.adapters import licences
    from recycling.commands import given, rules
    from recycling.ground import tables
    from recycling.pool import inspection
    from recycling.pool.vetting import vet

    [one] = given.adapters([str(folder)])
    found = inspection.inspect(one.hub, one.listing)
    verdict = vet(found, rules.by_themselves([found]))
    if verdict.reason:
        said = f"{verdict.reason}: {verdict.detail}"
        raise InputError("push", str(folder), said, "an adapter", "export the merge again")
    record = tables.read_json(folder / "merge.json")
    if not isinstance(record, Mapping) or not {"arm", "method", "sources"} <= set(record):
        expected = "the record of a merge: arm, method, sources"
        raise InputError("push", "merge.json", shown(record), expected, "export the merge again")
    if one.listing.card != "readable" or not one.listing.licence:
        expected = "a card that states base and licence"
        raise InputError("push", "README.md", one.listing.card, expected, "export the merge again")
    return licences.name(one.listing.licence).lower()


def upload(folder: Path, files: Mapping[str, int], repo: str, public: bool, token: str) -> str:
    """Put the files into the repository in one commit, and say which. InputError if it fails."""
    import warnings

    from httpx2 import HTTPError
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils import disable_progress_bars

    from recycling.hub import session

    session.bound()
    disable_progress_bars()
    api = HfApi(token=token)
    added = [CommitOperationAdd(name, str(folder / name)) for name in files]
    try:
        with warnings.catch_warnings():
            # The hub's words on the card.
            warnings.simplefilter("ignore")
            if not api.repo_exists(repo):
                api.create_repo(repo, private=not public)
            done = api.create_commit(repo, added, commit_message="Add a merged adapter")
    except InputError:
        raise
    except HfHubHTTPError as error:
        raise _refused(repo, f"the answer {error.response.status_code}") from None
    except (HTTPError, OSError, RuntimeError, ValueError) as error:
        raise _refused(repo, type(error).__name__) from None
    return f"commit {shown(done.oid)}"


def _refused(repo: str, found: str) -> InputError:
    return InputError(
        "push",
        repo,
        found,
        "a hub that takes the files",
        "check network, name, and that HF_TOKEN may write there; nothing is there in part: the "
        "files come in one commit",
    )
