"""What the brief promises. Here a letter without an address cannot be stamped.

`service` is there where the solution is, so it is imported where these functions run.
"""

import pytest


def test_one_result_for_each_item_in_order(solution_module):
    import service

    letters = [f"to {number}" for number in range(150)]
    found = solution_module.map_batched(service.stamp, letters)
    assert found == [f"postmark for {letter}" for letter in letters]


def test_any_iterable(solution_module):
    assert solution_module.map_batched(abs, (number for number in [-1, 2, -3])) == [1, 2, 3]
    assert solution_module.map_batched(abs, []) == []


def test_the_error_names_its_item(solution_module):
    import service

    with pytest.raises(RuntimeError, match="item 2: NoAddressError: nowhere"):
        solution_module.map_batched(service.stamp, ["to ada", "to bob", "", "to cleo"])
