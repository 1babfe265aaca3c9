"""Cases of refunds, for buyers, shops and the operator."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import File, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from pinback.api.catalog import Cursor, Input, Limit
from pinback.api.once import own_transactions
from pinback.api.signing_in import actor_in, buyer_in
from pinback.catalog.pictures import read_at_most
from pinback.checkout.deductions import deducted_from
from pinback.checkout.refunds import RefundPreview
from pinback.desk import actions, queries
from pinback.desk.models import Case, CasePhoto, CaseState
from pinback.desk.rules import Reason
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.paging import Page

router = Router(tags=["After sales"])

Kind = Literal["refund_only", "return_and_refund"]
Scope = Literal["whole", "units", "amount"]
Amount = Annotated[int, Field(ge=0, le=10**12, description="whole fen", examples=[1000])]
PaidAmount = Annotated[int, Field(ge=1, le=10**12, description="whole fen", examples=[500])]


class UnitsIn(Input):
    """Units of a line."""

    line: int = Field(ge=1, le=999, examples=[1])
    units: int = Field(ge=1, le=10**6, examples=[1])


class AskedIn(Input):
    """How much is asked back: all that is left, units of lines, or an amount of goods cash."""

    scope: Scope
    lines: list[UnitsIn] = Field(default_factory=list, max_length=50, description="for `units`")
    amount_minor: Amount | None = Field(None, description="for `amount`")
    postage_minor: Amount | None = Field(None, description="with `units` or `amount`: postage asked back")


class CaseIn(AskedIn):
    """A case: what is asked for, and why."""

    kind: Kind = Field(description="money alone, or the goods go back first")
    reason: Reason
    text: str = Field("", max_length=500)


class RefundQuote(Schema):
    """What a refund would come to now, in fen."""

    cash_minor: int = Field(description="goods and postage")
    withheld_minor: int = Field(description="kept, as the voucher it earned is used")
    bought_back_minor: int
    deducted_minor: int = Field(description="kept, as compensation was paid for the order before")
    payout_minor: int = Field(description="what is paid out")
    taken_back_minor: int = Field(description="of the voucher that the order earned")
    debt_minor: int
    vouchers: list["VoucherEffectOut"]
    closes_order: str | None = Field(description="an unpaid order that holds the voucher is closed")


class VoucherEffectOut(Schema):
    """What would become of a voucher."""

    code: str
    status: str
    returned_minor: int


class PhotoOut(Schema):
    """A photo."""

    photo: str
    address: str


class SettledOut(Schema):
    """What a refund came to, in fen, once it is settled."""

    cash_minor: int
    withheld_minor: int
    bought_back_minor: int
    deducted_minor: int = Field(description="kept, as compensation was paid for the order before")
    taken_back_minor: int


class CaseOut(Schema):
    """A case. Whose turn it is, it is until `deadline_at`; then what the state means happens by itself."""

    case: str
    order: str
    shop: str
    buyer: str
    kind: Kind
    scope: Scope
    lines: list[UnitsIn]
    amount_minor: int | None
    postage_minor: int | None
    reason: Reason
    text: str
    state: CaseState
    deadline_at: datetime | None
    carrier: str
    tracking: str
    shop_reason: str = Field(description="why the shop refused")
    money: queries.Money
    problem: str = Field(description="what the provider said where money failed or bounced")
    settled: SettledOut | None
    photos: list[PhotoOut]
    opened_at: datetime
    closed_at: datetime | None
    version: int


class CaseList(Schema):
    """A page of cases."""

    items: list[CaseOut]
    next: str | None


class ChangeOut(Schema):
    """A change of a case; `person` null: a timer."""

    before: str
    after: str
    person: str | None
    note: str
    at: datetime


class RefusalIn(Input):
    """Why a shop refuses."""

    reason: str = Field(min_length=1, max_length=500)


class ReturnIn(Input):
    """The parcel of a return."""

    carrier: str = Field(min_length=1, max_length=20, examples=["sf-express"])
    tracking: str = Field(min_length=1, max_length=64, examples=["SF1234567890"])


class DecisionIn(Input):
    """What the operator decides; `amount_minor` with `agree`: only so much goods cash."""

    decision: Literal["agree", "reject"]
    amount_minor: PaidAmount | None = None
    note: str = Field("", max_length=500)


@router.post("/orders/{order}/refund-quote", response=RefundQuote, summary="Quote a refund")
def quote(request: HttpRequest, order: str, given: AskedIn) -> RefundQuote:
    """What a refund would come to now, for the buyer and for the shop. Nothing is written."""
    return _quote(actions.quote(order, _asked(given), acting=actor_in(request), now=clock.now()))


@router.post("/orders/{order}/cases", response={201: CaseOut}, summary="Ask for a refund")
def open_case(request: HttpRequest, order: str, given: CaseIn) -> Status[CaseOut]:
    """Open a case; one can be open for an order. Before the deal it means leaving the group."""
    asked = _asked(given, kind=given.kind, reason=given.reason, text=given.text)
    return Status(201, _out(actions.open_case(order, asked, acting=buyer_in(request), now=clock.now())))


@router.get("/orders/{order}/cases", response=list[CaseOut], summary="The cases of an order")
def cases_of_order(request: HttpRequest, order: str) -> list[CaseOut]:
    """For its buyer and the shop's staff, the first one first."""
    return [_out(case) for case in queries.cases_of_order(actor_in(request), order)]


