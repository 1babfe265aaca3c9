"""Payments: what became of one, providers' notices, the sandbox's decisions, and the operator's part of
it.
"""

from datetime import datetime
from io import BytesIO
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import File, Query, Router, Schema
from ninja.files import UploadedFile
from pydantic import BaseModel, ConfigDict, Field

from pinback.accounts.queries import check_operator
from pinback.api.once import own_transactions
from pinback.api.signing_in import actor_in
from pinback.kit import clock
from pinback.kit.ids import id_of, public_id
from pinback.kit.paging import page_of
from pinback.kit.refusals import NotFound, Refused
from pinback.payments import actions
from pinback.payments.actions import deciding
from pinback.payments.models import Anomaly, MoneyOut, Payment
from pinback.payments.providers.contract import StatementProblem
from pinback.payments.queries import (
    anomalies_for,
    money_out_for,
    payment_for,
    payment_numbered,
    refund_numbered,
)
from pinback.payments.reconciling import reconcile

router = Router(tags=["Payments"])

_MOST_STATEMENT_BYTES = 50_000_000


class PaymentOut(BaseModel):
    """A payment."""

    payment: str = Field(description="id of the payment", examples=["01k9x7m2v3q4r"])
    number: str = Field(description="its number at the provider", examples=["p01k9x7m2v3q4r"])
    shop: str = Field(examples=["tea"])
    purpose: Literal["order", "campaign", "debt"]
    subject: str = Field(description="what it is for", examples=["tea/01k9x7m2v3q4r"])
    method: Literal["wechat", "debit_card"]
    provider: Literal["sandbox", "wechat", "card"]
    status: Literal[
        "created", "pending", "succeeded", "late", "mismatched", "unneeded", "closed", "failed"
    ] = Field(description="late, mismatched, unneeded: money came in that goes back")
    amount_minor: int = Field(examples=[19900])
    received_minor: int
    returned_minor: int = Field(description="of what was received: on its way back, or back")
    currency: str = Field(examples=["CNY"])
    to_client: dict[str, Any] = Field(
        description="what the payer's client needs, by `kind`: `wechat_native` a `code_url` for a QR code, "
        "`wechat_jsapi` the parameters of JSAPI, `stripe` a `client_secret`, `sandbox` a number to decide on"
    )
    created_at: datetime
    expires_at: datetime | None
    settled_at: datetime | None


def shown(payment: Payment) -> PaymentOut:
    """A payment as the API shows it."""
    return PaymentOut(
        payment=public_id(payment.pk),
        shop=payment.shop.name,
        **{
            name: getattr(payment, name)
            for name in PaymentOut.model_fields
            if name not in ("payment", "shop")
        },
    )


@router.get("/payments/{payment}", response=PaymentOut, summary="A payment")
def get_payment(request: HttpRequest, payment: str) -> PaymentOut:
    """For the payer, and for whoever keeps the funds of the shop."""
    return shown(payment_for(actor_in(request), _id(payment, "payment")))


# --- what providers tell us ------------------------------------------------------------------------------


class Received(BaseModel):
    """What Stripe is told: whether the notice was one of its own."""

    received: bool


class WechatFailure(BaseModel):
    """What WeChat Pay is told of a notice that is not its own."""

    code: Literal["FAIL"]
    message: str


_NOT_SET_UP = {"responses": {404: {"$ref": "#/components/responses/NotFound"}}}
"""Without its keys in the settings there is no such provider."""


@router.post(
    "/pay/wechat/notify",
    response={204: None, 401: WechatFailure},
    auth=None,
    throttle=[],
    summary="A notice of WeChat Pay",
    tags=["Providers"],
    openapi_extra=_NOT_SET_UP,
)
@own_transactions("passed over")
def wechat_notify(request: HttpRequest) -> HttpResponse:
    """Answered with 204 when all that follows from it is committed; with 4xx, it is sent again."""
    taken = actions.take_notice("wechat", request.headers, request.body, now=clock.now())
    if not taken.verified:
        return JsonResponse({"code": "FAIL", "message": "not verified"}, status=401)
    return HttpResponse(status=204)


