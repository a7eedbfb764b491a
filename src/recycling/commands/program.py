"""The program `recycling`: its commands, its words for a wrong use, its exit status.

Only what names and options need is imported here: `--help` must not wait for torch.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from recycling.commands import inspect, merge, new, plan, push
from recycling.ground import online
from recycling.ground.errors import InputError

COMMANDS = {"inspect": inspect, "merge": merge, "new": new, "plan": plan, "push": push}


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """Print the fault and end with status 2."""
        self.exit(2, f"ERROR {self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its status: 0 done, 1 a fault of what was given, 2 a wrong use."""
    parser = Parser(prog="recycling", description="LoRA adapters: inspect, merge, plan a study.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name, command in COMMANDS.items():
        about = command.__doc__ or ""
        options = commands.add_parser(
            name, help=about.partition("\n")[0], description=about, allow_abbrev=False
        )
        command.declare(options)
    given = vars(parser.parse_args(arguments))
    online.tell_nothing()
    try:
        status: int = COMMANDS[given.pop("command")].run(**given)
        return status
    except InputError as error:
        print(f"ERROR {error}", file=sys.stderr)
        return 1
