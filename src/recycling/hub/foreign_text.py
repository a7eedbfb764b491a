"""Text of strangers, made safe to show."""


def shown(value: object, limit: int = 120) -> str:
    """One printable line of at most `limit` characters, safe in a table and a terminal."""
    text = value if isinstance(value, str) else repr(value)
    text = text[: 4 * limit].encode(errors="replace").decode()
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= limit else text[: limit - 3] + "..."
