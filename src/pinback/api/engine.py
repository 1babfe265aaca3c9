"""The engine over HTTP: events in, decisions out, as `pinback settle` does it with files; and the state."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import IO, Annotated, Any, Literal

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Path, Router, Schema, Status
from pydantic import Field

from pinback.accounts.queries import check_operator
from pinback.api.binding import bound, check_everywhere, check_in_shop, check_may_settle
from pinback.api.models import EngineShop
from pinback.api.once import own_transactions
from pinback.api.receiving import incoming_of, receive
from pinback.api.signing_in import actor_in
from pinback.kit import clock
from pinback.kit.ids import new_id
from pinback.kit.refusals import NotFound
from pinback.rules.decisions import Decision, written
from pinback.settlement import document
from pinback.settlement.actions import MOST_EVENTS, Incoming
from pinback.settlement.recording import settle_and_tell
from pinback.settlement.writer import Writer

router = Router(tags=["Engine"])

NDJSON = "application/x-ndjson"
_FEW = 100
"""So many events share a transaction with those of other callers."""

_EXAMPLE = (
    '{"id":"e1","type":"shop.opened","at":"2026-11-01T10:00:00Z","shop":"tea","timezone":"Asia/Shanghai"}\n'
)
_LINES = {"schema": {"type": "string", "format": "binary"}, "example": _EXAMPLE}
_DECIDED = {
    "schema": {"type": "string"},
    "example": '{"at":"2026-11-01T10:00:00Z","cause":"e1","shop":"tea","type":"event.applied"}\n',
}
_IN_AND_OUT: dict[str, Any] = {
    "requestBody": {"required": True, "content": {NDJSON: _LINES}},
    "responses": {200: {"description": "decisions", "content": {NDJSON: _DECIDED}}},
}
_STATE: dict[str, Any] = {
    "responses": {200: {"description": "state", "content": {"application/json": {"schema": {}}}}}
}


class _Shared:
    """The writer of this process, made when it is first needed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._writer: Writer | None = None

    def settle(self, batch: Sequence[Incoming]) -> list[list[Decision]]:
        """Settle few events, together with those of whoever calls at the same time."""
        with self._lock:
            if self._writer is None:
                self._writer = Writer(settle_with=_settle)
            writer = self._writer
        return writer.settle(batch)

    def close(self) -> None:
        """Let go of the thread and its connection; the next caller makes a new one."""
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()


def _settle(batch: Sequence[Incoming]) -> list[list[Decision]]:
    return settle_and_tell(batch, now=clock.now())


shared = _Shared()


