"""What a cluster shows of itself without the dashboard: the engine's only use of private Ray.

Runs in a side's warden, which shares the cluster's token. Reads the GCS tables behind `ray.timeline()`
and the raylet's own counters; it never becomes a driver of the cluster, so it adds no job, no worker
and no object. `tests/engine/warden/test_ray_state.py` fails when Ray changes what is read here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from grader.errors import ClusterLostError, RayChangedError
from grader.tables import ActorRow, NodeRow, PlacementGroupRow, StoreRow, TaskRow, WorkerRow

STATS_WITHIN_S = 5.0


class ClusterState:
    """Reads one cluster.

    Args:
        address: The GCS's `host:port`; the environment must hold the cluster's token.
    """

    def __init__(self, address: str) -> None:
        try:
            from ray._raylet import GcsClientOptions, GlobalStateAccessor
            from ray.core.generated import common_pb2, gcs_pb2, gcs_service_pb2, node_manager_pb2
        except ImportError as error:
            raise RayChangedError(f"Ray's private modules have moved: {error}") from error
        self._common, self._gcs, self._node_manager = common_pb2, gcs_pb2, node_manager_pb2
        self._gcs_service, self._address = gcs_service_pb2, address
        self._accessor = GlobalStateAccessor(
            GcsClientOptions.create(address, None, allow_cluster_id_nil=True, fetch_cluster_id_if_nil=True)
        )
        self._accessor.connect()
        self._stubs: dict[str, Any] = {}
        self._raylets: tuple[str, ...] = ()  # a solution can list others later, with counters of their own

    def close(self) -> None:
        """Drop the connection before its cluster ends."""
        self._stubs.clear()
        self._accessor = None

    def nodes(self) -> list[NodeRow]:
        """Nodes that are alive."""
        return [
            NodeRow(
                node_id=node["NodeID"],
                resources={k: float(v) for k, v in node["Resources"].items()},
                raylet=f"{node['NodeManagerAddress']}:{node['NodeManagerPort']}",
            )
            for node in self._accessor.get_node_table()
            if node["Alive"]
        ]

    def available(self) -> dict[str, dict[str, float]]:
        """Free resources by node id, as last reported to the GCS."""
        free = {}
        for message in self._accessor.get_all_available_resources():
            node = self._gcs.AvailableResources.FromString(message)
            free[node.node_id.hex()] = dict(node.resources_available)
        return free

    def tasks(self) -> list[TaskRow]:
        """The last attempt at every task of the living jobs.

        Tasks of a killed driver stay "running" in the GCS for 15 s; they are left out.
        """
        latest: dict[str, Any] = {}
        pids: dict[str, list[int]] = {}
        for event in (event for job_id in self.jobs() for event in self._task_events(job_id)):
            task_id = event.task_id.hex()
            pids.setdefault(task_id, []).append(event.state_updates.worker_pid)
            if task_id not in latest or event.attempt_number >= latest[task_id].attempt_number:
                latest[task_id] = event
        return [self._task(event, [p for p in pids[task_id] if p]) for task_id, event in latest.items()]

    def _task_events(self, job_id: str) -> Iterable[Any]:
        """The GCS's events of one job; those of ended jobs stay there and pile up."""
        import grpc
        from ray.core.generated import gcs_service_pb2_grpc

        if self._address not in self._stubs:
            channel = _channel(self._address)
            self._stubs[self._address] = gcs_service_pb2_grpc.TaskInfoGcsServiceStub(channel)
        wanted = self._gcs_service.GetTaskEventsRequest.Filters.JobIdFilter(
            job_id=bytes.fromhex(job_id), predicate=self._gcs_service.FilterPredicate.EQUAL
        )
        filters = self._gcs_service.GetTaskEventsRequest.Filters(job_filters=[wanted])
        request = self._gcs_service.GetTaskEventsRequest(filters=filters)
        try:
            answer = self._stubs[self._address].GetTaskEvents(request, timeout=STATS_WITHIN_S)
        except grpc.RpcError as error:
            raise ClusterLostError(f"the GCS does not return its task events: {error}") from None
        return answer.events_by_task  # type: ignore[no-any-return]

    def jobs(self) -> dict[str, int]:
        """Living jobs: each driver's process, by job id."""
        jobs = [self._gcs.JobTableData.FromString(m) for m in self._accessor.get_job_table()]
        return {job.job_id.hex(): job.driver_pid for job in jobs if not job.is_dead}

    def _task(self, event: Any, pids: list[int]) -> TaskRow:
        facts, updates = event.task_info, event.state_updates
        times = {self._common.TaskStatus.Name(state): ns / 1e9 for state, ns in updates.state_ts_ns.items()}
        state = max(updates.state_ts_ns, default=0)
        has_failed = updates.HasField("error_info")
        return TaskRow(
            task_id=event.task_id.hex(),
            name=(facts.func_or_class_name or facts.name).rsplit("<locals>.", 1)[-1],
            kind=self._common.TaskType.Name(facts.type),
            state=self._common.TaskStatus.Name(state),
            times_s=times,
            required={k: float(v) for k, v in facts.required_resources.items()},
            parent_id=facts.parent_task_id.hex(),
            actor_id=facts.actor_id.hex(),
            job_id=event.job_id.hex(),
            pid=updates.worker_pid,
            pids=sorted(pids),
            error=self._common.ErrorType.Name(updates.error_info.error_type) if has_failed else "",
        )

    def actors(self) -> list[ActorRow]:
        """Actors of living jobs, dead or alive, and the living actors of any job.

        The GCS keeps the dead actors of ended jobs, and they pile up; they are left out.
        """
        found, jobs = [], self.jobs()
        for message in self._accessor.get_actor_table(None, None):
            actor = self._gcs.ActorTableData.FromString(message)
            if actor.state == self._gcs.ActorTableData.DEAD and actor.job_id.hex() not in jobs:
                continue
            found.append(
                ActorRow(
                    actor_id=actor.actor_id.hex(),
                    class_name=actor.class_name,
                    state=self._gcs.ActorTableData.ActorState.Name(actor.state),
                    pid=actor.pid,
                    name=actor.name,
                    detached=actor.is_detached,
                    job_id=actor.job_id.hex(),
                    node_id=actor.address.node_id.hex(),
                    held={k: float(v) for k, v in actor.required_resources.items()},
                )
            )
        return found

    def placement_groups(self) -> list[PlacementGroupRow]:
        """Placement groups that have not been removed."""
        found = []
        for message in self._accessor.get_placement_group_table():
            group = self._gcs.PlacementGroupTableData.FromString(message)
            state = self._gcs.PlacementGroupTableData.PlacementGroupState.Name(group.state)
            if state != "REMOVED":
                found.append(PlacementGroupRow(state=state, detached=group.is_detached))
        return found

    def worker_pids(self) -> list[int]:
        """Processes that Ray's table calls workers, not counting drivers; a solution can write to it."""
        pids = []
        for message in self._accessor.get_worker_table():
            worker = self._gcs.WorkerTableData.FromString(message)
            if worker.worker_type == self._common.WorkerType.WORKER and worker.pid:
                pids.append(worker.pid)
        return pids

    def store(self) -> StoreRow:
        """Sums of the raylets' own object-store counters."""
        stats = [answer.store_stats for answer in self._node_stats()]
        return StoreRow(
            used_bytes=sum(node.object_store_bytes_used for node in stats),
            created_bytes=sum(node.cumulative_created_bytes for node in stats),
            created_objects=sum(node.cumulative_created_objects for node in stats),
            spilled_bytes=sum(node.spilled_bytes_total for node in stats),
        )

    def workers(self) -> list[WorkerRow]:
        """What each living worker and driver says about itself.

        (What an owner waits for is no use here: it still lists streaming generators that have ended.)
        """
        return [
            WorkerRow(pid=worker.pid, executed=worker.num_executed_tasks, running=worker.num_running_tasks)
            for answer in self._node_stats()
            for worker in answer.core_workers_stats
        ]

    def _node_stats(self) -> list[Any]:
        """The raylets' answers; each raylet first waits for its workers and drivers to answer."""
        import grpc
        from ray.core.generated import node_manager_pb2_grpc

        request = self._node_manager.GetNodeStatsRequest(include_memory_info=False)
        found = []
        self._raylets = self._raylets or tuple(node.raylet for node in self.nodes())
        for address in self._raylets:
            if address not in self._stubs:
                self._stubs[address] = node_manager_pb2_grpc.NodeManagerServiceStub(_channel(address))
            try:
                found.append(self._stubs[address].GetNodeStats(request, timeout=STATS_WITHIN_S))
            except grpc.RpcError as error:
                code = error.code() if isinstance(error, grpc.Call) else None
                if code in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE):
                    raise ClusterLostError("its driver or a worker no longer answers the raylet") from None
                raise
        return found


def _channel(address: str) -> Any:
    """A gRPC channel to a raylet that carries the cluster's token."""
    from ray._private.grpc_utils import init_grpc_channel

    options = [("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", -1)]
    return init_grpc_channel(address, options=options)
