"""A lookout rests while its side stands still, and looks again afterwards."""

import threading

from grader.warden.lookout import Lookout

GUARD_S = 20.0  # only ends a test that would hang


class Counting(Lookout):
    """Counts its looks; each takes until it may end."""

    def __init__(self):
        super().__init__(0.001)
        self.n = 0
        self.looks, self.may_end = threading.Event(), threading.Event()

    def _look(self):
        self.n += 1
        self.looks.set()
        self.may_end.wait(GUARD_S)


def test_it_rests_once_the_look_in_progress_has_ended():
    lookout = Counting()
    lookout.start()
    assert lookout.looks.wait(GUARD_S)
    resting = threading.Thread(target=lookout.rest)
    resting.start()
    assert resting.is_alive()
    lookout.may_end.set()
    resting.join(GUARD_S)
    n = lookout.n
    lookout.looks.clear()
    assert not lookout.looks.wait(0.05)
    assert lookout.n == n
    lookout.go_on()
    assert lookout.looks.wait(GUARD_S)
    lookout.stop()


def test_one_that_rests_can_be_stopped():
    lookout = Counting()
    lookout.may_end.set()
    lookout.start()
    lookout.rest()
    lookout.stop()
    assert not lookout._thread.is_alive()