@router.post("/events", summary="Settle events of any shop", openapi_extra=_IN_AND_OUT)
@own_transactions("passed over")
def settle_everywhere(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """For the operator: events of all shops, one JSON object a line; their decisions, as soon as each 5,000
    are settled, in one transaction. Refused events are answers. An `id` that came before is a duplicate, so
    sending the same again is safe. The body may be gzip.
    """
    check_everywhere(actor_in(request), "events.write")
    return _answer(receive(request), lambda incoming: incoming)


@router.post("/shops/{shop}/events", summary="Settle events of a shop", openapi_extra=_IN_AND_OUT)
@own_transactions("passed over")
def settle_in_shop(request: HttpRequest, shop: str) -> HttpResponse | StreamingHttpResponse:
    """Like `/events`, for one shop, by its key with `events.write`, once the operator has admitted the shop
    to the engine. Events of other shops, and ticks of the clock from anybody but the operator, are refused.
    """
    ticks = check_may_settle(actor_in(request), shop)

    def binding(incoming: Incoming) -> Incoming:
        return Incoming(incoming.line, bound(incoming.event, shop, ticks=ticks))

    return _answer(receive(request), binding)


def _answer(kept: IO[bytes], binding: Callable[[Incoming], Incoming]) -> HttpResponse | StreamingHttpResponse:
    """Settle the first 5,000 before the answer begins; whatever is more while it streams."""
    try:
        events = map(binding, incoming_of(kept))
        first = list(islice(events, MOST_EVENTS))
        settle = shared.settle if len(first) <= _FEW else _settle
        decided = b"".join(_lines(settle(first))) if first else b""
        more = next(events, None)
    except BaseException:
        kept.close()
        raise
    if more is None:
        kept.close()
        return HttpResponse(decided, content_type=NDJSON)
    return StreamingHttpResponse(_stream(kept, decided, chain([more], events)), content_type=NDJSON)


def _stream(kept: IO[bytes], decided: bytes, events: Iterator[Incoming]) -> Iterator[bytes]:
    with closing(kept):
        yield decided
        while batch := list(islice(events, MOST_EVENTS)):
            yield b"".join(_lines(_settle(batch)))


def _lines(decisions: Iterable[Iterable[Decision]]) -> Iterator[bytes]:
    for of_one in decisions:
        for decision in of_one:
            yield written(decision) + b"\n"


class Admission(Schema):
    """A shop of the engine."""

    shop: str = Field(examples=["tea"])


@router.put("/engine/shops/{shop}", response={200: Admission}, summary="Admit a shop to the engine")
def admit(request: HttpRequest, shop: str) -> Admission:
    """For the operator, and their keys with `shops.admit`: let a shop's keys bring its events. They are
    believed: what they call paid is.
    """
    actor = actor_in(request)
    check_operator(actor, "shops.admit")
    now = clock.now()
    EngineShop.objects.get_or_create(
        shop_name=shop[:64], defaults={"id": new_id(), "person_id": actor.person_id, "at": now}
    )
    return Admission(shop=shop[:64])


@router.delete("/engine/shops/{shop}", response={204: None}, summary="Take a shop out of the engine")
def dismiss(request: HttpRequest, shop: str) -> Status[None]:
    """For the operator, and their keys with `shops.admit`: its keys bring no events any more. What they
    brought stays.
    """
    check_operator(actor_in(request), "shops.admit")
    EngineShop.objects.filter(shop_name=shop).delete()
    return Status(204, None)


@router.get("/state", summary="The state of all shops", openapi_extra=_STATE)
def state_everywhere(request: HttpRequest) -> FileResponse:
    """For the operator: everything, as `pinback settle --state` writes it, of one moment."""
    check_everywhere(actor_in(request), "decisions.read")
    return _kept(document.state_document())


@router.get("/shops/{shop}/state", summary="The state of a shop", openapi_extra=_STATE)
def state_of_shop(request: HttpRequest, shop: str) -> FileResponse:
    """Its campaigns, vouchers, orders, sales, balances and debts, as `/state` shows them, of one moment."""
    check_in_shop(actor_in(request), shop, "decisions.read")
    return _kept(document.state_document(shop=shop))


def _kept(pieces: Iterator[bytes]) -> FileResponse:
    """The whole document from a file: a slow reader must not keep the transaction open that it is read in."""
    kept = SpooledTemporaryFile(max_size=2**20)  # noqa: SIM115 - the response closes it
    try:
        # `writelines` would look at the size only at its end.
        for piece in pieces:
            kept.write(piece)
    except BaseException:
        kept.close()
        raise
    kept.seek(0)
    return FileResponse(kept, content_type="application/json")


@router.get("/shops/{shop}/state/{kind}/{id_}", response=dict[str, Any], summary="The state of one thing")
def state_of_one(
    request: HttpRequest, shop: str, kind: Literal["orders", "campaigns"], id_: str
) -> dict[str, Any]:
    """An order or a campaign by its id, as the state shows it."""
    check_in_shop(actor_in(request), shop, "decisions.read")
    return _entry(shop, kind, id_)


@router.get(
    "/shops/{shop}/state/vouchers/{campaign}/{number}", response=dict[str, Any], summary="A voucher's state"
)
def state_of_voucher(
    request: HttpRequest, shop: str, campaign: str, number: Annotated[int, Path(ge=1, le=10**12)]
) -> dict[str, Any]:
    """The voucher with the code `shop/campaign/number`."""
    check_in_shop(actor_in(request), shop, "decisions.read")
    return _entry(shop, "vouchers", f"{campaign}/{number}")


def _entry(shop: str, kind: str, id_: str) -> dict[str, Any]:
    key = f"{shop}/{id_}"
    # No id holds a control character, so nothing is looked for; PostgreSQL would not take one.
    found = None if any(character < " " for character in key) else document.entry_of(kind, key)
    if found is None:
        raise NotFound(kind, id_)
    return found
