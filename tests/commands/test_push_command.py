"""`recycling push`: an exported merge goes to a hub as it is, and nothing else goes there."""

import json
import shutil

import pytest
from command_cases import SETTINGS, recycling, save
from fake_hub import Repository
from plan_cases import STUDY

from recycling.commands import program, push
from recycling.ground.errors import InputError
from recycling.merging import METHODS
from recycling.plan.work import merging

TOKEN = "hf_" + "s3cr3t" * 5
FILES = [
    "NOTICE",
    "README.md",
    "adapter_config.json",
    "adapter_model.safetensors",
    "coefficients.tsv",
    "curve.tsv",
    "merge.json",
]


@pytest.fixture(scope="module")
def exported(toy_folder, tmp_path_factory):
    """A merge of two adapters, as `recycling merge` writes it."""
    root = tmp_path_factory.mktemp("push")
    for seed, name in enumerate(("usual", "rslora")):
        save(toy_folder, root / name, seed, **SETTINGS[name])
    out = root / "merged"
    adapters = [str(root / "usual"), str(root / "rslora")]
    assert program.main(["merge", *adapters, "--method", "average", "--out", str(out)]) == 0
    return out


@pytest.fixture
def merged(exported, tmp_path):
    """A copy that may be spoilt."""
    return shutil.copytree(exported, tmp_path / "merged")


def pushed(hub, *arguments, **variables):
    """The command as a process; its client has the protocol that the hub of the tests speaks."""
    known = {
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": TOKEN,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_OFFLINE": "0",
    }
    return recycling("push", *arguments, **known | variables)


def test_nothing_is_uploaded_before_it_was_said(merged, start_hub):
    hub = start_hub({}, token=TOKEN)
    done = pushed(hub, merged, "ana/merged")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:7]] == FILES
    size = (merged / "README.md").stat().st_size
    assert f"README.md                  {size:>15,} bytes" in lines
    total = sum(path.stat().st_size for path in merged.iterdir())
    assert lines[7] == f"{total:,} bytes, licence mit, to ana/merged (private if it is new)"
    assert lines[-1] == "nothing is uploaded: add --yes"
    assert hub.heard == []


def test_the_hub_has_the_same_bytes(merged, start_hub):
    hub = start_hub({}, token=TOKEN)
    done = pushed(hub, merged, "ana/merged", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == f"ana/merged: commit {'c' * 40}"
    stored = hub.repositories["ana/merged"].files
    assert stored == {path.name: path.read_bytes() for path in merged.iterdir()}
    assert hub.public == set()
    # Large files go the way of large files, and their store gets no token.
    assert len(hub.uploaded) == 1
    assert not [
        path
        for path, headers in hub.heard
        if path.startswith("/upload") and "Authorization" in headers
    ]
    # Again, into a repository that is there.
    assert pushed(hub, merged, "ana/merged", "--yes", "--public").returncode == 0
    assert hub.public == set()
    assert pushed(hub, merged, "ana/seen", "--yes", "--public").returncode == 0
    assert hub.public == {"ana/seen"}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HF_TOKEN": ""}, "HF_TOKEN: found '', expected a token that may write"),
        ({"HF_TOKEN": "hf_other"}, "bob/merged: found 'the answer 403', expected a hub that takes"),
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "bob/merged: found 'ConnectError', expected a hub"),
        ({"HF_HUB_OFFLINE": "1"}, "found 'OfflineModeIsEnabled', expected a hub that takes"),
    ],
)
def test_a_hub_that_takes_nothing_is_one_line_without_the_token(
    merged, start_hub, variables, expected
):
    hub = start_hub({"bob/merged": Repository({})}, token=TOKEN)
    done = pushed(hub, merged, "bob/merged", "--yes", **variables)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert expected in line
    assert TOKEN not in done.stdout + done.stderr
    assert hub.repositories["bob/merged"].files == {}


def spoilt_notice(folder):
    (folder / "NOTICE").unlink()


def spoilt_pickle(folder):
    (folder / "optimizer.PT").write_bytes(b"x")


def spoilt_stray(folder):
    (folder / "notes.txt").write_text("x")


def spoilt_link(folder):
    (folder / "curve.tsv").unlink()
    (folder / "curve.tsv").symlink_to("/etc/passwd")


def spoilt_folder(folder):
    (folder / "curve.tsv").unlink()
    (folder / "curve.tsv").mkdir()


def spoilt_empty(folder):
    (folder / "NOTICE").write_text("")


def spoilt_weights(folder):
    path = folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


def spoilt_record(folder):
    (folder / "merge.json").write_text(json.dumps(["x"]))


def spoilt_card(folder):
    (folder / "README.md").write_text("no front matter")


def spoilt_routed(folder):
    (folder / "adapter_model.safetensors").unlink()


@pytest.mark.hostile
@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (
            spoilt_notice,
            "found 'no NOTICE', expected an exported merge, which has adapter_config.json",
        ),
        (spoilt_pickle, "found 'optimizer.PT', expected safetensors only: who loads a pickle"),
        (spoilt_stray, "found 'notes.txt', expected an exported merge: plain files, of adapter_"),
        (spoilt_link, "found 'curve.tsv', expected an exported merge: plain files"),
        (spoilt_folder, "found 'curve.tsv', expected an exported merge: plain files"),
        (spoilt_empty, "found 'NOTICE of 0 bytes', expected 1 to 50000000 bytes"),
        (spoilt_weights, "expected an adapter; export the merge again"),
        (spoilt_record, "expected the record of a merge: arm, method, sources"),
        (spoilt_card, "expected a card that states base and licence"),
        (spoilt_routed, "found 'no adapter_model.safetensors', expected an exported merge"),
    ],
)
def test_what_is_no_export_is_refused_with_yes_too(merged, start_hub, monkeypatch, spoil, expected):
    hub = start_hub({}, token=TOKEN)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    spoil(merged)
    with pytest.raises(InputError) as error:
        push.run(merged, "ana/merged", public=False, yes=True)
    assert expected in str(error.value)
    assert hub.heard == []


@pytest.mark.parametrize("repo", ["merged", "ana/merged/x", "../merged", "ana/../x", "ana/a b"])
def test_a_repository_is_named_in_full(merged, repo):
    with pytest.raises(InputError, match="expected owner/name"):
        push.run(merged, repo, public=False, yes=False)


def test_a_folder_must_be_there(tmp_path):
    with pytest.raises(InputError, match="expected a folder; correct the path"):
        push.run(tmp_path / "no", "ana/merged", public=False, yes=True)


def test_what_a_study_exports_is_let_through(merged):
    whole = [
        arm
        for arm in merging.merged_arms(STUDY)
        if not METHODS[STUDY.arms[arm].merge.method].routed
    ]
    exported = {file for arm in whole for file in merging.staying(STUDY, arm)}
    assert {"tuning.tsv", "NOTICE"} < exported
    for file in exported - {path.name for path in merged.iterdir()}:
        (merged / file).write_text("loss\n")
    assert push.export(merged).keys() == exported
