"""How often a process looks for garbage: objects that hold each other and nothing else holds.

By default Python looks through all objects whenever a quarter is new. Imports, and the jobs of a
plan, are hundreds of thousands of objects that stay, so it looks in vain again and again.
"""

import gc


def look_rarely() -> None:
    """Look at young objects every 10,000, and at old ones hardly ever.

    Garbage dies young: what a step of training leaves is still found. Results cannot change.
    """
    gc.set_threshold(10_000, 50, 50)
