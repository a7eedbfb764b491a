"""The program as a whole: its help, how fast it is there, and what it says of a wrong command."""

import subprocess
import sys
import tomllib

import pytest
import studies
from command_cases import recycling

from recycling.commands import program


@pytest.mark.parametrize("arguments", [[], *([name] for name in program.COMMANDS)])
def test_help_imports_nothing_heavy(arguments):
    code = (
        "import sys\n"
        "from recycling.commands.program import main\n"
        "try:\n"
        f"    main([*{arguments!r}, '--help'])\n"
        "finally:\n"
        "    print(sorted({'torch', 'transformers', 'pandas', 'pydantic'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(studies.ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert done.stdout.startswith("usage: ")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["mrege"], "argument COMMAND: invalid choice: 'mrege'"),
    ],
)
def test_a_wrong_command_is_one_line(arguments, expected):
    done = recycling(*arguments)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith(f"ERROR recycling: {expected}")
    assert line.endswith("; see recycling --help")


def test_the_package_installs_the_program():
    project = tomllib.loads((studies.ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"recycling": "recycling.commands.program:main"}


def test_every_command_is_on_the_page():
    page = (studies.ROOT / "docs" / "commands.md").read_text()
    for name in program.COMMANDS:
        assert f"## `recycling {name}`" in page
