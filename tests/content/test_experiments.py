"""The answers of the question bank, shown on a local Ray of four CPUs."""

from inspect import getmembers, isfunction, signature

import pytest
import ray

from tests.experiments import LOCAL
from tests.experiments.surroundings import quiet_ray
from tests.support.samples import hand, marked

EXPERIMENTS = [
    function
    for module in LOCAL
    for name, function in getmembers(module, isfunction)
    if function.__module__ == module.__name__ and not name.startswith("_")
]
N_DRAWN = 4


def pytest_generate_tests(metafunc):
    if "experiment" in metafunc.fixturenames:
        seed = metafunc.config.getoption("--sample-seed")
        drawn = hand([[experiment] for experiment in EXPERIMENTS], seed, N_DRAWN)
        metafunc.parametrize("experiment", marked(EXPERIMENTS, drawn, lambda function: function.__name__))


@pytest.fixture(scope="module", autouse=True)
def local_ray():
    """One Ray for all of them; its four workers are up before the first."""
    with quiet_ray() as folder:
        ray.init(
            address="local",
            num_cpus=4,
            resources={"licence": 2},
            object_store_memory=200 * 2**20,
            include_dashboard=False,
            log_to_driver=False,
            _temp_dir=folder,
        )

        @ray.remote
        def warm():
            import time

            time.sleep(1)

        ray.get([warm.remote() for _ in range(4)])
        yield
        ray.shutdown()


@pytest.mark.timeout(120)
def test_the_running_ray_agrees(experiment, tmp_path):
    experiment(*([tmp_path] if signature(experiment).parameters else []))
