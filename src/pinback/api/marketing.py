"""Campaigns with their fee, themed activities, and standards."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import AwareDatetime, Field

from pinback.api.catalog import Cursor, Input, Limit, Version
from pinback.api.checkout import BegunPayment, PayIn, payment_out
from pinback.api.once import own_transactions
from pinback.api.signing_in import actor_in
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.marketing import actions, queries
from pinback.marketing.models import Activity, Campaign, Standards
from pinback.marketing.queries import CampaignView
from pinback.marketing.rules import Standard, Terms

router = Router(tags=["Marketing"])

_MOST = 10**12
State = Literal["draft", "abandoned", "scheduled", "running", "ended"]
Id = Annotated[str, Field(max_length=13, examples=["0c1z5k8m2q4r6"])]


class StandardIn(Input):
    """What is asked of campaigns; never less than 5 %, 10 vouchers, 1 fen, 365 days."""

    least_rebate_percent: int = Field(5, ge=0, le=100, description="of the threshold", examples=[8])
    least_quantity: int = Field(10, ge=0, le=1_000_000, description="vouchers", examples=[20])
    least_threshold_minor: int = Field(1, ge=0, le=_MOST, description="fen", examples=[2_000])
    most_valid_days: int = Field(365, ge=0, le=365, examples=[30])


class StandardsChange(StandardIn):
    """The standards of from now on."""

    version: Version


class StandardOut(Schema):
    """What is asked of campaigns."""

    least_rebate_percent: int
    least_quantity: int
    least_threshold_minor: int
    most_valid_days: int


class StandardsOut(StandardOut):
    """The operator's standards."""

    version: int


class TermsIn(Input):
    """Spend `threshold_minor`, get a voucher of `rebate_minor`, `quantity` times. Amounts are in fen."""

    threshold_minor: int = Field(ge=0, le=_MOST, examples=[5_000])
    rebate_minor: int = Field(ge=0, le=_MOST, examples=[500])
    quantity: int = Field(ge=0, le=_MOST, description="vouchers", examples=[100])
    valid_days: int = Field(15, ge=0, le=100_000, description="how long a voucher can be used")
    activity: Id | None = Field(None, description="the themed activity it takes part in")


class CampaignIn(TermsIn):
    """A new campaign."""

    name: str = Field(min_length=1, max_length=60, examples=["Autumn tea"])


class Rename(Input):
    """Another name."""

    name: str = Field(min_length=1, max_length=60)
    version: Version


class UnmetOut(Schema):
    """A standard that is not met, at its field."""

    code: str = Field(examples=["rebate_too_low"])
    field: str = Field(examples=["rebate_minor"])
    detail: str


class ExampleOut(Schema):
    """What an order of so much goods cash would get."""

    spend_minor: int
    rebate_minor: int
    share_basis_points: int = Field(description="of the cash, in hundredths of a percent", examples=[1000])


class CampaignQuote(Schema):
    """What a campaign would cost and do. With anything in `unmet` it cannot be created."""

    fee_minor: int
    starts_at: datetime = Field(description="0:00 of the shop's next day, if it is paid now")
    standard: StandardOut
    unmet: list[UnmetOut]
    examples: list[ExampleOut]


class CampaignOut(Schema):
    """A campaign as it stands now. `reason` is why it ended."""

    campaign: str
    shop: str
    name: str
    state: State
    reason: Literal["exhausted", "stopped"] | None
    threshold_minor: int
    rebate_minor: int
    quantity: int
    valid_days: int
    fee_minor: int
    issued: int
    left: int = Field(description="vouchers not issued yet")
    held_minor: int = Field(description="what is paid and not issued yet")
    activity: str | None
    starts_at: datetime | None
    created_at: datetime
    funded_at: datetime | None
    stopped_at: datetime | None
    version: int


class CampaignList(Schema):
    """A page of campaigns."""

    items: list[CampaignOut]
    next: str | None


class StopOut(Schema):
    """What stopping does: `returns_minor` goes to the marketing balance, issued vouchers stay."""

    issued: int
    not_issued: int
    returns_minor: int


