"""What the brief promises. Here three people wait at each desk, whenever it opens."""


def test_each_seat_is_sold_once(solution_module):
    sale = solution_module.new_sale(10)
    tickets = solution_module.sell(sale, [0, 1])
    assert len(tickets) == 6
    assert sorted(tickets.values()) == [1, 2, 3, 4, 5, 6]
    assert solution_module.seats_left(sale) == 4


def test_a_sale_goes_on_until_it_is_sold_out(solution_module):
    sale = solution_module.new_sale(5)
    first = solution_module.sell(sale, [0])
    assert sorted(first.values()) == [1, 2, 3]
    second = solution_module.sell(sale, [1])
    assert sorted(second.values()) == [4, 5]
    assert solution_module.seats_left(sale) == 0


def test_sales_are_independent(solution_module):
    one, other = solution_module.new_sale(10), solution_module.new_sale(10)
    assert sorted(solution_module.sell(one, [0]).values()) == [1, 2, 3]
    assert sorted(solution_module.sell(other, [1]).values()) == [1, 2, 3]
