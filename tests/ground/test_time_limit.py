import signal
import threading
import time

import pytest

from recycling.ground.time_limit import TooSlowError, time_limit


def endless():
    while True:
        pass


def test_what_takes_too_long_is_interrupted():
    before = signal.getsignal(signal.SIGALRM)
    started = time.monotonic()
    with pytest.raises(TooSlowError, match="not done within 1 seconds"), time_limit(1):
        endless()
    assert time.monotonic() - started < 5
    assert signal.getsignal(signal.SIGALRM) == before


def test_what_is_done_in_time_is_left_alone():
    with time_limit(1):
        done = True
    time.sleep(1.1)
    assert done


def test_in_another_thread_there_is_no_limit():
    reached = []

    def work():
        with time_limit(1):
            reached.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert reached
