"""What an order would cost, decided by the rules of settlement and written nowhere; prices come from the
catalog.

`prepared` finds out what placing needs too: the variants, their prices now, and the voucher.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from msgspec import UNSET

from pinback.accounts.actors import Actor
from pinback.catalog.models import Product, Sku
from pinback.catalog.queries import id_or_not_found, product_on_sale, running_offers, skus_of
from pinback.catalog.stock import Wanted
from pinback.checkout.rules import Candidate, Kind, Threshold, best_voucher, missing_to, rebate_of
from pinback.checkout.wallet import debt_to, usable_vouchers
from pinback.checkout.wishes import BEST, Wish
from pinback.groups.models import Group
from pinback.groups.queries import is_sitting
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import Conflict, NotFound, Refused
from pinback.kit.transactions import snapshot
from pinback.rules.decisions import EventRefused
from pinback.rules.events import OrderLine, OrderPlaced
from pinback.rules.records import Line
from pinback.settlement.actions import Incoming, preview
from pinback.settlement.moments import instant_of

MOST_UNITS = 999
MOST_LINES = 20


class QuotedLine(NamedTuple):
    """A line with the split of section 3: `amount` = `discount` + `voucher` + `cash`."""

    sku: Sku
    quantity: int
    unit_price_minor: int
    amount_minor: int
    discount_minor: int
    voucher_minor: int
    cash_minor: int
    is_in_stock: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What an order would come to now. `rebate_minor` is what its goods cash would earn by the campaigns that
    run now; `missing_minor` more of it would earn `next_rebate_minor` instead (None: nothing would).
    """

    product: Product
    lines: Sequence[QuotedLine]
    goods_minor: int
    discount_minor: int
    voucher: str | None
    voucher_minor: int
    postage_minor: int
    due_minor: int
    rebate_minor: int
    missing_minor: int | None
    next_rebate_minor: int | None
    debt_minor: int


class Standing:
    """How a buyer stands with a shop now: each looked up once, when somebody asks."""

    def __init__(self, product: Product, acting: Actor, now: datetime) -> None:
        self._shop = product.shop
        self._buyer = acting.buyer
        self._now = now

    @cached_property
    def debt_minor(self) -> int:
        """What the buyer owes the shop, in fen."""
        return debt_to(self._shop.name, self._buyer)

    @cached_property
    def offers(self) -> list[Threshold]:
        """The campaigns that would reward an order now; who owes the shop gets no rebate (section 6.2)."""
        if self.debt_minor:
            return []
        return [
            Threshold(offer.threshold_minor, offer.rebate_minor)
            for offer in running_offers(self._shop, now=self._now)
        ]


class Prepared(NamedTuple):
    """A wish with everything it needs: what to take from stock, the event to settle, the group to join."""

    product: Product
    wanted: Sequence[Wanted]
    event: OrderPlaced
    group_id: int | None
    standing: Standing


@snapshot
def quote(wish: Wish, *, acting: Actor, now: datetime) -> Quote:
    """What the wish would come to, all of it seen at one moment; nobody waits for it. Raises NotFound,
    Conflict, Refused as placing it would, stock apart.
    """
    prepared = prepare_wish(wish, new_id(), acting=acting, now=now)
    event = prepared.event
    (decisions,), state = preview([Incoming(1, event)])
    if isinstance(decisions[0], EventRefused):
        raise refusal_of(decisions[0].code, decisions[0].detail)
    return _quote_of(prepared, state.lines[event.order_key])


def prepare_wish(wish: Wish, order_id: int, *, acting: Actor, now: datetime) -> Prepared:
    """Look a wish up. Raises NotFound: no such product or group; Refused, Conflict: it cannot be bought."""
    product = product_on_sale(wish.product)
    wanted = _wanted(product, wish)
    group_id = _group_to_join(product, wish, acting, now)
    lines = tuple(
        OrderLine(public_id(product.pk), quantity, price_of(sku, wish.kind)) for sku, quantity in wanted
    )
    goods = sum(line.quantity * line.unit_price for line in lines)
    standing = Standing(product, acting, now)
    voucher = _voucher(wish, goods, standing, acting, now)
    order = public_id(order_id)
    event = OrderPlaced(
        id=f"{order}-placed",
        at=instant_of(now),
        shop=product.shop.name,
        order=order,
        buyer=acting.buyer,
        lines=lines,
        postage=product.postage_minor,
        voucher=voucher or UNSET,
    )
    return Prepared(product, wanted, event, group_id, standing)


