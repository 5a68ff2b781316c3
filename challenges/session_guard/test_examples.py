"""What the brief promises. Here the water is 2 metres high everywhere, and a session is open at the start."""

import pytest
import ray


def job_id():
    return ray.get_runtime_context().get_job_id() if ray.is_initialized() else "no session"


def test_your_session_stays_open(solution_module):
    before = job_id()
    assert solution_module.levels(["mill", "weir"]) == {"mill": 2.0, "weir": 2.0}
    assert job_id() == before


def test_without_a_session(solution_module):
    ray.shutdown()
    with solution_module.ray_session(namespace="river"):
        assert ray.get_runtime_context().namespace == "river"
    after = job_id()
    ray.init(ignore_reinit_error=True)
    assert after == "no session"


def test_another_namespace_is_refused(solution_module):
    before = job_id()
    with pytest.raises(ValueError, match="namespace"), solution_module.ray_session(namespace="elsewhere"):
        pass
    assert job_id() == before
