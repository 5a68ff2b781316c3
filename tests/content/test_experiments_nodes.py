"""The answers of the question bank that need several nodes."""

from inspect import getmembers, isfunction, signature

import pytest
import ray
from ray.cluster_utils import Cluster

from tests.experiments import nodes
from tests.experiments.surroundings import quiet_ray

EXPERIMENTS = [
    function
    for name, function in getmembers(nodes, isfunction)
    if function.__module__ == nodes.__name__ and not name.startswith("_")
]


@pytest.fixture(scope="module")
def cluster():
    with quiet_ray() as folder:
        head = {
            "num_cpus": 1,
            "object_store_memory": 150 * 2**20,
            "include_dashboard": False,
            "temp_dir": folder,
        }
        three = Cluster(initialize_head=True, head_node_args=head)
        for label in ("a", "b"):
            three.add_node(num_cpus=2, resources={label: 1}, object_store_memory=150 * 2**20)
        ray.init(address=three.address, log_to_driver=False)
        yield three
        ray.shutdown()
        three.shutdown()


@pytest.mark.matrix
@pytest.mark.timeout(180)
@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda function: function.__name__)
def test_the_running_cluster_agrees(experiment, cluster):
    experiment(*([cluster] if signature(experiment).parameters else []))
