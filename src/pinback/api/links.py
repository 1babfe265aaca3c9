"""Share links: made, looked up, drawn as QR codes, followed and counted."""

from io import BytesIO
from typing import Literal, cast

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from pinback.api.catalog import Cursor, Input, Limit
from pinback.api.signing_in import actor_in, buyer_in
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.marketing import actions, queries
from pinback.marketing.models import Link

router = Router(tags=["Links"])

Kind = Literal["group", "product", "campaign", "shop"]


class LinkIn(Input):
    """What to share: a product on sale, a group, a campaign that is paid, or a shop by its name."""

    kind: Kind
    target: str = Field(min_length=1, max_length=64, examples=["0c1z5k8m2q4r6"])


class LinkOut(Schema):
    """A share link."""

    link: str
    kind: Kind
    target: str
    shop: str
    address: str = Field(description="what to share", examples=["https://shop.example/l/0c1z5k8m2q4r6/"])
    visits: int


class LinkList(Schema):
    """A page of links."""

    items: list[LinkOut]
    next: str | None


class Followed(Schema):
    """Where a link leads. `counted`: this visit counts; the same visitor counts once in an hour."""

    kind: Kind
    target: str
    shop: str
    counted: bool


class VisitIn(Input):
    """A visit. `device` is what the client calls itself; without it the address of the caller counts."""

    device: str = Field("", max_length=64)


@router.post("/links", response={201: LinkOut}, summary="Share something")
def share(request: HttpRequest, given: LinkIn) -> Status[LinkOut]:
    """Your link to something that everybody can see; the same one each time."""
    link = actions.share(given.kind, given.target, acting=buyer_in(request), now=clock.now())
    return Status(201, _link(link, request))


@router.get("/shops/{shop}/links", response=LinkList, summary="Links to a shop")
def links_of_shop(request: HttpRequest, shop: str, cursor: Cursor, limit: Limit) -> LinkList:
    """Who shared what, and how often it was followed, the newest first."""
    page = queries.links_of_shop(actor_in(request), shop, cursor=cursor, limit=limit)
    return LinkList(items=[_link(row, request) for row in page.rows], next=page.next_cursor)


@router.get("/links/{link}", response=LinkOut, auth=None, summary="A link")
def get_link(request: HttpRequest, link: str) -> LinkOut:
    """Where a link leads; looking it up is no visit."""
    return _link(queries.link_named(link), request)


@router.get(
    "/links/{link}/qr.svg",
    auth=None,
    summary="A link as QR code",
    openapi_extra={"responses": {200: {"description": "SVG", "content": {"image/svg+xml": {}}}}},
)
def qr_code(request: HttpRequest, link: str) -> HttpResponse:
    """The address of a link as an SVG picture."""
    return HttpResponse(qr_svg(address_of(queries.link_named(link), request)), content_type="image/svg+xml")


@router.post("/links/{link}/visits", response=Followed, auth=None, summary="Follow a link")
def follow(request: HttpRequest, link: str, given: VisitIn) -> Followed:
    """Count a visit, and say where it leads."""
    visitor = given.device or f"{request.META.get('REMOTE_ADDR', '')} {request.headers.get('User-Agent', '')}"
    found, counted = actions.follow(link, visitor=visitor, now=clock.now())
    return Followed(
        kind=cast(Kind, found.kind), target=target_of(found), shop=found.shop.name, counted=counted
    )


def qr_svg(text: str) -> str:
    """A text as QR code: an SVG picture that scales."""
    picture = BytesIO()
    segno.make(text, error="m", micro=False).save(picture, kind="svg", omitsize=True, xmldecl=False)
    return picture.getvalue().decode()


def _link(link: Link, request: HttpRequest) -> LinkOut:
    return LinkOut(
        link=public_id(link.pk),
        kind=cast(Kind, link.kind),
        target=target_of(link),
        shop=link.shop.name,
        address=address_of(link, request),
        visits=link.visits,
    )


def target_of(link: Link) -> str:
    """The name of what a link leads to, as in addresses."""
    return link.shop.name if link.kind == "shop" else public_id(link.target_id)


def address_of(link: Link, request: HttpRequest) -> str:
    """Where a link is followed, with its host."""
    path = f"/l/{public_id(link.pk)}/"
    return (
        f"{settings.PINBACK_PUBLIC_URL}{path}"
        if settings.PINBACK_PUBLIC_URL
        else request.build_absolute_uri(path)
    )
