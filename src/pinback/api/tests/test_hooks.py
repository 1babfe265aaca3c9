"""Endpoints of webhooks over HTTP: who may, the secret shown once, stale versions, bad addresses."""

from typing import Any

import pytest
from django.test import override_settings

from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

URL = "https://shop.example/hook"


def made(cast: Cast, url: str = URL) -> Any:
    """An endpoint of tea."""
    answer = Caller(cast, "olive").post("/shops/tea/webhooks", {"url": url, "topics": ["decisions"]})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_the_secret_is_shown_once() -> None:
    cast = Cast()
    endpoint = made(cast)
    assert endpoint["secret"].startswith("whsec_")
    olive, path = Caller(cast, "olive"), f"/shops/tea/webhooks/{endpoint['endpoint']}"
    assert "secret" not in olive.get(path).json()
    assert "secret" not in olive.get("/shops/tea/webhooks").json()["items"][0]
    assert olive.post(f"{path}/secret").json()["secret"] != endpoint["secret"]


@pytest.mark.parametrize(("name", "status"), [(None, 401), ("otto", 404), ("ann", 404), ("walt", 403)])
def test_who_may_not(name: str | None, status: int) -> None:
    cast = Cast()
    cast.open_shop("oil", {"otto": "owner"})
    path = f"/shops/tea/webhooks/{made(cast)['endpoint']}"
    caller = Caller(cast, name)
    change = {"url": URL, "topics": [], "version": 1}
    answers = [
        caller.get("/shops/tea/webhooks"),
        caller.post("/shops/tea/webhooks", {"url": URL}),
        caller.get(path),
        caller.put(path, change),
        caller.delete(path),
        caller.get(f"{path}/deliveries"),
        *(caller.post(f"{path}/{verb}") for verb in ("pause", "resume", "secret")),
        caller.post(f"{path}/replay", {"first": 1, "last": 2}),
    ]
    assert {answer.status_code for answer in answers} == {status}
    assert caller.get("/shops/*/webhooks").status_code == (401 if name is None else 404)


def test_an_endpoint_of_another_shop_is_not_reached_through_one_s_own() -> None:
    cast = Cast()
    cast.open_shop("oil", {"otto": "owner"})
    endpoint = made(cast)["endpoint"]
    assert Caller(cast, "otto").delete(f"/shops/oil/webhooks/{endpoint}").status_code == 404


def test_a_life() -> None:
    cast = Cast()
    olive, endpoint = Caller(cast, "olive"), made(cast)
    path = f"/shops/tea/webhooks/{endpoint['endpoint']}"
    change = {"url": URL + "2", "topics": [], "version": endpoint["version"]}
    assert olive.put(path, change).json()["url"] == URL + "2"
    assert olive.put(path, change).json()["code"] == "stale"
    assert olive.post(f"{path}/pause").json()["status"] == "paused"
    assert olive.post(f"{path}/resume").json()["status"] == "active"
    assert olive.post(f"{path}/replay", {"first": 1, "last": 9}).json()["messages"] >= 0
    assert olive.get(f"{path}/deliveries?status=dead").status_code == 200
    assert olive.delete(path).status_code == 204
    assert olive.get(path).status_code == 404


def test_outside_a_sandbox_only_the_public_internet() -> None:
    cast = Cast()
    olive = Caller(cast, "olive")
    with override_settings(PINBACK_SANDBOX=False):
        for url in ("http://shop.example/", "https://127.0.0.1/", "https://169.254.169.254/latest"):
            answer = olive.post("/shops/tea/webhooks", {"url": url})
            assert (answer.status_code, answer.json()["code"]) == (422, "bad_url")


def test_a_shop_has_ten_at_most() -> None:
    cast = Cast()
    for number in range(10):
        made(cast, f"{URL}/{number}")
    answer = Caller(cast, "olive").post("/shops/tea/webhooks", {"url": URL})
    assert answer.json()["code"] == "too_many_endpoints"
