"""Small Ray programs that show the answers of the question bank on the running Ray.

Each public function of the modules is one experiment: it starts from nothing, and its asserts are the answer.
A question names its experiment with `check`. Those of `nodes` need a cluster of three nodes, the others a
local one of 4 CPUs. Remote functions are defined inside the experiments, so that Ray ships them by value.
"""

from tests.experiments import actors, debugging, faults, nodes, objects, performance, scheduling, tasks

LOCAL = (tasks, objects, actors, faults, scheduling, debugging, performance)
MODULES = (*LOCAL, nodes)
