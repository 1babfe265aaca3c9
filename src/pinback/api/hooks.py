"""Webhooks: where a shop's news is sent, what became of each delivery, and sending again by hand.

`*` in place of the shop stands for the news of all shops, for the operator.
"""

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from pinback.api.models import Delivery, Endpoint
from pinback.api.signing_in import actor_in
from pinback.api.webhooks import actions, queries
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.paging import page_of

router = Router(tags=["Webhooks"])

Topic = Annotated[str, Field(min_length=1, max_length=40, examples=["decisions"])]


class EndpointIn(Schema):
    """An endpoint as it is wanted."""

    model_config = ConfigDict(extra="forbid")
    url: str = Field(max_length=500, examples=["https://shop.example/pinback"])
    topics: list[Topic] = Field(default_factory=list, max_length=20, description="all, if empty")


class EndpointChange(EndpointIn):
    """What an endpoint is to be from now on."""

    version: int = Field(ge=1, le=2**31 - 2, description="the version you have seen")


class EndpointOut(Schema):
    """An endpoint."""

    endpoint: str = Field(examples=["0c1z5k8m2q4r6"])
    url: str
    topics: list[str]
    status: Literal["active", "paused"]
    note: str = Field(description="why it is paused")
    position: int = Field(description="of the last message that was taken up for it")
    failures: int = Field(description="in a row, up to now")
    failing_since: datetime | None
    created_at: datetime
    version: int


class EndpointSecret(EndpointOut):
    """An endpoint with its secret, which is shown this once."""

    secret: str = Field(description="signs what is sent (Standard Webhooks)", examples=["whsec_MfKQ9r8GKY…"])


class EndpointList(Schema):
    """The endpoints of a shop."""

    items: list[EndpointOut]
    next: str | None


class DeliveryOut(Schema):
    """A message on its way, or there, or given up (`dead`)."""

    delivery: str
    message: str = Field(description="`webhook-id` of all its copies")
    position: int
    topic: str
    status: Literal["waiting", "delivered", "dead"]
    tries: int
    next_try_at: datetime | None
    last_answer: str
    created_at: datetime
    done_at: datetime | None


class DeliveryList(Schema):
    """A page of deliveries."""

    items: list[DeliveryOut]
    next: str | None


class Range(Schema):
    """Positions, both included."""

    model_config = ConfigDict(extra="forbid")
    first: int = Field(ge=1, lt=2**63)
    last: int = Field(ge=1, lt=2**63)


class Replayed(Schema):
    """How many messages are sent again."""

    messages: int


def _shown(endpoint: Endpoint) -> EndpointOut:
    return EndpointOut(
        endpoint=public_id(endpoint.pk),
        **{name: getattr(endpoint, name) for name in EndpointOut.model_fields if name != "endpoint"},
    )


def _with_secret(endpoint: Endpoint) -> EndpointSecret:
    return EndpointSecret(secret=endpoint.secret, **_shown(endpoint).model_dump())


def _delivery(delivery: Delivery) -> DeliveryOut:
    own = ("delivery", "message", "next_try_at")
    return DeliveryOut(
        delivery=public_id(delivery.pk),
        message=public_id(delivery.message_id),
        next_try_at=delivery.next_try_at if delivery.status == "waiting" else None,
        **{name: getattr(delivery, name) for name in DeliveryOut.model_fields if name not in own},
    )


@router.post("/shops/{shop}/webhooks", response={201: EndpointSecret}, summary="Add an endpoint")
def create(request: HttpRequest, shop: str, given: EndpointIn) -> Status[EndpointSecret]:
    """News is sent there from now on, signed with the secret that is shown here only."""
    made = actions.create(shop, given.url, given.topics, acting=actor_in(request), now=clock.now())
    return Status(201, _with_secret(made))


@router.get("/shops/{shop}/webhooks", response=EndpointList, summary="Endpoints of a shop")
def listed(request: HttpRequest, shop: str) -> EndpointList:
    """All of them, the first one first."""
    found = queries.endpoints_for(actor_in(request), shop).order_by("id")
    return EndpointList(items=[_shown(endpoint) for endpoint in found], next=None)


