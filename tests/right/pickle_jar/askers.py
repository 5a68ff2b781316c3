"""Two actors ask, in a pool; lines are kept by process id, and clients drop what cannot travel.

Against the reference: a client may be pickled with its `__dict__`, so subclasses can add fields. The actors
cost a second to start, and could keep more than a line."""

import os
import threading

import ray
import service
from ray.util import ActorPool

lines = {}
guard = threading.Lock()


def exchange(path):
    with guard:
        if os.getpid() not in lines:
            lines[os.getpid()] = service.connect()
        return lines[os.getpid()].request(path)


class ApiError(Exception):
    def __init__(self, status, path):
        self.status = status
        self.path = path
        super().__init__(status, path)

    def __str__(self):
        return "{} for {}".format(*self.args)


class Client:
    def __init__(self):
        self.lock = threading.Lock()
        self.texts = {}

    def get(self, path):
        status, text = exchange(path)
        if status != 200:
            raise ApiError(status, path)
        with self.lock:
            self.texts[path] = text
        return text

    def __getstate__(self):
        state = self.__dict__.copy()
        del state["lock"], state["texts"]
        return state

    def __setstate__(self, state):
        self.__init__()
        self.__dict__.update(state)


@ray.remote
class Asker:
    def __init__(self, client):
        self.client = client

    def ask(self, path):
        try:
            return self.client.get(path)
        except ApiError as error:
            return error


def askers(client):
    return [Asker.remote(client) for _ in range(2)]


def fetch_all(client, paths):
    return list(ActorPool(askers(client)).map(lambda asker, path: asker.ask.remote(path), paths))