class ActivityIn(StandardIn):
    """A themed activity: a name, a half-open window, and standards at least those of the operator."""

    name: str = Field(min_length=1, max_length=60, examples=["双十一"])
    about: str = Field("", max_length=2000)
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class ActivityChange(ActivityIn):
    """What an activity is to be from now on."""

    version: Version


class ActivityOut(Schema):
    """A themed activity."""

    activity: str
    name: str
    about: str
    state: Literal["announced", "open", "over"]
    starts_at: datetime
    ends_at: datetime
    standard: StandardOut
    version: int


class ActivityList(Schema):
    """A page of activities."""

    items: list[ActivityOut]
    next: str | None


class PublicCampaign(Schema):
    """A campaign as everybody sees it."""

    campaign: str
    shop: str
    name: str
    state: Literal["scheduled", "running"]
    threshold_minor: int
    rebate_minor: int
    left: int
    valid_days: int
    starts_at: datetime


class ActivityDetail(ActivityOut):
    """An activity with the shops and campaigns in it."""

    shops: list[str]
    campaigns: list[PublicCampaign]


class SignedUp(Schema):
    """A shop takes part in an activity."""

    activity: str
    shop: str
    at: datetime


# --- standards -------------------------------------------------------------------------------------------


@router.get("/standards", response=StandardsOut, auth=None, summary="The operator's standards")
def get_standards(request: HttpRequest) -> StandardsOut:
    """What every campaign has to meet."""
    return _standards(queries.standards())


@router.put("/operator/standards", response=StandardsOut, summary="Set the standards", tags=["Operator"])
def put_standards(request: HttpRequest, given: StandardsChange) -> StandardsOut:
    """For the operator. Never below settlement's floor; campaigns that are paid stay as they are."""
    return _standards(
        actions.set_standards(
            _standard_in(given), version=given.version, acting=actor_in(request), now=clock.now()
        )
    )


# --- campaigns -------------------------------------------------------------------------------------------


@router.post("/shops/{shop}/campaigns/quote", response=CampaignQuote, summary="Quote a campaign")
def quote(request: HttpRequest, shop: str, given: TermsIn) -> CampaignQuote:
    """What a campaign would cost and do, and which standards it does not meet. Writes nothing."""
    made = actions.quote(
        shop, _terms(given), activity=given.activity, acting=actor_in(request), now=clock.now()
    )
    return CampaignQuote(
        fee_minor=made.fee_minor,
        starts_at=made.starts_at,
        standard=_standard(made.standard),
        unmet=[UnmetOut(code=one.code, field=one.field, detail=str(one.detail)) for one in made.unmet],
        examples=[ExampleOut(**one._asdict()) for one in made.examples],
    )


@router.post("/shops/{shop}/campaigns", response={201: CampaignOut}, summary="Create a campaign")
def create(request: HttpRequest, shop: str, given: CampaignIn) -> Status[CampaignOut]:
    """A draft. It is refused with the first standard that it does not meet, at its field."""
    now = clock.now()
    made = actions.create(
        shop, given.name, _terms(given), activity=given.activity, acting=actor_in(request), now=now
    )
    return Status(201, _shown(made, now))


@router.get("/shops/{shop}/campaigns", response=CampaignList, summary="Campaigns of a shop")
def campaigns(
    request: HttpRequest,
    shop: str,
    cursor: Cursor,
    limit: Limit,
    state: Annotated[State | None, Query(None)],
) -> CampaignList:
    """The newest first, as they stand now."""
    views, following = queries.campaigns_of_shop(
        actor_in(request), shop, now=clock.now(), state=state, cursor=cursor, limit=limit
    )
    return CampaignList(items=[campaign_out(view) for view in views], next=following)


@router.get("/shops/{shop}/campaigns/{campaign}", response=CampaignOut, summary="A campaign")
def campaign(request: HttpRequest, shop: str, campaign: str) -> CampaignOut:
    """A campaign as it stands now."""
    return _shown(queries.campaign_for(actor_in(request), shop, campaign), clock.now())


