"""What the brief promises. Here a label says which shop its process prints for.

`service` is there where the solution is, so it is imported where these functions run.
"""

import pytest
import ray


def print_label(bread):
    import service

    return service.print_label(bread)


def in_a_child(bread):
    return ray.get(ray.remote(print_label).remote(bread))


@ray.remote
class Counter:
    """Sells bread."""

    def sell(self, bread):
        """A label."""
        return print_label(bread)


def test_labels_have_the_shop(solution_module):
    found = solution_module.run_for("north", print_label, ["rye", "oat"])
    assert found == ["rye from north", "oat from north"]


def test_children_have_it_too(solution_module):
    assert solution_module.run_for("south", in_a_child, ["rye"]) == ["rye from south"]


def test_an_actor_has_it(solution_module):
    counter = solution_module.start_for("north", Counter)
    assert ray.get(counter.sell.remote("oat")) == "oat from north"


def test_a_shop_is_text(solution_module):
    with pytest.raises(TypeError):
        solution_module.run_for(17, print_label, ["rye"])