def price_of(sku: Sku, kind: Kind) -> int:
    """The price of a unit: that of a group is for groups only."""
    return sku.solo_price_minor if kind == "solo" else sku.group_price_minor


def refusal_of(code: str, detail: str | Promise) -> Refused:
    """A refusal of settlement, in words for people and at the field that caused it."""
    if code == "voucher_unavailable":
        return Refused(code, _("This voucher cannot be used now."), "voucher")
    if code == "voucher_too_large":
        return Refused(code, _("This voucher is worth more than the goods: some must be paid."), "voucher")
    return Refused(code, detail)


def _wanted(product: Product, wish: Wish) -> Sequence[Wanted]:
    if not 1 <= len(wish.lines) <= MOST_LINES:
        raise Refused("bad_lines", _("An order has 1 to 20 lines."), "lines")
    skus = {sku.pk: sku for sku in skus_of([product])[product.pk] if sku.is_offered}
    wanted = []
    for line in wish.lines:
        sku = skus.pop(id_or_not_found("variant", line.sku), None)
        if sku is None:
            raise Refused("unknown_variant", _("This variant is not offered, or named twice."), "lines")
        if not 1 <= line.quantity <= MOST_UNITS:
            raise Refused("bad_quantity", _("A line has 1 to 999 units."), "lines")
        wanted.append(Wanted(sku, line.quantity))
    return wanted


def _group_to_join(product: Product, wish: Wish, acting: Actor, now: datetime) -> int | None:
    """The group that is to be joined. A seat is taken by the payment only: this is a courtesy."""
    if (wish.kind == "join") != (wish.group is not None):
        raise Refused("bad_group", _("Name the group to join, and only then."), "group")
    if wish.group is None:
        return None
    group = Group.objects.filter(pk=id_or_not_found("group", wish.group), product=product).first()
    if group is None:
        raise NotFound("group", wish.group)
    if is_sitting(group.pk, acting.person_id):
        raise Conflict("sits_already", _("You are a member of this group already."), "group")
    if wish.if_full == "refund" and (group.status != "forming" or group.expires_at <= now):
        raise Conflict("group_closed", _("This group takes no more members."), "group")
    return group.pk


def _voucher(wish: Wish, goods: int, standing: Standing, acting: Actor, now: datetime) -> str | None:
    if wish.voucher != BEST:
        return wish.voucher
    wallet = [
        Candidate(voucher.code, voucher.amount_minor, voucher.expires_at)
        for voucher in usable_vouchers(acting.buyer, now=now)
    ]
    return best_voucher(goods, wallet, standing.offers)


def _quote_of(prepared: Prepared, lines: Sequence[Line]) -> Quote:
    event = prepared.event
    quoted = [
        QuotedLine(
            wanted.sku,
            wanted.quantity,
            line.unit_price,
            line.quantity * line.unit_price,
            line.quantity * line.unit_price - line.cash - line.voucher,
            line.voucher,
            line.cash,
            wanted.sku.stock_left >= wanted.quantity,
        )
        for wanted, line in zip(prepared.wanted, lines, strict=True)
    ]
    cash = sum(line.cash_minor for line in quoted)
    offers = prepared.standing.offers
    missing = missing_to(cash, offers)
    return Quote(
        product=prepared.product,
        lines=quoted,
        goods_minor=sum(line.amount_minor for line in quoted),
        discount_minor=event.discount,
        voucher=None if event.voucher is UNSET else event.voucher,
        voucher_minor=sum(line.voucher_minor for line in quoted),
        postage_minor=event.postage,
        due_minor=cash + event.postage,
        rebate_minor=rebate_of(cash, offers),
        missing_minor=None if missing is None else missing.threshold_minor,
        next_rebate_minor=None if missing is None else missing.rebate_minor,
        debt_minor=prepared.standing.debt_minor,
    )
