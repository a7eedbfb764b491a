import threading
import time

import pytest

from recycling.ground.errors import InputError
from recycling.hub.prefetch import THREADS, prefetched


def test_the_order_is_kept_and_few_items_are_begun():
    begun, lock = set(), threading.Lock()

    def work(item):
        with lock:
            begun.add(item)
        time.sleep(0.001 * (item % 3))
        return item * item

    for position, (item, result) in enumerate(prefetched(work, iter(range(50)))):
        assert (item, result) == (position, position * position)
        with lock:
            assert max(begun) < position + 2 * THREADS
    assert list(prefetched(work, [])) == []


def test_the_first_error_ends_it():
    def work(item):
        if item == 3:
            raise InputError("x", "y", item, "z", "w")
        return item

    seen = []
    with pytest.raises(InputError, match="x: y: found 3, expected z; w"):
        seen += (item for item, _ in prefetched(work, range(10)))
    assert len(seen) <= 3
