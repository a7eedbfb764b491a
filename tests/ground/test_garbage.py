"""Garbage of a moment ago is found; what stays is not looked through again and again."""

import subprocess
import sys
import textwrap

import studies


def test_young_garbage_is_found_and_old_objects_are_left_alone():
    code = """
        import gc, weakref
        from recycling.ground import garbage

        def full():
            return gc.get_stats()[2]["collections"]

        def garbage_is_found():
            node = type("Node", (), {})()
            node.itself = node
            seen = weakref.ref(node)
            del node
            objects = [[] for _ in range(20_000)]
            return seen() is None

        kept, before = [[] for _ in range(300_000)], full()
        assert before
        garbage.look_rarely()
        kept += [[] for _ in range(300_000)]
        print(garbage_is_found(), full() - before)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=studies.ENVIRONMENT | {"PYTHONPATH": str(studies.ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True 0\n"
