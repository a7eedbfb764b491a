"""Repositories of strangers who mean harm: one of each kind that was thought of.

`FILES` are those that any hub can hold, as name -> (reason, files); `FOLDERS` those that only
somebody can make who writes into a hub folder, as name -> (reason, what is done to a fit one).
"""

import json
import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from pool_cases import BASE, COMMIT, CONFIG, WEIGHTS, fit, tensors
from rejected_cases import CASES, changed

from recycling.adapters import peft_files
from recycling.community.defects import BROKEN, Files, with_tensors

# What is written where a licence, a base or a tag is expected.
TEXTS = {
    "parenthesis": "()",
    "half_expression": "( AND x",
    "many_parentheses": "(" * 110,
    "table": "mit | 1.0 |\n| forged | - | mit | 9 |",
    "html": "<img src=x onerror=alert(1)>",
    "script": "</td><script>alert(1)</script>",
    "link": "[click](javascript:alert(1))",
    "code": "`code` $x$ **bold**",
    "terminal": "\x1b[2J\x1b]0;title\x07\x1b]8;;http://evil.example\x1b\\click",
    "direction": "\u202emit\u202c",
    "zero_width": "m\u200bit",
    "formula": "=HYPERLINK(1)",
    "quotes": "\"; '\t\n\r",
    "surrogate": "\ud800",
    "zalgo": "m" + "\u0301" * 100,
    "long": "m" * 50_000,
    "yaml": "mit\n---\nlicense: apache-2.0",
    "braces": "{base} {0} %s {{x}}",
}
CARDS = {
    "escape_beyond_unicode": b'license: "\\UFFFFFFFF"',
    "half_escape": b'license: "\\U0011',
    "deep_lists": b"[" * 600,
    "deep_lines": b"- " * 30_000,
    "deep_keys": b"? " * 30_000,
    "many_keys": b"\n".join(b"k%d: v" % number for number in range(6000)),
    "many_anchors": b"\n".join(b"k%d: &a%d x" % (number, number) for number in range(4000)),
    "merge_bomb": b"a0: &a0 {x: 1}\n"
    + b"\n".join(
        b"a%d: &a%d {<<: [%s]}" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 30)
    ),
    "itself": b"license: &a [*a]",
    "build": b"license: !!python/object/apply:os.system [id]",
    "many_tags": b"tags: [" + b"a," * 30_000 + b"]",
    "unclosed": b"license: [mit, (",
    "zeros": bytes(60_000),
    "no_text": b"license: \xff\xfe",
}
UNSEEN_BASE = f"{BASE[:4]}\u200b{BASE[4:]}"
CONFIGS = {
    "base_with_a_zero_width_space": ("base_mismatch", {"base_model_name_or_path": UNSEEN_BASE}),
    "base_in_other_letters": ("base_mismatch", {"base_model_name_or_path": "l\u0430b/base-1b"}),
    "base_with_an_escape": ("base_mismatch", {"base_model_name_or_path": "\x1b[2Jx/y"}),
    "revision_with_markup": ("", {"revision": TEXTS["html"] + TEXTS["terminal"]}),
    "key_with_markup": ("unknown_config:", {TEXTS["terminal"] + "|" + TEXTS["html"]: 1}),
    "type_with_markup": ("variant:", {"peft_type": TEXTS["table"]}),
    "alpha_beyond_numbers": ("scale_unknown", {"lora_alpha": 10**4000}),
    "rank_beyond_memory": ("scale_unknown", {"r": 10**9}),
    "rank_below_zero": ("scale_unknown", {"r": -2}),
    "slow_pattern": ("rank_mismatch", {"rank_pattern": {"(a+)+(b|b)*c": 1, ".*.*.*.*": 3}}),
    "many_patterns": ("unreadable_config", {"alpha_pattern": {f"x{n}.*": 1 for n in range(2000)}}),
    "large_patterns": (
        "unsafe_pattern",
        {"alpha_pattern": {f"(x{n}|.*){{50}}": 1 for n in range(99)}},
    ),
    "version_of_digits": ("", {"peft_version": "9" * 5000}),
    "targets_of_any_type": ("", {"target_modules": [None, {"a": [1]}, 7, "q_proj"]}),
}
JSONS = {
    "deep_json": b"[" * 50_000,
    "deep_objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "number_of_digits": b'{"r": ' + b"9" * 50_000 + b"}",
    "not_a_number_json": b'{"r": NaN}',
    "no_utf8": b'{"r": "\xff"}',
    "bom": b"\xef\xbb\xbf{}",
    "key_twice": b'{"r": 1, "r": 2}',
    "no_object": b"[1]",
}


def _header(text: bytes, body: bytes = b"") -> bytes:
    return len(text).to_bytes(8, "little") + text + body


def _entry(shape: list[int], start: int, stop: int) -> dict[str, object]:
    return {"dtype": "F32", "shape": shape, "data_offsets": [start, stop]}


HEADERS = {
    "header_beyond_the_file": (2**63).to_bytes(8, "little") + b"{}",
    "deep_header": _header(b'{"a":' * 100_000),
    "shape_beyond_memory": _header(json.dumps({"a": _entry([2**40, 2**40], 0, 8)}).encode()),
    "shape_below_zero": _header(json.dumps({"a": _entry([-1, -1], 0, 4)}).encode(), bytes(4)),
    "offsets_that_overlap": _header(
        json.dumps({"a": _entry([1], 0, 4), "b": _entry([1], 0, 4)}).encode(), bytes(4)
    ),
    "many_tensors": _header(
        json.dumps({f"model.{'model.' * 70}{n}": _entry([], 4 * n, 4 * n + 4) for n in range(1900)})
        .encode(),
        bytes(4 * 1900),
    ),
    "name_with_markup": changed(f"{TEXTS['html']}{TEXTS['terminal']}\n", shape=(1,))[WEIGHTS],
    "long_name": changed("x" * 100_000, shape=(1,))[WEIGHTS],
}  # fmt: skip


