"""The operator's console: what needs attention, shops, audits, the ledger, and evidence of risk."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from pinback.accounts.actions import make_link as make_password_link
from pinback.accounts.models import Shop
from pinback.accounts.queries import check_operator
from pinback.api.accounts import PasswordLink
from pinback.api.catalog import Cursor, Input, Limit
from pinback.api.once import own_transactions
from pinback.api.signing_in import actor_in
from pinback.catalog.queries import id_or_not_found
from pinback.insight import auditing, ledger, operating, risk
from pinback.insight.models import AuditRun
from pinback.insight.operating import PersonRow, ShopRow
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.paging import page_of
from pinback.kit.refusals import NotFound
from pinback.marketing import actions
from pinback.settlement.moments import moment_of

router = Router(tags=["Operator"])

LongCursor = Annotated[str | None, Query(None, max_length=32, description="`next` of the page before")]
Least = Annotated[int, Query(2, ge=1, le=1000, description="at least so many")]


class AuditOut(Schema):
    """An audit: recomputes everything from the event log, and names each difference."""

    audit: str
    status: Literal["requested", "running", "done", "failed"]
    events: int = Field(description="in the log when it began")
    events_done: int
    differences: int = Field(description="0 when it is done: all is well")
    first_differences: list[str] = Field(description="at most 100")
    problem: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class AuditList(Schema):
    """A page of audits."""

    items: list[AuditOut]
    next: str | None


class OverviewOut(Schema):
    """What needs attention, as counts; amounts in fen."""

    failed_money_out: int
    failed_money_out_minor: int
    anomalies: int
    escalated_cases: int
    payouts_requested: int
    payouts_requested_minor: int
    suspended_shops: int
    shops_in_debt: int = Field(description="shops with a balance below 0")
    activities_open: int
    last_audit: AuditOut | None


class ShopOut(Schema):
    """A shop of the market; balances in fen."""

    shop: str
    title: str
    status: Literal["open", "suspended"]
    timezone: str
    created_at: datetime
    products_on_sale: int
    completed_orders: int
    sales_minor: int
    marketing_minor: int
    cases_with_operator: int


class ShopList(Schema):
    """A page of shops."""

    items: list[ShopOut]
    next: str | None


class RoleInShop(Schema):
    """A shop somebody works for, and as what."""

    shop: str
    role: Literal["owner", "marketing", "service", "warehouse", "finance"]


class PersonOut(Schema):
    """Somebody with an account; what they owe in fen."""

    person: str
    name: str
    login: str
    language: str
    is_operator: bool
    is_active: bool
    created_at: datetime
    shops: list[RoleInShop]
    orders: int = Field(description="placed, paid or not")
    owed_minor: int = Field(description="to shops, for used vouchers whose orders were refunded")


class PersonList(Schema):
    """A page of people."""

    items: list[PersonOut]
    next: str | None


class Reason(Input):
    """Why; for the record."""

    reason: str = Field(min_length=1, max_length=500, examples=["Counterfeit goods reported by three buyers"])


class PostingOut(Schema):
    """Fen that an event moved from one account to another."""

    posting: str
    at: datetime
    shop: str
    event: str
    what: str = Field(description="type of the event", examples=["order.received"])
    order: str | None = Field(description="as `shop/order`")
    source: str
    target: str
    amount_minor: int


class PostingList(Schema):
    """A page of postings."""

    items: list[PostingOut]
    next: str | None


class AccountOut(Schema):
    """An account: its balance as it is kept, and the sum of its postings, which is the same."""

    account: str
    balance_minor: int
    sum_minor: int


class EventOut(Schema):
    """An event of the log with all that it moved."""

    shop: str
    event: str
    at: datetime
    what: str
    order: str | None
    content: dict[str, Any]
    postings: list[PostingOut]


class LoopOut(Schema):
    """A buyer whose orders were refunded after they had earned a rebate. Evidence, not a verdict."""

    buyer: str
    name: str
    earned: int = Field(description="orders that earned a rebate")
    lost: int = Field(description="of these, refunded so that it was taken back")
    lost_minor: int
    owed_minor: int
    orders: list[str] = Field(description="the latest of these orders, as `shop/order`")


class SharedOut(Schema):
    """Accounts that ordered to one place, or from one device."""

    mark: str = Field(description="hash of the place, or name of the device")
    accounts: list[str]
    number_of_accounts: int
    orders: int
    earned: int
    lost: int
    latest_orders: list[str]


class DebtorOut(Schema):
    """What a buyer owes for used vouchers whose orders were refunded."""

    buyer: str
    name: str
    amount_minor: int
    shops: int
    orders: list[str]


class BuyersOrderOut(Schema):
    """An order of a buyer: a piece of the evidence."""

    order: str
    placed_at: datetime
    status: str
    rebate: str
    reason: str | None
    cash_minor: int
    refunded_minor: int
    earned: str | None = Field(description="code of the voucher it earned")
    used: str | None = Field(description="code of the voucher it was paid with")
    refunds: int
    place: str
    device: str


@router.get("/operator/overview", response=OverviewOut, summary="What needs attention")
def overview(request: HttpRequest) -> OverviewOut:
    """Counts of what waits for the operator."""
    found = operating.overview(actor_in(request), now=clock.now())._asdict()
    last = found.pop("last_audit")
    return OverviewOut(**found, last_audit=None if last is None else _audit(last))


# --- shops -----------------------------------------------------------------------------------------------


@router.get("/operator/shops", response=ShopList, summary="All shops")
def list_shops(
    request: HttpRequest,
    cursor: Cursor,
    limit: Limit,
    status: Annotated[Literal["open", "suspended"] | None, Query(None)],
    words: Annotated[str, Query("", max_length=100, description="of the name or title")],
) -> ShopList:
    """The newest first."""
    rows, following = operating.shops(
        actor_in(request), status=status, words=words, cursor=cursor, limit=limit
    )
    return ShopList(items=[_shop(row) for row in rows], next=following)


@router.post("/operator/shops/{shop}/suspend", response=ShopOut, summary="Suspend a shop")
def suspend(request: HttpRequest, shop: str, given: Reason) -> ShopOut:
    """It sells nothing new; what was bought goes on."""
    return _shown(actions.suspend_shop(shop, reason=given.reason, acting=actor_in(request), now=clock.now()))


@router.post("/operator/shops/{shop}/reopen", response=ShopOut, summary="Let a shop sell again")
def reopen(request: HttpRequest, shop: str, given: Reason) -> ShopOut:
    """End its suspension."""
    return _shown(actions.reopen_shop(shop, reason=given.reason, acting=actor_in(request), now=clock.now()))


# --- people ----------------------------------------------------------------------------------------------


@router.get("/operator/people", response=PersonList, summary="All people")
def list_people(
    request: HttpRequest,
    cursor: Cursor,
    limit: Limit,
    words: Annotated[
        str, Query("", max_length=254, description="of the name or login; a phone number, or an id")
    ],
) -> PersonList:
    """The newest first. Also for keys of the operator with `people.read`."""
    rows, following = operating.people(actor_in(request), words=words, cursor=cursor, limit=limit)
    return PersonList(items=[_person(row) for row in rows], next=following)


@router.post(
    "/operator/people/{person}/password-link",
    response={201: PasswordLink},
    summary="A link for a new password",
)
@own_transactions("passed over")  # An answer that is kept would keep the link.
def make_link(request: HttpRequest, person: str) -> Status[PasswordLink]:
    """Make a one-time link for somebody of whom you know that it is they who ask."""
    acting = actor_in(request)
    path = make_password_link(id_or_not_found("person", person), acting=acting, now=clock.now())
    return Status(201, PasswordLink(link=request.build_absolute_uri(path)))


# --- audits ----------------------------------------------------------------------------------------------


@router.post("/operator/audits", response={202: AuditOut}, summary="Run an audit")
def request_audit(request: HttpRequest) -> Status[AuditOut]:
    """A worker runs it; look at it again for its progress. One that waits already is the same one."""
    return Status(202, _audit(auditing.request_audit(acting=actor_in(request), now=clock.now())))


@router.get("/operator/audits", response=AuditList, summary="Audits")
def list_audits(request: HttpRequest, cursor: Cursor, limit: Limit) -> AuditList:
    """The newest first, each with its result."""
    check_operator(actor_in(request), "audit.run")
    page = page_of(AuditRun.objects.all(), cursor=cursor, limit=limit)
    return AuditList(items=[_audit(row) for row in page.rows], next=page.next_cursor)


@router.get("/operator/audits/{audit}", response=AuditOut, summary="An audit")
def get_audit(request: HttpRequest, audit: str) -> AuditOut:
    """How far it is, or what it found."""
    check_operator(actor_in(request), "audit.run")
    found = AuditRun.objects.filter(pk=id_or_not_found("audit", audit)).first()
    if found is None:
        raise NotFound("audit", audit)
    return _audit(found)


# --- the ledger ------------------------------------------------------------------------------------------


@router.get("/operator/ledger/postings", response=PostingList, summary="Postings")
def postings(
    request: HttpRequest,
    limit: Limit,
    cursor: LongCursor,
    shop: Annotated[str | None, Query(None, max_length=64)],
    account: Annotated[str | None, Query(None, max_length=160, example="shop:tea:sales")],
) -> PostingList:
    """The newest first; of a shop, or of an account."""
    found, following = ledger.postings(
        actor_in(request), shop=shop, account=account, cursor=cursor, limit=limit
    )
    return PostingList(items=_postings(found), next=following)


@router.get("/operator/ledger/account", response=AccountOut, summary="An account")
def get_account(
    request: HttpRequest, account: Annotated[str, Query(max_length=160, example="shop:tea:sales")]
) -> AccountOut:
    """Its balance, counted two ways."""
    return AccountOut(**ledger.account_shown(actor_in(request), account)._asdict())


@router.get("/operator/ledger/events/{shop}/{event}", response=EventOut, summary="An event")
def get_event(request: HttpRequest, shop: str, event: str) -> EventOut:
    """What came in, and all that it moved."""
    found = ledger.event_shown(actor_in(request), shop, event)
    return EventOut(
        shop=found.shop,
        event=found.event,
        at=found.at,
        what=found.what,
        order=found.order,
        content=dict(found.content),
        postings=_postings(found.postings),
    )


# --- risk ------------------------------------------------------------------------------------------------


@router.get("/operator/risk/loops", response=list[LoopOut], summary="Refunded after the rebate")
def loops(request: HttpRequest, limit: Limit, least: Least) -> list[LoopOut]:
    """Buyers whose orders were refunded after they had earned a rebate, most first."""
    return [LoopOut(**row._asdict()) for row in risk.loops(actor_in(request), least=least, limit=limit)]


@router.get("/operator/risk/places", response=list[SharedOut], summary="Several accounts at one place")
def places(request: HttpRequest, limit: Limit, least: Least) -> list[SharedOut]:
    """Accounts that had orders sent to one place, however it was written."""
    return [SharedOut(**row._asdict()) for row in risk.places(actor_in(request), least=least, limit=limit)]


@router.get("/operator/risk/devices", response=list[SharedOut], summary="Several accounts at one device")
def devices(request: HttpRequest, limit: Limit, least: Least) -> list[SharedOut]:
    """Accounts that ordered from one device."""
    return [SharedOut(**row._asdict()) for row in risk.devices(actor_in(request), least=least, limit=limit)]


@router.get("/operator/risk/debtors", response=list[DebtorOut], summary="Who owes")
def debtors(request: HttpRequest, limit: Limit) -> list[DebtorOut]:
    """Who owes most, over all shops."""
    return [DebtorOut(**row._asdict()) for row in risk.debtors(actor_in(request), limit=limit)]


@router.get("/operator/risk/buyers/{buyer}/orders", response=list[BuyersOrderOut], summary="A buyer's orders")
def buyers_orders(request: HttpRequest, buyer: str, limit: Limit) -> list[BuyersOrderOut]:
    """The latest orders of a buyer in all shops, with what they earned and what came back."""
    return [
        BuyersOrderOut(**{**row._asdict(), "placed_at": moment_of(row.placed_at)})
        for row in risk.orders_of(actor_in(request), buyer, limit=limit)
    ]


# --- as they are shown -----------------------------------------------------------------------------------


def _audit(row: AuditRun) -> AuditOut:
    return AuditOut(
        audit=public_id(row.pk),
        **{name: getattr(row, name) for name in AuditOut.model_fields if name != "audit"},
    )


def _shown(shop: Shop) -> ShopOut:
    return _shop(operating.shop_rows([shop])[0])


def _shop(row: ShopRow) -> ShopOut:
    values = row._asdict()
    shop = values.pop("shop")
    named = ("title", "status", "timezone", "created_at")
    return ShopOut(shop=shop.name, **{name: getattr(shop, name) for name in named}, **values)


def _person(row: PersonRow) -> PersonOut:
    named = ("name", "login", "language", "is_operator", "is_active", "created_at")
    return PersonOut(
        person=public_id(row.person.pk),
        shops=[RoleInShop(shop=shop, role=cast(Any, role)) for shop, role in row.roles.items()],
        orders=row.orders,
        owed_minor=row.owed_minor,
        **{name: getattr(row.person, name) for name in named},
    )


def _postings(rows: Sequence[ledger.Entry]) -> list[PostingOut]:
    return [
        PostingOut(posting=row.id, **{k: v for k, v in row._asdict().items() if k != "id"}) for row in rows
    ]
