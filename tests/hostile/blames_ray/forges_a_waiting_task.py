# attack: writes a task into the GCS that has been waiting for a worker for a long time, and sleeps
# challenge: slow_gets
# only: test_few_tasks
# at most: 0
# outcomes: timeout
# says: did not return
# sample: no
"""Nothing runs and the CPUs are free: hopes that Ray is blamed for a call that never returns."""

import os
import time

import ray
from ray._private.grpc_utils import init_grpc_channel
from ray.core.generated import common_pb2, gcs_service_pb2, gcs_service_pb2_grpc


def score_all(record_ids, model):
    context = ray.get_runtime_context()
    stub = gcs_service_pb2_grpc.TaskInfoGcsServiceStub(init_grpc_channel(context.gcs_address, options=[]))
    request = gcs_service_pb2.AddTaskEventDataRequest()
    job_id = bytes.fromhex(context.get_job_id())
    row = request.data.events_by_task.add(task_id=os.urandom(20) + job_id, attempt_number=0, job_id=job_id)
    row.task_info.type, row.task_info.name = common_pb2.TaskType.NORMAL_TASK, "score_one"
    row.task_info.required_resources["CPU"] = 1.0
    waiting = common_pb2.TaskStatus.PENDING_NODE_ASSIGNMENT
    row.state_updates.state_ts_ns[waiting] = time.time_ns() - 60_000_000_000
    request.data.job_id = job_id
    stub.AddTaskEventData(request)
    while True:
        time.sleep(1)