def _filled(value: bytes) -> Files:
    found = {k: (d, s, value * (len(b) // 4)) for k, (d, s, b) in tensors().items()}
    return with_tensors(fit(), found)


def _card(fields: bytes) -> Files:
    return fit() | {"README.md": b"---\n" + fields + b"\n---\n"}


FILES: dict[str, tuple[str, Files]] = {
    **{
        f"case_{reason.replace(':', '_')}_{number}": (reason, files)
        for reason, cases in CASES.items()
        for number, files in enumerate(cases)
        # Without a file there is no repository; `run_pool` knows no output layer.
        if files and reason != "vocab_resized"
    },
    **{
        f"text_{name}": ("", _card(b"license: " + json.dumps(text).encode()))
        for name, text in TEXTS.items()
    },
    **{f"card_{name}": ("", _card(fields)) for name, fields in CARDS.items()},
    **{f"config_{name}": (reason, fit(**keys)) for name, (reason, keys) in CONFIGS.items()},
    **{f"json_{n}": ("unreadable_config", fit() | {CONFIG: data}) for n, data in JSONS.items()},
    **{f"header_{name}": ("", fit() | {WEIGHTS: data}) for name, data in HEADERS.items()},
    "weights_nan": ("nonfinite", BROKEN["planets_lr1"](fit())),
    "weights_zero": ("noop", BROKEN["jokes_v0"](fit())),
    "weights_infinite": ("nonfinite", _filled(b"\x00\x00\x80\x7f")),
    "weights_huge": ("nonfinite", _filled(b"\xff\xff\x7f\x7f")),
    "weights_tiny": ("norm", _filled(b"\x01\x00\x00\x00")),
    "files_without_end": ("too_large", fit() | {f"f/{n}": b"" for n in range(5001)}),
    "name_of_a_file": ("", fit() | {"\x1b[2J|<b>\u202e.bin": b""}),
    "other_base_on_the_card": (
        "base_unknown",
        fit(base_model_name_or_path=None)
        | {"README.md": f"---\nbase_model: {UNSEEN_BASE}\n---\n".encode()},
    ),
}


def _snapshot(folder: Path) -> Path:
    return folder / "snapshots" / COMMIT


def _deep(folder: Path) -> None:
    path = _snapshot(folder)
    for _ in range(1200):
        path = path / "d"
        path.mkdir()


def _wide(folder: Path) -> None:
    for number in range(20):
        path = _snapshot(folder)
        for part in [f"w{number}", *"d" * 18]:
            path = path / part
            path.mkdir()
        for name in range(20):
            (path / str(name)).touch()


def _sparse(folder: Path) -> None:
    path = _snapshot(folder) / WEIGHTS
    end = peft_files.header_end(path.read_bytes(), path.stat().st_size, 10_000)
    os.truncate(path, end)
    os.truncate(path, 1_500_000_000)


def _socket(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made, tempfile.TemporaryDirectory() as short:
        made.bind(f"{short}/s")
        Path(short, "s").rename(_snapshot(folder) / "s")


def _replaced(name: str, make: Callable[[Path], None]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (_snapshot(folder) / name).unlink()
        make(_snapshot(folder) / name)

    return change


FOLDERS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "deep": ("too_large", _deep),
    "wide_and_deep": ("", _wide),
    "sparse": ("too_large", _sparse),
    "pipe": ("unreadable_repository", _replaced(CONFIG, os.mkfifo)),
    "pipe_as_card": ("unreadable_repository", _replaced("README.md", os.mkfifo)),
    "socket": ("unreadable_repository", _socket),
    "loop": ("unreadable_repository", _replaced(CONFIG, lambda path: path.symlink_to(path.name))),
    "link_out": ("outside_hub", _replaced(CONFIG, lambda path: path.symlink_to("/etc/hostname"))),
    "device": ("outside_hub", _replaced(WEIGHTS, lambda path: path.symlink_to("/dev/zero"))),
    "folder_out": ("outside_hub", lambda folder: (_snapshot(folder) / "x").symlink_to("/etc")),
    "hard_link": (
        "unreadable_config",
        _replaced(CONFIG, lambda path: path.hardlink_to(_snapshot(path.parents[2]) / "README.md")),
    ),
    "no_utf8_name": (
        "",
        lambda folder: Path(os.fsdecode(bytes(_snapshot(folder)) + b"/\xff")).touch(),
    ),
    "ref": ("no_revision", lambda folder: (folder / "refs/main").write_text("../../../etc")),
    "ref_of_zeros": (
        "unreadable_repository",
        lambda folder: os.truncate(folder / "refs/main", 10**10),
    ),
    "two_snapshots": (
        "no_revision",
        lambda folder: ((folder / "refs/main").unlink(), (folder / "snapshots/x").mkdir()),
    ),
    "gone": ("unreadable_repository", lambda folder: _snapshot(folder).rename(folder / "old")),
}
# Folders whose names are no repositories, though they look like one that is there.
NAMES = ["models--ana--lora\n", "models--ana\u200b--lora", "french\u200b", " french", "a--b"]
NAMES += ["\x1b[2J", "models--a|b--<img>"]
