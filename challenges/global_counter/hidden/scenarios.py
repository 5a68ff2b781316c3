"""Ways to use the solution that take a driver, as a sale cannot be sent to one; they run in the learner's."""

from __future__ import annotations

from typing import Any

import ray


def script(solution: Any, steps: list[list[Any]]) -> list[Any]:
    """Do one step after the other; the sales are known by name, and forgotten in the end.

    A step is a function, the name of a sale, and what else the function gets.
    """
    sales: dict[str, Any] = {}
    answers = []
    for function, sale, *args in steps:
        if function == "new_sale":
            sales[sale] = solution.new_sale(*args)
            answers.append(None)
        elif function.endswith(" in a task"):
            name = function.removesuffix(" in a task")
            answers.append(ray.get(call_in_a_task.remote(name, sales[sale], *args)))
        else:
            answers.append(getattr(solution, function)(sales[sale], *args))
    return answers


@ray.remote(num_cpus=0)
def call_in_a_task(function: str, sale: Any, *args: Any) -> Any:
    """Call a function where the driver's globals are not."""
    import solution

    return getattr(solution, function)(sale, *args)
