"""Parcels: shipping, one by one or from a table, what carriers say, receipt."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from pinback.api.catalog import Input
from pinback.api.once import own_transactions
from pinback.api.signing_in import actor_in, buyer_in
from pinback.catalog.queries import id_or_not_found
from pinback.checkout.queries import order_for, order_of_buyer
from pinback.delivery import actions, bulk, queries
from pinback.delivery.carriers.contract import Forged
from pinback.delivery.models import Parcel
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import NotFound, Refused

router = Router(tags=["Parcels"])

ParcelState = Literal["shipped", "moving", "delivered", "damaged", "refused", "stuck", "lost"]


class ParcelIn(Input):
    """A parcel that is on its way."""

    carrier: str = Field(min_length=1, max_length=20, examples=["sf-express"])
    tracking: str = Field(min_length=1, max_length=64, examples=["SF1234567890"])
    what: str = Field("", max_length=200, description="what is in it, where it is not all of the order")


class JourneyOut(Schema):
    """Something the carrier said."""

    code: str
    text: str
    happened_at: datetime


class ParcelOut(Schema):
    """A parcel and its journey."""

    parcel: str
    order: str
    kind: Literal["goods", "reissue"]
    carrier: str
    tracking: str
    what: str
    status: ParcelState
    shipped_at: datetime
    delivered_at: datetime | None
    journey: list[JourneyOut]


class ParcelsOut(Schema):
    """The parcels of an order, and when it counts as received by itself (null: not shipped, or received)."""

    items: list[ParcelOut]
    received_by_itself_at: datetime | None


class TableIn(Input):
    """A table as text: CSV with the columns order, carrier, tracking."""

    table: str = Field(
        max_length=500_000, examples=["order,carrier,tracking\n0c1z5k8m2q4r6,sf-express,SF123"]
    )
    apply: bool = Field(False, description="false: only check; true: ship the good lines")


class BadLineOut(Schema):
    """A line that was not shipped, and why."""

    line: int
    text: str
    reason: str


class TableOut(Schema):
    """What becomes of a table. `ready` counts the good lines, `shipped` those that were shipped just now."""

    ready: int
    shipped: int
    bad: list[BadLineOut]


def _out(parcel: Parcel) -> ParcelOut:
    journey = [
        JourneyOut(code=event.code, text=event.text, happened_at=event.happened_at)
        for event in queries.journey_of(parcel)
    ]
    return ParcelOut(
        parcel=public_id(parcel.pk),
        order=parcel.order_key.partition("/")[2],
        kind=parcel.kind,  # type: ignore[arg-type]  # a CHECK lists them
        carrier=parcel.carrier,
        tracking=parcel.tracking,
        what=parcel.what,
        status=parcel.status,  # type: ignore[arg-type]
        shipped_at=parcel.shipped_at,
        delivered_at=parcel.delivered_at,
        journey=journey,
    )


@router.get("/orders/{order}/parcels", response=ParcelsOut, summary="The parcels of an order")
def parcels(request: HttpRequest, order: str) -> ParcelsOut:
    """For its buyer and for the shop's staff."""
    found = order_for(actor_in(request), order)
    receipt = queries.receipt_of(found.key)
    due = receipt.due_at if receipt is not None and receipt.done_at is None else None
    return ParcelsOut(
        items=[_out(parcel) for parcel in queries.parcels_of([found.key])[found.key]],
        received_by_itself_at=due,
    )


@router.post("/orders/{order}/parcels", response={201: ParcelOut}, summary="Ship an order")
def ship(request: HttpRequest, order: str, given: ParcelIn) -> Status[ParcelOut]:
    """The first parcel makes the order shipped; further ones go with it."""
    return _sent(request, order, given, actions.ship)


@router.post("/orders/{order}/reissues", response={201: ParcelOut}, summary="Send again")
def reissue(request: HttpRequest, order: str, given: ParcelIn) -> Status[ParcelOut]:
    """A second parcel for what was missing or broken. It is no second sale."""
    return _sent(request, order, given, actions.reissue)


def _sent(
    request: HttpRequest, order: str, given: ParcelIn, send: Callable[..., Parcel]
) -> Status[ParcelOut]:
    actor = actor_in(request)
    shop = order_for(actor, order, "orders.ship").shop.name
    parcel = {"carrier": given.carrier, "tracking": given.tracking, "what": given.what}
    return Status(201, _out(send(shop, order, **parcel, acting=actor, now=clock.now())))


@router.put("/parcels/{parcel}", response=ParcelOut, summary="Correct a tracking number")
def correct(request: HttpRequest, parcel: str, given: ParcelIn) -> ParcelOut:
    """While the carrier does not have it yet."""
    id_ = id_or_not_found("parcel", parcel)
    changed = actions.correct_tracking(
        id_, carrier=given.carrier, tracking=given.tracking, acting=actor_in(request), now=clock.now()
    )
    return _out(changed)


@router.post("/shops/{shop}/shipments", response=TableOut, summary="Ship from a table")
@own_transactions("kept")
def ship_table(request: HttpRequest, shop: str, given: TableIn) -> TableOut:
    """Checks every line and explains the bad ones; with `apply` ships the good ones, each by itself."""
    actor = actor_in(request)
    if not given.apply:
        checked = bulk.check(shop, given.table, acting=actor)
        return TableOut(ready=len(checked.good), shipped=0, bad=_bad(checked.bad))
    shipped, bad = bulk.ship_all(shop, given.table, acting=actor, now=clock.now())
    return TableOut(ready=0, shipped=shipped, bad=_bad(bad))


def _bad(lines: Any) -> list[BadLineOut]:
    return [BadLineOut(line=line.line, text=line.text, reason=line.reason) for line in lines]


@router.post("/orders/{order}/receipt", response={204: None}, summary="Confirm receipt")
def receive(request: HttpRequest, order: str) -> Status[None]:
    """The buyer has the goods: only now it is a sale. Saying so again changes nothing."""
    actor = buyer_in(request)
    found = order_of_buyer(actor, order)
    actions.receive(found.shop.name, order, acting=actor, now=clock.now())
    return Status(204, None)


@router.post(
    "/carriers/{carrier}/notify", response={204: None}, auth=None, throttle=[], summary="News from a carrier"
)
@own_transactions("passed over")
def notify(request: HttpRequest, carrier: str) -> Status[None]:
    """Signed by the carrier: HMAC-SHA256 of the body with the shared secret, in `Carrier-Signature`."""
    try:
        actions.take_notice(carrier, dict(request.headers.items()), request.body, now=clock.now())
    except Forged:
        raise NotFound("carrier", carrier) from None
    except ValueError as error:
        raise Refused("bad_notice", str(error), "events") from None
    return Status(204, None)
