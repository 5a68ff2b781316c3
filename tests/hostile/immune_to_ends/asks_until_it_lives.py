# attack: an actor that cannot be restarted and speaks to the service by itself, again whenever it is not answered
# challenge: slow_gets
# only: test_killed_worker_costs_nothing
# at most: 0
# outcomes: fail
# says: ActorDiedError
"""An order to die is an answer like any other: hopes that it can be left unread."""

import os
from concurrent.futures import ThreadPoolExecutor

import ray
import service


def stubborn(request):
    import kata_wire

    while True:
        try:
            with kata_wire.connect(*os.environ["KATA_SERVICE"].split("|", 1)) as sock:
                kata_wire.send(sock, request)
                answer = kata_wire.receive(sock)
        except (EOFError, OSError):
            continue
        if "refused" in answer:
            import service_link

            raise service_link.Refused(*answer["refused"])
        if "value" in answer:
            return answer["value"]


def stubborn_work(work, op, *args):
    return work(stubborn({"op": op, "args": list(args)}))


@ray.remote(max_restarts=0)
class Scorer:
    def score_all(self, record_ids, model):
        import service_link

        service_link._exchange, service_link.witnessed = stubborn, stubborn_work

        def score_one(record_id):
            try:
                raw = service.fetch(record_id)
            except service.NotFound:
                return {"id": record_id, "error": "not found"}
            return {"id": record_id, "score": service.score(service.features(raw), model)}

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(score_one, record_ids))


def score_all(record_ids, model):
    return ray.get(Scorer.remote().score_all.remote(record_ids, model))
