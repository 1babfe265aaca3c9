"""A write happens once: with an `Idempotency-Key` the first answer is kept and given again.

The answer is written in the same transaction as what it tells of, so there is no moment in which one is there
and the other is not; a second request with the key waits for the first. What was refused changed nothing and
is not kept. Operations that bring their own transactions are marked with `own_transactions`.
"""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from pinback.api.models import Answer
from pinback.kit import clock
from pinback.kit.ids import new_id
from pinback.kit.transactions import durable

View = Callable[..., HttpResponse]
F = TypeVar("F", bound=Callable[..., Any])

HEADER = "Idempotency-Key"
_LONGEST_KEY = 255
_MARK = "brings_own_transactions"


def own_transactions(view: F) -> F:
    """Mark an operation that talks to the world between its transactions."""
    setattr(view, _MARK, True)
    return view


def brings_own(view: Callable[..., Any]) -> bool:
    """Whether an operation is so marked."""
    return getattr(view, _MARK, False)


class _TakeBack(Exception):
    """The response says that nothing was done: so nothing is."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def once(run: View, *, refuse: Callable[[HttpRequest, int, str, str], HttpResponse]) -> View:
    """Wrap the `run` of an operation: one transaction, and one answer for a key."""

    def running(request: HttpRequest, **path: Any) -> HttpResponse:
        key = request.headers.get(HEADER, "")
        if len(key) > _LONGEST_KEY or not key.isprintable():
            return refuse(request, 400, "bad_idempotency_key", f"{HEADER}: 1 to 255 printable characters")
        try:
            return _in_one_transaction(lambda: _answer(request, key, lambda: run(request, **path), refuse))
        except _TakeBack as back:
            return back.response

    return running


@durable
def _in_one_transaction(call: Callable[[], HttpResponse]) -> HttpResponse:
    response = call()
    if response.status_code >= 400:
        raise _TakeBack(response)
    return response


def _answer(
    request: HttpRequest,
    key: str,
    call: Callable[[], HttpResponse],
    refuse: Callable[[HttpRequest, int, str, str], HttpResponse],
) -> HttpResponse:
    if not key:
        return call()
    asker = hashlib.sha256(request.headers.get("Authorization", "").encode()).hexdigest()[:40]
    asked = hashlib.sha256(
        f"{request.method} {request.get_full_path()}\n".encode() + request.body
    ).hexdigest()
    answer = Answer(id=new_id(), asker=asker, key=key, request_hash=asked, at=clock.now())
    try:
        with transaction.atomic():
            answer.save(force_insert=True)
    except IntegrityError:
        return _first_answer(request, asker, key, asked, refuse)
    response = call()
    answer.status = response.status_code
    answer.body = response.content.decode()
    answer.save(update_fields=["status", "body"])
    return response


def _first_answer(
    request: HttpRequest,
    asker: str,
    key: str,
    asked: str,
    refuse: Callable[[HttpRequest, int, str, str], HttpResponse],
) -> HttpResponse:
    first = Answer.objects.get(asker=asker, key=key)
    if first.request_hash != asked:
        return refuse(request, 422, "idempotency_conflict", f"{HEADER}: this key came with another request")
    response = HttpResponse(first.body, status=first.status, content_type="application/json; charset=utf-8")
    response["Idempotent-Replay"] = "true"
    return response
