"""A write happens once: with an `Idempotency-Key` the first answer is kept and given again.

Where an operation is one transaction (`once`), the answer is written in it, so there is no moment in which
one is there and the other is not; a second request with the key waits for the first. An operation that talks
to the world between transactions of its own (`own_transactions`) claims the key first (`once_apart`): a
second request is asked to come back until the first is answered, and may take over a claim that a crash left
behind, for what such operations do may be done twice. What was refused changed nothing and is not kept.
"""

import hashlib
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal, TypeVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from pinback.api.models import Answer
from pinback.api.pace import is_let_in, wait_seconds
from pinback.api.problems import problem, signed_out, too_large, too_many
from pinback.api.signing_in import Bearer, note_use
from pinback.kit import clock
from pinback.kit.ids import new_id
from pinback.kit.transactions import durable

View = Callable[..., HttpResponse]
F = TypeVar("F", bound=Callable[..., Any])
Keys = Literal["kept", "passed over"]

HEADER = "Idempotency-Key"
_LONGEST_KEY = 255
_MARK = "own_transactions"
_CLAIM_LASTS = timedelta(minutes=1)
_WAIT_SECONDS = 5.0
_PAUSE_SECONDS = 0.05
IN_PROGRESS = 409
"""The status for who comes while the first request with the key is still being answered."""


def own_transactions(keys: Keys) -> Callable[[F], F]:
    """Mark an operation that has transactions of its own.

    Keys are passed over where an answer must not be kept, as it has a secret, or where every part of what was
    sent has an id already.
    """

    def mark(view: F) -> F:
        setattr(view, _MARK, keys)
        return view

    return mark


def keys_of(view: Callable[..., Any]) -> Keys | None:
    """How an operation with transactions of its own is marked; None for one that has none."""
    found: Keys | None = getattr(view, _MARK, None)
    return found


class _TakeBack(Exception):
    """The response says that nothing was done: so nothing is."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def once(run: View) -> View:
    """Wrap the `run` of an operation: one transaction, and one answer for a key."""

    def running(request: HttpRequest, **path: Any) -> HttpResponse:
        try:
            answer = _asked_with(request)
            return _in_one_transaction(
                lambda: _answered(request, answer, lambda: _at_one_time(run, request, path))
            )
        except _TakeBack as back:
            note_use(request)
            return back.response

    return running


def once_apart(run: View) -> View:
    """Wrap the `run` of an operation that has transactions of its own: one answer for a key."""

    def running(request: HttpRequest, **path: Any) -> HttpResponse:
        try:
            answer = _asked_with(request)
            if answer is None:
                return _at_one_time(run, request, path)
            _claim_in_turn(request, answer)
        except _TakeBack as back:
            return back.response
        response = None
        try:
            response = _at_one_time(run, request, path)
        finally:
            if response is None or response.status_code >= 400:
                answer.delete()
        if response.status_code < 400:
            _keep(answer, response)
        return response

    return running


def _at_one_time(run: View, request: HttpRequest, path: dict[str, Any]) -> HttpResponse:
    """Run an operation by one reading of the sandbox's clock; where it is one transaction, within it, so that
    who waited for their turn knows how late it is.
    """
    with clock.read_once():
        return run(request, **path)


def _asked_with(request: HttpRequest) -> Answer | None:
    """An answer to be, with the key and the marks of a request; None for one without a key."""
    key = request.headers.get(HEADER, "")
    if len(key) > _LONGEST_KEY or not key.isprintable():
        raise _TakeBack(
            problem(400, "bad_idempotency_key", f"{HEADER}: 1 to {_LONGEST_KEY} printable characters")
        )
    if not key:
        return None
    # Strangers have no secret to be told apart by.
    asker = request.headers.get("Authorization") or request.META.get("REMOTE_ADDR", "")
    try:
        asked = _fingerprint(request)
    except RequestDataTooBig:
        raise _TakeBack(too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)) from None
    asker_hash = hashlib.sha256(asker.encode()).hexdigest()[:40]
    return Answer(id=new_id(), asker=asker_hash, key=key, request_hash=asked, at=clock.now())


def _fingerprint(request: HttpRequest) -> str:
    """What is the same of two requests that ask the same. Files count by their bytes: how a form is cut into
    parts is another each time.
    """
    mark = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type != "multipart/form-data":
        mark.update(request.body)
        return mark.hexdigest()
    for name, values in sorted(request.POST.lists()):
        mark.update(repr((name, values)).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            mark.update(repr((name, _bytes_mark(file))).encode())
    return mark.hexdigest()


def _bytes_mark(file: "UploadedFile[Any]") -> str:
    mark = hashlib.sha256()
    for piece in file.chunks():
        mark.update(piece)
    file.seek(0)
    return mark.hexdigest()


@durable
def _in_one_transaction(call: Callable[[], HttpResponse]) -> HttpResponse:
    response = call()
    if response.status_code >= 400:
        raise _TakeBack(response)
    return response


def _answered(request: HttpRequest, answer: Answer | None, call: Callable[[], HttpResponse]) -> HttpResponse:
    if answer is None:
        return call()
    first = _first(answer)
    if first is not None:
        return _again(request, first)
    response = call()
    _keep(answer, response)
    return response


def _first(answer: Answer) -> Answer | None:
    """Write the answer to be. The one that was there before, if one was; a _TakeBack if it is to another
    request.
    """
    try:
        with transaction.atomic():
            answer.save(force_insert=True)
    except IntegrityError:
        first = Answer.objects.get(asker=answer.asker, key=answer.key)
        if first.request_hash != answer.request_hash:
            said = f"{HEADER}: this key came with another request"
            raise _TakeBack(problem(422, "idempotency_conflict", said)) from None
        return first
    return None


def _claim_in_turn(request: HttpRequest, answer: Answer) -> None:
    """As `_claim`, after waiting a while for the first request to be answered."""
    until = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            return _claim(request, answer)
        except _TakeBack as back:
            if back.response.status_code != IN_PROGRESS or time.monotonic() >= until:
                raise
        time.sleep(_PAUSE_SECONDS)


@durable
def _claim(request: HttpRequest, answer: Answer) -> None:
    """Make the key this request's own; a _TakeBack has the first answer, or asks to come back."""
    first = _first(answer)
    if first is None:
        return
    if first.status:
        raise _TakeBack(_again(request, first))
    stale = Answer.objects.filter(pk=first.pk, at=first.at, at__lt=answer.at - _CLAIM_LASTS)
    if not stale.update(at=answer.at):
        response = problem(
            IN_PROGRESS, "in_progress", f"{HEADER}: the first request with this key is being answered"
        )
        response["Retry-After"] = "1"
        raise _TakeBack(response)
    answer.pk = first.pk


def _keep(answer: Answer, response: HttpResponse) -> None:
    Answer.objects.filter(pk=answer.pk).update(status=response.status_code, body=response.content.decode())


def _again(request: HttpRequest, first: Answer) -> HttpResponse:
    """The first answer, for who may still ask: a secret that was revoked since opens nothing any more."""
    if request.headers.get("Authorization") and Bearer()(request) is None:
        raise _TakeBack(signed_out(request))
    if not is_let_in(request):
        raise _TakeBack(too_many(wait_seconds(request)))
    response = HttpResponse(first.body, status=first.status, content_type="application/json; charset=utf-8")
    response["Idempotent-Replay"] = "true"
    return response
