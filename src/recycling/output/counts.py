"""A number of things as text."""


def counted(number: int, thing: str) -> str:
    """`1 task`, `3 tasks`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
