"""Write a study file."""

import argparse


def declare(parser: argparse.ArgumentParser) -> None: ...
def run() -> int:
    return 0
