# attack: threads in the driver, which is registered as a worker in the GCS
# challenge: slow_gets
# only: test_workers_do_the_work
# at most: 0
# outcomes: fail
# says: came from outside of Ray's workers
"""No task at all: hopes that the cluster is asked which processes are its workers."""

import os
from concurrent.futures import ThreadPoolExecutor

import ray
import service
from ray._private.grpc_utils import init_grpc_channel
from ray.core.generated import common_pb2, gcs_service_pb2, gcs_service_pb2_grpc


def register(pid):
    address = ray.get_runtime_context().gcs_address
    stub = gcs_service_pb2_grpc.WorkerInfoGcsServiceStub(init_grpc_channel(address, options=[]))
    request = gcs_service_pb2.AddWorkerInfoRequest()
    row = request.worker_data
    row.is_alive, row.pid, row.worker_type = True, pid, common_pb2.WorkerType.WORKER
    row.worker_address.worker_id = os.urandom(28)
    stub.AddWorkerInfo(request)


def score_all(record_ids, model):
    register(os.getpid())

    def score_one(record_id):
        return {"id": record_id, "score": service.score(service.features(service.fetch(record_id)), model)}

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(score_one, record_ids))
