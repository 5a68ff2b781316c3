"""What the brief promises, tried on a service that serves itself (see service.py)."""


def order(number: int, **fields: object) -> dict:
    return {
        "id": f"A-{number}",
        "customer": f"c-{number % 3}",
        "kind": "sale",
        "express": False,
        "hazardous": False,
        "lines": [{"sku": "sku-11", "quantity": number}],
    } | fields


def test_two_orders(solution):
    result = solution.process_orders([order(1), order(2)], deadline_s=10)
    assert set(result) == {"done", "timed_out", "failed"}
    assert result["timed_out"] == []
    assert result["failed"] == {}
    assert set(result["done"]) == {"A-1", "A-2"}
    assert result["done"]["A-1"].startswith("ship-A-1-")  # as service.py numbers on its own


def test_no_orders(solution):
    assert solution.process_orders([], deadline_s=10) == {
        "done": {}, "timed_out": [], "failed": {}
    }  # fmt: skip


def test_every_kind_of_order(solution):
    orders = [
        order(1), order(2, express=True), order(3, hazardous=True), order(4, kind="exchange")
    ]  # fmt: skip
    result = solution.process_orders(orders, deadline_s=10)
    assert set(result["done"]) == {"A-1", "A-2", "A-3", "A-4"}


def test_many_customers(solution):
    orders = [order(number, customer=f"c-{number}") for number in range(1, 13)]
    result = solution.process_orders(orders, deadline_s=10)
    assert len(result["done"]) == len(orders)


def test_a_refused_order_keeps_its_reason(solution):
    sold_out = order(2, lines=[{"sku": "sold-out", "quantity": 1}])
    result = solution.process_orders([order(1), sold_out, order(3, customer="nowhere")], deadline_s=10)
    assert set(result["done"]) == {"A-1"}
    assert result["failed"] == {
        "A-2": "sold-out is out of stock", "A-3": "nowhere has no address"
    }  # fmt: skip


def test_stuck_orders_time_out(solution):
    stuck = [
        order(i, customer=f"limbo-{step}") for i, step in enumerate(["reserve", "price", "ship"], start=2)
    ]
    result = solution.process_orders([order(1), *stuck], deadline_s=4)
    assert set(result["done"]) == {"A-1"}
    assert set(result["timed_out"]) == {"A-2", "A-3", "A-4"}
