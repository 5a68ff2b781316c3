def test_the_numbers_are_added(solution):
    assert solution.total([1, 2, 3]) == 60
