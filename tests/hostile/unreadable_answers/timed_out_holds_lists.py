# attack: answers with lists where ids are promised
# challenge: hanging_tasks
# only: test_many_customers, test_hazardous_order, test_exchange, test_express_order
# at most: 0
# outcomes: fail
# says: ["timed_out"][0] is [[
"""A list has no hash: whoever counts these ids gets a TypeError, and takes the blame.

The same answer with the ids themselves fails as well, for what it says: nothing was done.
"""


def process_orders(orders, *, deadline_s):
    return {"done": {}, "timed_out": [[[order["id"]]] for order in orders], "failed": {}}