@router.put("/shops/{shop}/campaigns/{campaign}/name", response=CampaignOut, summary="Rename a campaign")
def rename(request: HttpRequest, shop: str, campaign: str, given: Rename) -> CampaignOut:
    """Terms of a campaign never change; its name can."""
    now = clock.now()
    return _shown(
        actions.rename(shop, campaign, given.name, version=given.version, acting=actor_in(request), now=now),
        now,
    )


@router.post(
    "/shops/{shop}/campaigns/{campaign}/payment", response={201: BegunPayment}, summary="Pay a campaign's fee"
)
@own_transactions("kept")
def pay(request: HttpRequest, shop: str, campaign: str, given: PayIn) -> Status[BegunPayment]:
    """Begin to pay. Once the payment is confirmed the campaign starts at 0:00 of the shop's next day."""
    payment = actions.pay(shop, campaign, given.method, acting=actor_in(request), now=clock.now())
    return Status(201, payment_out(payment))


@router.post("/shops/{shop}/campaigns/{campaign}/abandon", response=CampaignOut, summary="Give a draft up")
def abandon(request: HttpRequest, shop: str, campaign: str) -> CampaignOut:
    """It cannot be paid any more; money that still comes goes back."""
    now = clock.now()
    return _shown(actions.abandon(shop, campaign, acting=actor_in(request), now=now), now)


@router.get(
    "/shops/{shop}/campaigns/{campaign}/stop",
    response=StopOut,
    summary="What a stop would do",
    openapi_extra={"responses": {409: {"$ref": "#/components/responses/Conflict"}}},
)
def preview_stop(request: HttpRequest, shop: str, campaign: str) -> StopOut:
    """What would return now. Writes nothing."""
    return _stop(actions.preview_stop(shop, campaign, acting=actor_in(request), now=clock.now()))


@router.post("/shops/{shop}/campaigns/{campaign}/stop", response=StopOut, summary="Stop a campaign")
def stop(request: HttpRequest, shop: str, campaign: str) -> StopOut:
    """End it at once; what is not issued returns to the marketing balance."""
    return _stop(actions.stop(shop, campaign, acting=actor_in(request), now=clock.now()))


# --- activities ------------------------------------------------------------------------------------------


@router.get("/activities", response=ActivityList, auth=None, summary="Themed activities")
def list_activities(
    request: HttpRequest,
    cursor: Cursor,
    limit: Limit,
    over_too: bool = False,
) -> ActivityList:
    """Those that are announced or going on; with `over_too` all of them."""
    now = clock.now()
    page = queries.activities(now=now, over_too=over_too, cursor=cursor, limit=limit)
    return ActivityList(items=[_activity(row, now) for row in page.rows], next=page.next_cursor)


@router.get("/activities/{activity}", response=ActivityDetail, auth=None, summary="An activity")
def get_activity(request: HttpRequest, activity: str) -> ActivityDetail:
    """An activity with the shops that signed up and their campaigns in it."""
    now = clock.now()
    found = queries.activity_named(activity)
    return ActivityDetail(
        **_activity(found, now).model_dump(),
        shops=[shop.name for shop in queries.shops_in(found)],
        campaigns=[_public(view) for view in queries.campaigns_of_activity(found, now=now)],
    )


@router.post(
    "/operator/activities", response={201: ActivityOut}, summary="Announce an activity", tags=["Operator"]
)
def announce(request: HttpRequest, given: ActivityIn) -> Status[ActivityOut]:
    """For the operator."""
    now = clock.now()
    return Status(
        201,
        _activity(actions.announce(_activity_terms(given), acting=actor_in(request), now=now), now),
    )


@router.put(
    "/operator/activities/{activity}", response=ActivityOut, summary="Change an activity", tags=["Operator"]
)
def change_activity(request: HttpRequest, activity: str, given: ActivityChange) -> ActivityOut:
    """For the operator, while it is not over. Campaigns that are paid stay as they are."""
    now = clock.now()
    changed = actions.change_activity(
        activity, _activity_terms(given), version=given.version, acting=actor_in(request), now=now
    )
    return _activity(changed, now)


