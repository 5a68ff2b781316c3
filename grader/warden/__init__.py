r"""The process above one side: it starts the cluster and the driver, watches them, and ends them.

    judge -- socket pair, frames --> warden --> ray start --> GCS, raylet --> workers
      \                               \-> driver (the solution)
       `-- Unix socket, directly, for calls --^

Runs in a separate process, one for each side, started by `grader.side.warden_client`. In: requests from the
judge. Out: plain data about the cluster and its processes: tables, stacks, what was printed. It never
imports a solution. `ray_state` is the only module of the engine that uses private Ray.
"""