@router.get("/cases", response=CaseList, summary="My cases")
def cases(request: HttpRequest, cursor: Cursor, limit: Limit) -> CaseList:
    """What you asked back, the newest first."""
    return _page(queries.cases_of_buyer(buyer_in(request), cursor=cursor, limit=limit))


@router.get("/cases/{case}", response=CaseOut, summary="A case")
def case(request: HttpRequest, case: str) -> CaseOut:
    """For its buyer, the shop's staff and the operator."""
    return _out(queries.case_for(actor_in(request), case))


@router.get("/cases/{case}/history", response=list[ChangeOut], summary="The history of a case")
def history(request: HttpRequest, case: str) -> list[ChangeOut]:
    """Every change, the first one first."""
    return [
        ChangeOut(
            before=change.before,
            after=change.after,
            person=None if change.person_id is None else public_id(change.person_id),
            note=change.note,
            at=change.at,
        )
        for change in queries.history_of(actor_in(request), case)
    ]


@router.get(
    "/cases/{case}/quote",
    response=RefundQuote,
    summary="Quote the refund of a case",
    openapi_extra={"responses": {409: {"$ref": "#/components/responses/Conflict"}}},
)
def quote_case(request: HttpRequest, case: str) -> RefundQuote:
    """What it would come to now, for whoever may see the case."""
    return _quote(actions.quote_case(case, acting=actor_in(request), now=clock.now()))


@router.post("/cases/{case}/photos", response={201: PhotoOut}, summary="Add a photo to a case")
@own_transactions("kept")
def add_photo(request: HttpRequest, case: str, file: File[UploadedFile]) -> Status[PhotoOut]:
    """A JPEG, PNG or WebP of at most 8 MB; 6 photos at most."""
    made = actions.add_photo(case, read_at_most(file), acting=buyer_in(request), now=clock.now())
    return Status(201, _photo(made))


@router.post("/cases/{case}/agree", response=CaseOut, summary="Agree, for the shop")
def agree(request: HttpRequest, case: str) -> CaseOut:
    """The money goes out, or the goods come back first. Again: nothing more happens."""
    return _out(actions.agree(case, acting=actor_in(request), now=clock.now()))


@router.post("/cases/{case}/refuse", response=CaseOut, summary="Refuse, for the shop")
def refuse(request: HttpRequest, case: str, given: RefusalIn) -> CaseOut:
    """Refuse a case, or what came back. The buyer may ask the operator to decide."""
    return _out(actions.refuse(case, given.reason, acting=actor_in(request), now=clock.now()))


@router.post("/cases/{case}/return", response=CaseOut, summary="Say that the goods are on their way back")
def send_back(request: HttpRequest, case: str, given: ReturnIn) -> CaseOut:
    """The buyer's parcel to the shop."""
    return _out(
        actions.send_back(case, given.carrier, given.tracking, acting=buyer_in(request), now=clock.now())
    )


@router.post("/cases/{case}/confirm-return", response=CaseOut, summary="Confirm a returned parcel")
def confirm_return(request: HttpRequest, case: str) -> CaseOut:
    """The shop has the goods back; the money goes out."""
    return _out(actions.confirm_return(case, acting=actor_in(request), now=clock.now()))