@router.get("/shops/{shop}/activities", response=list[ActivityOut], summary="Activities a shop is in")
def activities_of_shop(request: HttpRequest, shop: str) -> list[ActivityOut]:
    """The activities that the shop signed up for, the newest first."""
    now = clock.now()
    return [_activity(row, now) for row in queries.signed_up(actor_in(request), shop)]


@router.put("/shops/{shop}/activities/{activity}", response=SignedUp, summary="Sign up for an activity")
def sign_up(request: HttpRequest, shop: str, activity: str) -> SignedUp:
    """Take part, while it is not over. Then campaigns can be created in it."""
    row = actions.sign_up(shop, activity, acting=actor_in(request), now=clock.now())
    return SignedUp(activity=public_id(row.activity_id), shop=shop, at=row.at)


@router.delete("/shops/{shop}/activities/{activity}", response={204: None}, summary="Withdraw")
def withdraw(request: HttpRequest, shop: str, activity: str) -> Status[None]:
    """Take no part any more: before the start, and while no campaign of the shop is in it."""
    actions.withdraw_sign_up(shop, activity, acting=actor_in(request), now=clock.now())
    return Status(204, None)


# --- as they are shown -----------------------------------------------------------------------------------


def _terms(given: TermsIn) -> Terms:
    return Terms(given.threshold_minor, given.rebate_minor, given.quantity, given.valid_days)


def _standard_in(given: StandardIn) -> Standard:
    return Standard(
        given.least_rebate_percent,
        given.least_quantity,
        given.least_threshold_minor,
        given.most_valid_days,
    )


def _standard(standard: Standard) -> StandardOut:
    return StandardOut(**standard._asdict())


def _standards(row: Standards) -> StandardsOut:
    return StandardsOut(**queries.standard_of(row)._asdict(), version=row.version)


def _shown(row: Campaign, now: datetime) -> CampaignOut:
    return campaign_out(queries.view_of(row, now=now))


def campaign_out(view: CampaignView) -> CampaignOut:
    """A campaign as its shop sees it."""
    row, settled = view.campaign, view.settled
    return CampaignOut(
        campaign=public_id(row.pk),
        shop=row.shop.name,
        name=row.name,
        state=view.state,
        reason=settled.ended,
        fee_minor=settled.fee,
        issued=settled.issued,
        left=settled.quantity - settled.issued,
        held_minor=settled.held,
        activity=None if row.activity_id is None else public_id(row.activity_id),
        starts_at=view.starts_at,
        created_at=row.created_at,
        funded_at=row.funded_at,
        stopped_at=row.stopped_at,
        version=row.version,
        **view.terms._asdict(),
    )


def _public(view: CampaignView) -> PublicCampaign:
    assert view.starts_at is not None
    return PublicCampaign(
        campaign=public_id(view.campaign.pk),
        shop=view.campaign.shop.name,
        name=view.campaign.name,
        state=cast(Any, view.state),
        threshold_minor=view.settled.threshold,
        rebate_minor=view.settled.rebate,
        left=view.settled.quantity - view.settled.issued,
        valid_days=view.settled.valid_days,
        starts_at=view.starts_at,
    )


def _stop(stopped: actions.Stop) -> StopOut:
    return StopOut(**stopped._asdict())


def _activity_terms(given: ActivityIn) -> actions.ActivityTerms:
    return actions.ActivityTerms(
        name=given.name,
        about=given.about,
        starts_at=given.starts_at.astimezone(UTC),
        ends_at=given.ends_at.astimezone(UTC),
        standard=_standard_in(given),
    )


def _activity(row: Activity, now: datetime) -> ActivityOut:
    state = "announced" if now < row.starts_at else "open" if now < row.ends_at else "over"
    return ActivityOut(
        activity=public_id(row.pk),
        name=row.name,
        about=row.about,
        state=cast(Any, state),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        standard=_standard(queries.standard_for(row)),
        version=row.version,
    )
