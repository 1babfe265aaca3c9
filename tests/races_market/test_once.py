"""One request sent many times at one moment with one Idempotency-Key: it is carried out once, and all are
answered alike; without the guard it is carried out many times.
"""

import json
import threading
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import Client
from PIL import Image

from pinback.api import once
from pinback.api.models import Answer
from pinback.catalog.models import Picture
from pinback.checkout.models import Order
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.payments.models import Payment
from pinback.settlement.models import Event
from tests.races_market.crowd import at_once
from tests.support.calling import Caller
from tests.support.cast import HOME, Cast

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("open_market")]

CROWD = 16
JSON = "application/json"


def sent(caller: Caller, path: str, body: Any, key: str = "k1") -> Any:
    """A write with a key, as often as it is called."""
    with clock.held_at(caller.cast.now):
        return Client().post(
            f"/api/v1{path}", json.dumps(body), JSON, headers={**caller.headers, "Idempotency-Key": key}
        )


def wish(cast: Cast, product: Any) -> dict[str, Any]:
    """An order of one unit."""
    lines = [{"sku": public_id(cast.sku(product).pk), "quantity": 1}]
    address = {
        "recipient": HOME.recipient,
        "phone": HOME.phone,
        "region": HOME.region,
        "street": HOME.street,
    }
    return {"product": public_id(product.pk), "lines": lines, "kind": "solo", "address": address}


def told(answers: list[Any]) -> set[tuple[int, bytes]]:
    """What was answered, each once."""
    return {(answer.status_code, answer.content) for answer in answers}


def test_an_order_placed_many_times_with_one_key_is_one() -> None:
    cast = Cast()
    tea = cast.product(stock=100)
    ann = Caller(cast, "ann")
    answers = at_once([partial(sent, ann, "/orders", wish(cast, tea))] * CROWD)
    ((status, _),) = told(answers)
    assert status == 201
    assert sum(answer.has_header("Idempotent-Replay") for answer in answers) == CROWD - 1
    assert Order.objects.count() == 1
    assert Event.objects.filter(content__contains="order.placed").count() == 1
    assert cast.stock(tea) == 99
    assert Answer.objects.count() == 1


def test_control_looking_before_the_transaction_places_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody looks for an answer, finds none, and goes on."""
    cast = Cast()
    tea = cast.product(stock=100)
    ann = Caller(cast, "ann")
    asked_with = once._asked_with
    line = threading.Barrier(CROWD)

    def look(request: HttpRequest) -> None:
        answer = asked_with(request)
        assert answer is not None
        assert not Answer.objects.filter(asker=answer.asker, key=answer.key).exists()
        line.wait(60)

    monkeypatch.setattr(once, "_asked_with", look)
    answers = at_once([partial(sent, ann, "/orders", wish(cast, tea))] * CROWD)
    assert len(told(answers)) == CROWD
    assert Order.objects.count() == CROWD
    assert cast.stock(tea) == 100 - CROWD


def test_what_is_refused_is_refused_to_all_and_not_kept() -> None:
    cast = Cast()
    tea = cast.product(stock=0)
    ann = Caller(cast, "ann")
    answers = at_once([partial(sent, ann, "/orders", wish(cast, tea))] * CROWD)
    ((status, body),) = told(answers)
    assert status in {409, 422}, body
    assert not Order.objects.exists()
    assert not Answer.objects.exists()


def test_different_requests_with_one_key_are_one_and_refusals() -> None:
    cast = Cast()
    tea = cast.product(stock=100)
    ann = Caller(cast, "ann")
    bodies = [{**wish(cast, tea), "note": f"wish {number}"} for number in range(CROWD)]
    answers = at_once([partial(sent, ann, "/orders", body) for body in bodies])
    placed = [answer for answer in answers if answer.status_code == 201]
    assert len(placed) == 1
    refused = [answer for answer in answers if answer not in placed]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {
        (422, "idempotency_conflict")
    }
    assert Order.objects.count() == 1


def test_one_key_of_different_people_is_different_keys() -> None:
    cast = Cast()
    tea = cast.product(stock=100)
    people = [Caller(cast, f"buyer{number}") for number in range(CROWD)]
    answers = at_once([partial(sent, person, "/orders", wish(cast, tea)) for person in people])
    assert {answer.status_code for answer in answers} == {201}
    assert Order.objects.count() == CROWD


def test_a_payment_begun_many_times_with_one_key_is_one() -> None:
    cast = Cast()
    ann = Caller(cast, "ann")
    order = public_id(cast.place("ann", cast.product()).pk)
    answers = at_once([partial(sent, ann, f"/orders/{order}/payment", {"method": "wechat"})] * CROWD)
    ((status, _),) = told(answers)
    assert status == 201
    assert sum(answer.has_header("Idempotent-Replay") for answer in answers) == CROWD - 1
    assert Payment.objects.count() == 1
    other = sent(ann, f"/orders/{order}/payment", {"method": "debit_card"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")


def test_a_picture_sent_many_times_with_one_key_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path)
    drawn = BytesIO()
    Image.new("RGB", (60, 60), "teal").save(drawn, "PNG")
    picture = drawn.getvalue()
    cast = Cast()
    olive = Caller(cast, "olive")
    path = f"/api/v1/shops/tea/products/{public_id(cast.product().pk)}/pictures"

    def add(data: bytes) -> Any:
        with clock.held_at(cast.now):
            file = SimpleUploadedFile("tea.png", data, "image/png")
            headers = {**olive.headers, "Idempotency-Key": "k1"}
            return Client().post(path, {"file": file}, headers=headers)

    answers = at_once([partial(add, picture)] * CROWD)
    ((status, body),) = told(answers)
    assert status == 201, body
    assert Picture.objects.count() == 1
    other = add(picture + b"\0")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
