"""The ledger for the operator: postings, from an account to the events behind it and to their orders."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import NamedTuple

import msgspec
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop as MarketShop
from pinback.accounts.queries import check_operator
from pinback.kit.ids import id_of, public_id
from pinback.kit.paging import page_of
from pinback.kit.refusals import NotFound, Refused
from pinback.marketing.funds.balances import below_zero
from pinback.marketing.funds.statement import moved_since
from pinback.rules.instants import zone
from pinback.rules.reading import event_of
from pinback.settlement.models import Campaign, Event, Order, Posting, Shop, Voucher
from pinback.settlement.moments import moment_of

_ID_LENGTH = 13
_EXTERNAL = "external"


class Entry(NamedTuple):
    """A posting: `amount_minor` fen from `source` to `target`, by an event of a shop."""

    id: str
    at: datetime
    shop: str
    event: str
    what: str
    order: str | None
    source: str
    target: str
    amount_minor: int


class EventShown(NamedTuple):
    """An event of the log with its postings; `order` is `shop/order`, None where it is about none."""

    shop: str
    event: str
    at: datetime
    what: str
    order: str | None
    content: Mapping[str, object]
    postings: Sequence[Entry]


class AccountShown(NamedTuple):
    """An account: its balance by its row, and by the sum of its postings. They are the same."""

    account: str
    balance_minor: int
    sum_minor: int


def postings(
    actor: Actor,
    *,
    shop: str | None = None,
    account: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[Sequence[Entry], str | None]:
    """Postings, the newest first, of a shop's events, or of an account. Raises NotFound to all but the
    operator, and for an account or shop that is not there.
    """
    check_operator(actor)
    found = Posting.objects.all()
    if account is not None:
        found = found.filter(_of_account(account))
    if shop is not None:
        row = _shop(shop)
        found = found.filter(Q(shop=row) | Q(other_shop=row))
    if cursor:
        found = found.filter(_below(cursor))
    rows = list(found.order_by("-event_id", "-number")[: limit + 1])
    shown = rows[:limit]
    following = f"{public_id(shown[-1].event_id)}{shown[-1].number}" if len(rows) > limit else None
    return entries_of(shown), following


class ShopBooks(NamedTuple):
    """A shop's balances, in fen, and how they changed since its last midnight (`since`).

    `market` is None for a shop that only the engine knows: of it the change is not told.
    """

    name: str
    market: MarketShop | None
    sales_minor: int
    marketing_minor: int
    sales_change_minor: int
    marketing_change_minor: int
    since: datetime


def books(
    actor: Actor,
    *,
    words: str = "",
    owing: bool = False,
    now: datetime,
    cursor: str | None = None,
    limit: int = 20,
) -> tuple[Sequence[ShopBooks], str | None]:
    """The shops with their balances, the newest first, by words of their name, or those that owe. Raises
    NotFound to all but the operator.
    """
    check_operator(actor)
    found = Shop.objects.all()
    for word in words.split()[:8]:
        named = MarketShop.objects.filter(title__icontains=word).values("name")
        found = found.filter(Q(name__icontains=word) | Q(name__in=named))
    if owing:
        found = below_zero(found)
    page = page_of(found, cursor=cursor, limit=limit)
    known = {shop.name: shop for shop in MarketShop.objects.filter(name__in=[row.name for row in page.rows])}
    return [_books_of(row, known.get(row.name), now) for row in page.rows], page.next_cursor


def _books_of(row: Shop, market: MarketShop | None, now: datetime) -> ShopBooks:
    local = zone(row.timezone)
    midnight = datetime.combine(now.astimezone(local), time(), tzinfo=local)
    if market is None:
        return ShopBooks(row.name, None, row.sales_minor, row.marketing_minor, 0, 0, midnight)
    standing, moved = moved_since(market, midnight)
    sales, marketing = standing.balances["sales"], standing.balances["marketing"]
    return ShopBooks(
        row.name,
        market,
        sales.balance_minor,
        marketing.balance_minor,
        moved["sales"],
        moved["marketing"],
        midnight,
    )


def held(actor: Actor) -> Mapping[str, int]:
    """What all accounts hold together, by their kind, in fen; their sum is 0. Raises NotFound to all but the
    operator.
    """
    check_operator(actor)
    shops = Shop.objects.aggregate(sales=Sum("sales_minor"), marketing=Sum("marketing_minor"))
    parts = {name: int(value or 0) for name, value in shops.items()}
    for name, model in (("orders", Order), ("vouchers", Voucher), ("campaigns", Campaign)):
        parts[name] = int(model.objects.aggregate(n=Sum("balance_minor"))["n"] or 0)
    return {**parts, "external": -sum(parts.values())}


def account_shown(actor: Actor, account: str) -> AccountShown:
    """An account's balance, counted two ways. Raises NotFound to all but the operator."""
    check_operator(actor)
    moves = Posting.objects.filter(_of_account(account))
    came = moves.filter(target=account).aggregate(n=Sum("amount_minor"))["n"]
    went = moves.filter(source=account).aggregate(n=Sum("amount_minor"))["n"]
    return AccountShown(account, _balance(account), int(came or 0) - int(went or 0))


