"""What the brief promises. Here `service` makes up its own numbers: ten times the key."""


def test_the_numbers_are_added(solution):
    assert solution.total([1, 2, 3]) == 60
    assert solution.total([2, 2]) == 40
    assert solution.total([]) == 0


def test_it_takes_a_generator(solution_module):
    assert solution_module.total(key for key in (1, 2, 3)) == 60