@router.post(
    "/pay/card/notify",
    response={200: Received, 400: Received},
    auth=None,
    throttle=[],
    summary="A notice of Stripe",
    tags=["Providers"],
    openapi_extra=_NOT_SET_UP,
)
@own_transactions("passed over")
def card_notify(request: HttpRequest) -> HttpResponse:
    """Answered with 200 when all that follows from it is committed; with 4xx, it is sent again."""
    taken = actions.take_notice("card", request.headers, request.body, now=clock.now())
    return JsonResponse({"received": taken.verified}, status=200 if taken.verified else 400)


# --- the sandbox -----------------------------------------------------------------------------------------


class PaymentDecision(BaseModel):
    """How a sandbox payment ends."""

    model_config = ConfigDict(extra="forbid")

    outcome: deciding.Outcome = Field(
        description="`late` pays also what was closed; `lost` pays without a notice; `repeated` sends its "
        "notice twice; `forged` sends one with a wrong signature",
        examples=["paid"],
    )
    refunds: deciding.RefundAnswer | None = Field(
        default=None, description="what refunds of it will be answered; `confirmed` unless you say otherwise"
    )


class RefundDecision(BaseModel):
    """How a sandbox refund ends."""

    model_config = ConfigDict(extra="forbid")

    outcome: deciding.RefundOutcome = Field(examples=["confirmed"])


@router.post("/sandbox/payments/{number}", response=PaymentOut, summary="Decide a sandbox payment")
@own_transactions("kept")
def decide_payment(request: HttpRequest, number: str, given: PaymentDecision) -> PaymentOut:
    """In a sandbox only, where the payer, or whoever may see the payment, stands in for the provider."""
    payment_numbered(actor_in(request), number)
    if given.refunds is not None:
        deciding.answer_refunds(number, given.refunds)
    return shown(deciding.decide_payment(number, given.outcome, now=clock.now()))


@router.post("/sandbox/refunds/{number}", response={204: None}, summary="Decide a sandbox refund")
@own_transactions("kept")
def decide_refund(request: HttpRequest, number: str, given: RefundDecision) -> HttpResponse:
    """In a sandbox only. A refund that was confirmed can fail later, as it can at a bank."""
    refund_numbered(actor_in(request), number)
    deciding.decide_refund(number, given.outcome, now=clock.now())
    return HttpResponse(status=204)


# --- the operator ----------------------------------------------------------------------------------------


class AnomalyOut(Schema):
    """Something about money, or the news of it, that a person has to look at."""

    anomaly: str
    kind: str = Field(examples=["wrong_amount"])
    provider: str = Field(description="empty where it is about no provider's word")
    payment: str | None
    money_out: str | None
    detail: str
    seen: int = Field(description="how often it was met while it was open")
    at: datetime
    last_at: datetime
    resolved_at: datetime | None
    note: str


class AnomalyList(Schema):
    """A page of anomalies."""

    items: list[AnomalyOut]
    next: str | None


class MoneyOutShown(Schema):
    """Money that goes back to a payer."""

    money_out: str
    shop: str
    payment: str
    purpose: str = Field(examples=["refund"])
    subject: str
    amount_minor: int
    currency: str
    status: Literal["pending", "sent", "confirmed", "failed", "bounced"]
    number: str
    tries: int
    problem: str
    by_hand: bool
    created_at: datetime
    done_at: datetime | None


class MoneyOutList(Schema):
    """A page of money out."""

    items: list[MoneyOutShown]
    next: str | None


