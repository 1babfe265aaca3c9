"""The money of a shop: balances, the statement with its export, payouts; and the operator's part of them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, cast

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import AwareDatetime, Field

from pinback.accounts.queries import shop_for
from pinback.api.catalog import Cursor, Input, Limit
from pinback.api.signing_in import actor_in
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.marketing import actions, queries
from pinback.marketing.funds import balances, export, statement
from pinback.marketing.models import Payout

router = Router(tags=["Funds"])

Account = Literal["sales", "marketing"]
Decided = Literal["requested", "paid", "refused", "withdrawn"]
Since = Annotated[AwareDatetime | None, Query(None, description="from this instant on")]
Until = Annotated[AwareDatetime | None, Query(None, description="before this instant")]
Which = Annotated[Account | None, Query(None, description="one account; both, if left out")]


class BalanceOut(Schema):
    """An account, in fen. Below 0 the shop owes the platform."""

    account: Account
    balance_minor: int = Field(description="what is there, payouts taken off")
    requested_minor: int = Field(description="of it, what payouts were asked for that are not decided")
    available_minor: int = Field(description="what can be asked for")
    paid_out_minor: int = Field(description="all that was ever paid out of it")


class Funds(Schema):
    """What a shop has: proceeds of received orders (`sales`) and the `marketing` balance."""

    accounts: list[BalanceOut]


class StatementLine(Schema):
    """A line of the statement; amounts in fen, `balance_minor` is what was there after it."""

    line: str = Field(description="id of the line")
    at: datetime
    account: Account
    what: str = Field(
        description="the type of the event that moved it, `payout`, or `compensation.deducted`",
        examples=["order.received"],
    )
    amount_minor: int
    balance_minor: int
    other: str = Field(description="the account on the other side", examples=["order:tea/0c1z5k8m2q4r6"])
    event: str = Field(description="id of the event, or of the payout")
    order: str | None
    campaign: str | None


class Statement(Schema):
    """A page of a statement."""

    items: list[StatementLine]
    next: str | None


class PayoutIn(Input):
    """An amount to be paid out."""

    account: Account
    amount_minor: int = Field(ge=1, le=10**12, examples=[100_000])


class PayoutNote(Input):
    """How it was paid, or why not."""

    note: str = Field(min_length=1, max_length=200, examples=["Bank transfer 4711"])


class PayoutOut(Schema):
    """A payout."""

    payout: str
    shop: str
    account: Account
    amount_minor: int
    status: Decided
    note: str
    created_at: datetime
    done_at: datetime | None


class PayoutList(Schema):
    """A page of payouts."""

    items: list[PayoutOut]
    next: str | None


@router.get("/shops/{shop}/funds", response=Funds, summary="What a shop has")
def funds(request: HttpRequest, shop: str) -> Funds:
    """Both accounts of the shop, of one moment."""
    standing = balances.standing_of(shop_for(actor_in(request), shop, "funds.read"))
    return Funds(
        accounts=[
            BalanceOut(**one._asdict(), available_minor=one.available_minor)
            for one in standing.balances.values()
        ]
    )


@router.get("/shops/{shop}/statement", response=Statement, summary="A shop's statement")
def get_statement(
    request: HttpRequest,
    shop: str,
    limit: Limit,
    account: Which,
    since: Since,
    until: Until,
    cursor: Annotated[str | None, Query(None, max_length=32, description="`next` of the page before")],
) -> Statement:
    """Every fen that went into or out of the shop's accounts, the newest line first."""
    owner = shop_for(actor_in(request), shop, "funds.read")
    lines, following = statement.statement(
        owner, statement.Filter(account, since, until), cursor=cursor, limit=limit
    )
    return Statement(items=[_line(line) for line in lines], next=following)


@router.get(
    "/shops/{shop}/statement.csv",
    summary="A shop's statement as CSV",
    openapi_extra={"responses": {200: {"description": "CSV", "content": {"text/csv": {}}}}},
)
def export_statement(
    request: HttpRequest, shop: str, account: Which, since: Since, until: Until
) -> StreamingHttpResponse:
    """All of it, the oldest line first, as it is read. Times are the shop's local ones."""
    owner = shop_for(actor_in(request), shop, "funds.read")
    return csv_response(
        f"statement-{shop}.csv", export.statement_csv(owner, statement.Filter(account, since, until))
    )


@router.get("/shops/{shop}/payouts", response=PayoutList, summary="Payouts to a shop")
def payouts(request: HttpRequest, shop: str, cursor: Cursor, limit: Limit) -> PayoutList:
    """The newest first."""
    page = queries.payouts_of_shop(actor_in(request), shop, cursor=cursor, limit=limit)
    return PayoutList(items=[_payout(row) for row in page.rows], next=page.next_cursor)


@router.post("/shops/{shop}/payouts", response={201: PayoutOut}, summary="Ask for a payout")
def request_payout(request: HttpRequest, shop: str, given: PayoutIn) -> Status[PayoutOut]:
    """Never more than the balance less what is asked for already."""
    payout = actions.request_payout(
        shop, given.account, given.amount_minor, acting=actor_in(request), now=clock.now()
    )
    return Status(201, _payout(payout))


@router.post("/shops/{shop}/payouts/{payout}/withdraw", response=PayoutOut, summary="Take a request back")
def withdraw_payout(request: HttpRequest, shop: str, payout: str) -> PayoutOut:
    """While it is not decided."""
    return _payout(actions.withdraw_payout(shop, payout, acting=actor_in(request), now=clock.now()))


@router.get("/operator/payouts", response=PayoutList, summary="Payouts of all shops", tags=["Operator"])
def payouts_everywhere(
    request: HttpRequest, cursor: Cursor, limit: Limit, status: Decided = "requested"
) -> PayoutList:
    """For the operator, the oldest first; by default those to be decided."""
    page = queries.payouts_everywhere(actor_in(request), status=status, cursor=cursor, limit=limit)
    return PayoutList(items=[_payout(row) for row in page.rows], next=page.next_cursor)


@router.post(
    "/operator/payouts/{payout}/paid", response=PayoutOut, summary="A payout was paid", tags=["Operator"]
)
def mark_paid(request: HttpRequest, payout: str, given: PayoutNote) -> PayoutOut:
    """For the operator. From now on it is a line of the shop's statement."""
    return _payout(actions.mark_paid(payout, note=given.note, acting=actor_in(request), now=clock.now()))


@router.post(
    "/operator/payouts/{payout}/refuse", response=PayoutOut, summary="Refuse a payout", tags=["Operator"]
)
def refuse_payout(request: HttpRequest, payout: str, given: PayoutNote) -> PayoutOut:
    """For the operator."""
    return _payout(actions.refuse_payout(payout, note=given.note, acting=actor_in(request), now=clock.now()))


def csv_response(name: str, lines: Iterator[str]) -> StreamingHttpResponse:
    """A CSV file that is sent as it is made."""
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _line(line: statement.Line) -> StatementLine:
    values = line._asdict()
    place = values.pop("position")
    return StatementLine(line=f"{public_id(place.id)}{place.number}", **values)


def _payout(row: Payout) -> PayoutOut:
    return PayoutOut(
        payout=public_id(row.pk),
        shop=row.shop.name,
        account=cast(Account, row.account),
        amount_minor=row.amount_minor,
        status=cast(Decided, row.status),
        note=row.note,
        created_at=row.created_at,
        done_at=row.done_at,
    )
