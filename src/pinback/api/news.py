"""The feed: news in one order that never changes, to be read on from a cursor; decisions, and other news.

Who reads on from `next` misses nothing and gets nothing twice, also while transactions commit (`kit.outbox`).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router

from pinback.api.binding import check_everywhere, check_in_shop
from pinback.api.signing_in import actor_in
from pinback.api.webhooks.messages import body_of
from pinback.kit import outbox
from pinback.kit.models import Message
from pinback.kit.refusals import Refused
from pinback.settlement.recording import TOPIC

router = Router(tags=["Engine"])

NDJSON = "application/x-ndjson"
NEXT = "Pinback-Next"
MOST_WAIT_SECONDS = 20
MOST_WAITERS = 2
"""Who waits keeps a thread of the server; whoever comes while so many wait is answered at once."""
_LOOK_EVERY_SECONDS = 0.5

_waiters = BoundedSemaphore(MOST_WAITERS)

After = Annotated[int, Query(0, ge=0, lt=2**63, description="`next` of the last answer; 0: from the start")]
Limit = Annotated[int, Query(100, ge=1, le=1000, description="at most so many messages")]
Wait = Annotated[
    int, Query(0, ge=0, le=MOST_WAIT_SECONDS, description="seconds to wait where there is no news yet")
]
Topic = Annotated[str, Query("", max_length=200, description="topics by commas; all, if empty")]

_FEED: dict[str, Any] = {
    "responses": {
        200: {
            "description": "News behind `after`. As NDJSON, with `Accept: application/x-ndjson`: a line "
            f"for each decision; `{NEXT}` says where to go on. As JSON: `items` and `next`.",
            "headers": {NEXT: {"schema": {"type": "integer"}, "description": "the next `after`"}},
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["items", "next"],
                        "properties": {
                            "items": {"type": "array", "items": {"type": "object"}},
                            "next": {"type": "integer"},
                        },
                    }
                },
                NDJSON: {"schema": {"type": "string"}},
            },
        }
    }
}


@router.get("/decisions", summary="Decisions of all shops, to be followed", openapi_extra=_FEED)
def decisions(request: HttpRequest, after: After, limit: Limit, wait: Wait) -> HttpResponse:
    """For the operator. An item is what was decided of one applied event."""
    check_everywhere(actor_in(request), "decisions.read")
    return _feed(request, None, [TOPIC], after, limit, wait)


@router.get("/shops/{shop}/decisions", summary="Decisions of a shop, to be followed", openapi_extra=_FEED)
def decisions_of_shop(
    request: HttpRequest, shop: str, after: After, limit: Limit, wait: Wait
) -> HttpResponse:
    """For the shop's keys with `decisions.read`. An item is what was decided of one applied event."""
    check_in_shop(actor_in(request), shop, "decisions.read")
    return _feed(request, shop, [TOPIC], after, limit, wait)


@router.get("/shops/{shop}/news", summary="All news of a shop, to be followed", openapi_extra=_FEED)
def news_of_shop(
    request: HttpRequest, shop: str, after: After, limit: Limit, wait: Wait, topics: Topic
) -> HttpResponse:
    """Decisions and the market's news, as webhooks send them; always JSON."""
    check_in_shop(actor_in(request), shop, "decisions.read")
    named = [topic for topic in topics.split(",") if topic]
    return _feed(request, shop, named or None, after, limit, wait, lines=False)


def _feed(
    request: HttpRequest,
    shop: str | None,
    topics: Sequence[str] | None,
    after: int,
    limit: int,
    wait: int,
    *,
    lines: bool = True,
) -> HttpResponse:
    def read() -> Sequence[Message]:
        return outbox.read_after(after, most=limit, shop=shop, topics=topics)

    found = read() or _waited(read, wait)
    if after and after + 1 < outbox.oldest_position():
        raise Refused(
            "cursor_too_old",
            _("What followed this is not kept any more: read the state, go on from 0."),
            "after",
        )
    following = found[-1].position if found else after
    if lines and NDJSON in request.headers.get("Accept", ""):
        response = HttpResponse("".join(f"{message.body}\n" for message in found), content_type=NDJSON)
    else:
        items = b",".join(body_of(message) for message in found)
        response = HttpResponse(
            b'{"items":[' + items + b'],"next":' + msgspec.json.encode(following) + b"}",
            content_type="application/json",
        )
    response[NEXT] = str(following)
    response["Cache-Control"] = "no-store"
    return response


def _waited(read: Callable[[], Sequence[Message]], seconds: int) -> Sequence[Message]:
    """Look again until there is news or the time is over; without a place to wait in, not at all."""
    if not seconds:
        return []
    with _place() as free:
        until = time.monotonic() + seconds
        while free and time.monotonic() < until:
            time.sleep(_LOOK_EVERY_SECONDS)
            if found := read():
                return found
    return []


@contextmanager
def _place() -> Iterator[bool]:
    free = _waiters.acquire(blocking=False)
    try:
        yield free
    finally:
        if free:
            _waiters.release()
