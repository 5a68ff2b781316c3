"""What the brief promises. Here paths that begin with "/lost" have the status 404."""

import ray


def test_texts_in_order(solution_module):
    found = solution_module.fetch_all(solution_module.Client(), ["/tide/3", "/tide/1"])
    assert found == ["tide at /tide/3", "tide at /tide/1"]


def test_an_error_is_an_item(solution_module):
    text, error = solution_module.fetch_all(solution_module.Client(), ["/tide/3", "/lost"])
    assert text == "tide at /tide/3"
    assert isinstance(error, solution_module.ApiError)
    assert (error.status, error.path) == (404, "/lost")


def test_an_error_travels(solution_module):
    error = ray.get(ray.put(solution_module.ApiError(404, "/lost")))  # pickled on the way
    assert (error.status, error.path, str(error)) == (404, "/lost", "404 for /lost")


def test_a_client_goes_to_a_task(solution_module):
    @ray.remote
    def ask(client):
        return client.get("/tide/2")

    assert ray.get(ask.remote(solution_module.Client())) == "tide at /tide/2"