@router.post("/cases/{case}/escalate", response=CaseOut, summary="Ask the operator to decide")
def escalate(request: HttpRequest, case: str) -> CaseOut:
    """The buyer does not accept the shop's refusal."""
    return _out(actions.escalate(case, acting=buyer_in(request), now=clock.now()))


@router.post("/cases/{case}/withdraw", response=CaseOut, summary="Withdraw a case")
def withdraw(request: HttpRequest, case: str) -> CaseOut:
    """The buyer does not want a refund any more."""
    return _out(actions.withdraw(case, acting=buyer_in(request), now=clock.now()))


@router.post("/cases/{case}/decision", response=CaseOut, summary="Decide, for the operator")
def decide(request: HttpRequest, case: str, given: DecisionIn) -> CaseOut:
    """Agree, reject, or agree to a part."""
    decided = actions.decide(
        case,
        for_buyer=given.decision == "agree",
        amount_minor=given.amount_minor,
        note=given.note,
        acting=actor_in(request),
        now=clock.now(),
    )
    return _out(decided)


@router.get("/shops/{shop}/cases", response=CaseList, summary="A shop's cases by deadline")
def cases_of_shop(
    request: HttpRequest,
    shop: str,
    cursor: Cursor,
    limit: Limit,
    state: Annotated[CaseState | None, Query(None, description="none: all that are open")],
    kind: Annotated[Kind | None, Query(None)],
    due_before: Annotated[datetime | None, Query(None)],
) -> CaseList:
    """The nearest deadline first."""
    page = queries.cases_of_shop(
        actor_in(request), shop, state=state, kind=kind, due_before=due_before, cursor=cursor, limit=limit
    )
    return _page(page)


@router.get("/operator/cases", response=CaseList, summary="Cases that wait for the operator")
def cases_of_operator(request: HttpRequest, cursor: Cursor, limit: Limit) -> CaseList:
    """The oldest first."""
    return _page(queries.cases_of_operator(actor_in(request), cursor=cursor, limit=limit))


def _asked(given: AskedIn, **more: Any) -> actions.Asked:
    return actions.Asked(
        scope=given.scope,
        lines=tuple((line.line, line.units) for line in given.lines),
        amount_minor=given.amount_minor,
        postage_minor=given.postage_minor,
        **more,
    )


def _quote(found: RefundPreview) -> RefundQuote:
    vouchers = [VoucherEffectOut(**effect._asdict()) for effect in found.vouchers]
    return RefundQuote(**{**found._asdict(), "vouchers": vouchers})


def _photo(photo: CasePhoto) -> PhotoOut:
    return PhotoOut(
        photo=public_id(photo.pk), address=f"/{settings.MEDIA_URL.strip('/')}/pictures/{photo.file}"
    )


def _settled(case: Case) -> SettledOut | None:
    refund = queries.refund_of(case)
    if refund is None or refund.status != "succeeded":
        return None
    return SettledOut(
        cash_minor=refund.cash_minor,
        withheld_minor=refund.withheld_minor,
        bought_back_minor=refund.bought_back_minor,
        deducted_minor=deducted_from([refund.key]).get(refund.key, 0),
        taken_back_minor=refund.taken_back_minor,
    )


def _out(found: Case) -> CaseOut:
    money, problem = queries.money_of(found)
    named = ("kind", "scope", "amount_minor", "postage_minor", "reason", "text", "deadline_at", "carrier")
    rest = ("tracking", "shop_reason", "opened_at", "closed_at", "version")
    return CaseOut(
        case=public_id(found.pk),
        order=found.order_key.partition("/")[2],
        shop=found.shop.name,
        buyer=public_id(found.buyer_id),
        lines=[UnitsIn(line=line, units=units) for line, units in found.lines],
        state=queries.state_of_case(found),  # type: ignore[arg-type]  # a CHECK lists them
        money=money,
        problem=problem,
        settled=_settled(found),
        photos=[_photo(photo) for photo in queries.photos_of(found)],
        **{name: getattr(found, name) for name in named + rest},
    )


def _page(page: Page[Case]) -> CaseList:
    rows: Sequence[Case] = page.rows
    return CaseList(items=[_out(row) for row in rows], next=page.next_cursor)
