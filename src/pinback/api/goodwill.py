"""What a shop does to make something up, and what buyers say of what they received."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from pinback.api.catalog import Cursor, Input, Limit, Version
from pinback.api.desk import Amount, PaidAmount
from pinback.api.signing_in import actor_in, buyer_in
from pinback.catalog.queries import product_on_sale
from pinback.desk import actions, queries
from pinback.desk.models import Compensation, Limits, Review
from pinback.groups.rules import masked
from pinback.kit import clock
from pinback.kit.ids import public_id

router = Router(tags=["After sales"])


class CompensationIn(Input):
    """Money to make up for something, with an apology. It must not be tied to a review."""

    amount_minor: PaidAmount
    reason: str = Field(min_length=1, max_length=20, examples=["late"])
    apology: str = Field(min_length=1, max_length=500)


class CompensationOut(Schema):
    """A compensation and where its money is."""

    compensation: str
    amount_minor: int
    reason: str
    apology: str
    money: queries.Money
    problem: str
    at: datetime


class CompensationLimits(Schema):
    """How much staff may give for an order, and in 24 hours, in fen."""

    order_minor: int
    day_minor: int
    version: int


class LimitsIn(Input):
    """New limits."""

    order_minor: Amount
    day_minor: Amount
    version: Version


class ReviewIn(Input):
    """A review of a line."""

    line: int = Field(ge=1, le=999, examples=[1])
    stars: int = Field(ge=1, le=5, examples=[5])
    text: str = Field("", max_length=1000)


class ReviewOut(Schema):
    """A review; the name is masked."""

    review: str
    name: str
    stars: int
    text: str
    at: datetime


class ReviewList(Schema):
    """A page of reviews, how many there are, and their average of stars (null: none)."""

    items: list[ReviewOut]
    next: str | None
    count: int
    average: float | None


@router.post("/orders/{order}/compensations", response={201: CompensationOut}, summary="Pay compensation")
def compensate(request: HttpRequest, order: str, given: CompensationIn) -> Status[CompensationOut]:
    """Within the shop's limits; never for a review."""
    made = actions.compensate(
        order,
        given.amount_minor,
        reason=given.reason,
        apology=given.apology,
        acting=actor_in(request),
        now=clock.now(),
    )
    return Status(201, _compensation(made))


@router.get("/orders/{order}/compensations", response=list[CompensationOut], summary="Compensations")
def compensations(request: HttpRequest, order: str) -> list[CompensationOut]:
    """What was given for an order, for its buyer and the shop's staff."""
    return [_compensation(given) for given in queries.compensations_of(actor_in(request), order)]


@router.get("/shops/{shop}/compensation-limits", response=CompensationLimits, summary="Limits")
def limits(request: HttpRequest, shop: str) -> CompensationLimits:
    """How much the shop's staff may give."""
    return _limits(queries.limits_of(actor_in(request), shop))


@router.put("/shops/{shop}/compensation-limits", response=CompensationLimits, summary="Set the limits")
def set_limits(request: HttpRequest, shop: str, given: LimitsIn) -> CompensationLimits:
    """For the owner."""
    changed = actions.set_limits(
        shop,
        order_minor=given.order_minor,
        day_minor=given.day_minor,
        version=given.version,
        acting=actor_in(request),
        now=clock.now(),
    )
    return _limits(changed)


@router.post("/orders/{order}/reviews", response={201: ReviewOut}, summary="Review what you received")
def review(request: HttpRequest, order: str, given: ReviewIn) -> Status[ReviewOut]:
    """Once for a line of an order that was received and not refunded in full."""
    made = actions.review(
        order, given.line, given.stars, given.text, acting=buyer_in(request), now=clock.now()
    )
    return Status(201, _review(made))


@router.get("/products/{product}/reviews", response=ReviewList, auth=None, summary="Reviews of a product")
def reviews(request: HttpRequest, product: str, cursor: Cursor, limit: Limit) -> ReviewList:
    """For everybody, the newest first."""
    found = product_on_sale(product)
    page = queries.reviews_of(found.pk, cursor=cursor, limit=limit)
    count, average = queries.stars_of(found.pk)
    items = [_review(row) for row in page.rows]
    return ReviewList(items=items, next=page.next_cursor, count=count, average=average)


def _compensation(given: Compensation) -> CompensationOut:
    money, problem = queries.compensation_money(given)
    return CompensationOut(
        compensation=public_id(given.pk),
        amount_minor=given.amount_minor,
        reason=given.reason,
        apology=given.apology,
        money=money,
        problem=problem,
        at=given.at,
    )


def _limits(found: Limits) -> CompensationLimits:
    return CompensationLimits(order_minor=found.order_minor, day_minor=found.day_minor, version=found.version)


def _review(made: Review) -> ReviewOut:
    return ReviewOut(
        review=public_id(made.pk),
        name=masked(made.person.name),
        stars=made.stars,
        text=made.text,
        at=made.at,
    )