class Note(Schema):
    """What was done about it."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(min_length=1, max_length=500, examples=["Paid by bank transfer 4711"])


Cursor = Annotated[str | None, Query(None, description="`next` of the page before", max_length=13)]
Limit = Annotated[int, Query(20, ge=1, le=100)]


@router.get("/operator/anomalies", response=AnomalyList, summary="What does not add up", tags=["Operator"])
def list_anomalies(
    request: HttpRequest, cursor: Cursor, limit: Limit, everything: bool = False
) -> AnomalyList:
    """Open anomalies, the newest first; `everything`: resolved ones too."""
    found = anomalies_for(actor_in(request), open_only=not everything)
    page = page_of(found, cursor=cursor, limit=limit)
    return AnomalyList(items=[_anomaly(row) for row in page.rows], next=page.next_cursor)


@router.post(
    "/operator/anomalies/{anomaly}/resolve", response=AnomalyOut, summary="Resolve one", tags=["Operator"]
)
def resolve_anomaly(request: HttpRequest, anomaly: str, given: Note) -> AnomalyOut:
    """Note what was done about it."""
    return _anomaly(
        actions.resolve_anomaly(
            _id(anomaly, "anomaly"), note=given.note, acting=actor_in(request), now=clock.now()
        )
    )


@router.get("/operator/money-out", response=MoneyOutList, summary="Money out in a state", tags=["Operator"])
def list_money_out(
    request: HttpRequest,
    cursor: Cursor,
    limit: Limit,
    status: Literal["waiting", "pending", "sent", "confirmed", "failed", "bounced"] = "waiting",
) -> MoneyOutList:
    """`waiting`: what failed or bounced, and waits for the operator."""
    statuses = ("failed", "bounced") if status == "waiting" else (status,)
    page = page_of(money_out_for(actor_in(request), statuses=statuses), cursor=cursor, limit=limit)
    return MoneyOutList(items=[_out(row) for row in page.rows], next=page.next_cursor)


@router.post(
    "/operator/money-out/{money_out}/retry",
    response=MoneyOutShown,
    summary="Send it again",
    tags=["Operator"],
)
def retry_out(request: HttpRequest, money_out: str) -> MoneyOutShown:
    """Send money out that failed or bounced once more."""
    return _out(actions.retry_out(_id(money_out, "money out"), acting=actor_in(request), now=clock.now()))


@router.post(
    "/operator/money-out/{money_out}/paid-by-hand",
    response=MoneyOutShown,
    summary="It was paid another way",
    tags=["Operator"],
)
def pay_by_hand(request: HttpRequest, money_out: str, given: Note) -> MoneyOutShown:
    """Note that money out that failed or bounced was paid by hand, and how."""
    return _out(
        actions.pay_by_hand(
            _id(money_out, "money out"), note=given.note, acting=actor_in(request), now=clock.now()
        )
    )


class DifferenceOut(Schema):
    """A difference between a statement and what is known here."""

    kind: Literal["sum", "twice", "not_here", "not_there", "state", "amount", "currency"]
    line: int = Field(description="of the statement; 0: it lacks what is known here")
    number: str
    ours_minor: int | None
    theirs_minor: int | None
    detail: str


class Reconciliation(Schema):
    """Every difference; none: all is well."""

    differences: list[DifferenceOut]


@router.post(
    "/operator/reconciliations/{provider}",
    response=Reconciliation,
    summary="Compare a statement",
    tags=["Operator"],
)
def reconcile_statement(
    request: HttpRequest,
    provider: Literal["sandbox", "wechat", "card"],
    statement: File[UploadedFile],
    since: datetime | None = None,
    until: datetime | None = None,
) -> Reconciliation:
    """Compare a provider's statement file with what is known here. Changes nothing."""
    check_operator(actor_in(request))
    if (statement.size or 0) > _MOST_STATEMENT_BYTES:
        raise Refused("too_large", _("The file is larger than 50 MB."), "statement")
    if any(moment is not None and moment.tzinfo is None for moment in (since, until)):
        raise Refused("needs_offset", _("A time needs an offset, such as +08:00."), "since")
    try:
        found = reconcile(provider, BytesIO(statement.read()), since=since, until=until)
    except StatementProblem as problem:
        raise Refused("unreadable_statement", str(problem), "statement") from problem
    return Reconciliation(
        differences=[
            DifferenceOut(**{name: getattr(one, name) for name in DifferenceOut.model_fields})
            for one in found
        ]
    )


def _id(public: str, what: str) -> int:
    try:
        return id_of(public)
    except ValueError as error:
        raise NotFound(what, public) from error


def _anomaly(row: Anomaly) -> AnomalyOut:
    return AnomalyOut(
        anomaly=public_id(row.pk),
        payment=public_id(row.payment_id) if row.payment_id else None,
        money_out=public_id(row.money_out_id) if row.money_out_id else None,
        **{
            name: getattr(row, name)
            for name in ("kind", "provider", "detail", "seen", "at", "last_at", "resolved_at", "note")
        },
    )


def _out(row: MoneyOut) -> MoneyOutShown:
    return MoneyOutShown(
        money_out=public_id(row.pk),
        shop=row.shop.name,
        payment=public_id(row.payment_id),
        **{
            name: getattr(row, name)
            for name in MoneyOutShown.model_fields
            if name not in ("money_out", "shop", "payment")
        },
    )