def event_shown(actor: Actor, shop: str, event: str) -> EventShown:
    """An event of a shop by its id. Raises NotFound to all but the operator."""
    check_operator(actor)
    row = Event.objects.filter(key=f"{shop}/{event}").first()
    if row is None:
        raise NotFound("event", event)
    told = event_of(row.content)
    moved = list(Posting.objects.filter(event_id=row.pk).order_by("number"))
    return EventShown(
        shop,
        event,
        moment_of(row.at),
        told.type,
        getattr(told, "order_key", None),
        msgspec.json.decode(row.content),
        entries_of(moved),
    )


def entries_of(rows: Sequence[Posting]) -> Sequence[Entry]:
    """Postings as they are shown, in their order; for what has checked who asks."""
    events = {row.pk: row for row in Event.objects.filter(pk__in={row.event_id for row in rows})}
    return [_entry(row, events[row.event_id]) for row in rows]


def _entry(row: Posting, event: Event) -> Entry:
    told = event_of(event.content)
    return Entry(
        f"{public_id(row.event_id)}{row.number}",
        moment_of(event.at),
        told.shop,
        told.id,
        told.type,
        getattr(told, "order_key", None),
        row.source,
        row.target,
        row.amount_minor,
    )


def _of_account(account: str) -> Q:
    """The postings of an account. Of an order, voucher or campaign they begin with the event that made it."""
    touched = Q(source=account) | Q(target=account)
    if account == _EXTERNAL:
        return touched
    kind, _colon, rest = account.partition(":")
    if kind == "shop":
        row = _shop(rest.rpartition(":")[0])
        return touched & (Q(shop=row) | Q(other_shop=row))
    made: QuerySet[Order] | QuerySet[Campaign] | QuerySet[Voucher]
    if kind == "order":
        made = Order.objects.filter(key=rest)
    elif kind == "campaign":
        made = Campaign.objects.filter(key=rest)
    else:
        made = Voucher.objects.filter(code=rest if kind == "voucher" else "")
    first = made.values_list("pk", "shop_id").first()
    if first is None:
        raise NotFound("account", account)
    touched &= Q(event_id__gte=first[0])
    # A voucher is used and given back by events of other shops too.
    return touched if kind == "voucher" else touched & Q(shop_id=first[1])


def _balance(account: str) -> int:
    if account == _EXTERNAL:
        total = Shop.objects.aggregate(n=Sum("marketing_minor"), m=Sum("sales_minor"))
        held = [model.objects.aggregate(n=Sum("balance_minor"))["n"] for model in (Campaign, Voucher, Order)]
        return -sum(int(part or 0) for part in (*total.values(), *held))
    kind, _colon, rest = account.partition(":")
    if kind == "shop":
        name, _slash, which = rest.rpartition(":")
        shop = _shop(name)
        if which not in ("marketing", "sales"):
            raise NotFound("account", account)
        return shop.marketing_minor if which == "marketing" else shop.sales_minor
    if kind == "voucher":
        return Voucher.objects.values_list("balance_minor", flat=True).get(code=rest)
    model = Order if kind == "order" else Campaign
    return int(model.objects.values_list("balance_minor", flat=True).get(key=rest))


def _shop(name: str) -> Shop:
    shop = Shop.objects.filter(name=name).first()
    if shop is None:
        raise NotFound("shop", name)
    return shop


def _below(cursor: str) -> Q:
    try:
        event_id, number = id_of(cursor[:_ID_LENGTH]), int(cursor[_ID_LENGTH:])
    except ValueError:
        raise Refused("bad_cursor", _("This is no cursor of a page."), "cursor") from None
    within = Q(event_id__lt=event_id) | Q(event_id=event_id, number__lt=number)
    return Q(event_id__lte=event_id) & within