@router.get("/shops/{shop}/webhooks/{endpoint}", response=EndpointOut, summary="An endpoint")
def one(request: HttpRequest, shop: str, endpoint: str) -> EndpointOut:
    """How it is doing."""
    return _shown(queries.endpoint_for(actor_in(request), shop, endpoint))


@router.put("/shops/{shop}/webhooks/{endpoint}", response=EndpointOut, summary="Change an endpoint")
def change(request: HttpRequest, shop: str, endpoint: str, given: EndpointChange) -> EndpointOut:
    """Another address or other topics. A stale `version` is a conflict."""
    changed = actions.change(
        shop,
        endpoint,
        given.url,
        given.topics,
        version=given.version,
        acting=actor_in(request),
        now=clock.now(),
    )
    return _shown(changed)


@router.post("/shops/{shop}/webhooks/{endpoint}/pause", response=EndpointOut, summary="Pause an endpoint")
def pause(request: HttpRequest, shop: str, endpoint: str) -> EndpointOut:
    """Nothing is sent until it is resumed; nothing is lost."""
    return _shown(actions.pause(shop, endpoint, acting=actor_in(request), now=clock.now()))


@router.post("/shops/{shop}/webhooks/{endpoint}/resume", response=EndpointOut, summary="Resume an endpoint")
def resume(request: HttpRequest, shop: str, endpoint: str) -> EndpointOut:
    """It is sent what it missed, and what comes."""
    return _shown(actions.resume(shop, endpoint, acting=actor_in(request), now=clock.now()))


@router.post("/shops/{shop}/webhooks/{endpoint}/secret", response=EndpointSecret, summary="New secret")
def rotate(request: HttpRequest, shop: str, endpoint: str) -> EndpointSecret:
    """A new secret, shown once. For a day both sign: change yours meanwhile."""
    return _with_secret(actions.rotate(shop, endpoint, acting=actor_in(request), now=clock.now()))


@router.delete("/shops/{shop}/webhooks/{endpoint}", response={204: None}, summary="Delete an endpoint")
def delete(request: HttpRequest, shop: str, endpoint: str) -> Status[None]:
    """Nothing is sent there any more."""
    actions.delete(shop, endpoint, acting=actor_in(request), now=clock.now())
    return Status(204, None)


@router.get("/shops/{shop}/webhooks/{endpoint}/deliveries", response=DeliveryList, summary="Deliveries")
def deliveries(
    request: HttpRequest,
    shop: str,
    endpoint: str,
    status: Annotated[Literal["waiting", "delivered", "dead"] | None, Query(None)],
    cursor: Annotated[str | None, Query(None, max_length=13)],
    limit: Annotated[int, Query(20, ge=1, le=100)],
) -> DeliveryList:
    """What was sent, the newest first; `dead` ones were given up after eight tries."""
    found = queries.endpoint_for(actor_in(request), shop, endpoint)
    page = page_of(queries.deliveries_of(found, status=status), cursor=cursor, limit=limit)
    return DeliveryList(items=[_delivery(row) for row in page.rows], next=page.next_cursor)


@router.post(
    "/shops/{shop}/webhooks/{endpoint}/deliveries/{delivery}/replay",
    response=DeliveryOut,
    summary="Send one again",
)
def replay_one(request: HttpRequest, shop: str, endpoint: str, delivery: str) -> DeliveryOut:
    """The same body under the same id, whatever became of it before."""
    return _delivery(actions.replay_one(shop, endpoint, delivery, acting=actor_in(request), now=clock.now()))


@router.post("/shops/{shop}/webhooks/{endpoint}/replay", response=Replayed, summary="Send a range again")
def replay_range(request: HttpRequest, shop: str, endpoint: str, given: Range) -> Replayed:
    """All messages from one position to another that are kept, at most 5,000."""
    sent = actions.replay_range(
        shop, endpoint, first=given.first, last=given.last, acting=actor_in(request), now=clock.now()
    )
    return Replayed(messages=sent)
