"""What the brief promises. Here three people wait at each desk, whenever it opens."""


def test_each_seat_is_sold_once(solution):
    sale = solution.new_sale(10)
    tickets = solution.sell(sale, [0, 1])
    assert len(tickets) == 6
    assert sorted(tickets.values()) == [1, 2, 3, 4, 5, 6]
    assert solution.seats_left(sale) == 4


def test_a_sale_goes_on_until_it_is_sold_out(solution):
    sale = solution.new_sale(5)
    first = solution.sell(sale, [0])
    assert sorted(first.values()) == [1, 2, 3]
    second = solution.sell(sale, [1])
    assert sorted(second.values()) == [4, 5]
    assert solution.seats_left(sale) == 0


def test_sales_are_independent(solution):
    one, other = solution.new_sale(10), solution.new_sale(10)
    assert sorted(solution.sell(one, [0]).values()) == [1, 2, 3]
    assert sorted(solution.sell(other, [1]).values()) == [1, 2, 3]
