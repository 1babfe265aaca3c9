"""One order as the operator sees it: how it stands, whose it is, its money in and out, and each event with
what it moved. It is where a difference of a balance ends to be looked for.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pinback.accounts.actors import Actor
from pinback.accounts.models import Person
from pinback.accounts.queries import check_operator
from pinback.checkout.models import Order as MarketOrder
from pinback.checkout.pages import OrderPage, order_pages
from pinback.checkout.queries import order_with_key
from pinback.desk.models import Case, Compensation
from pinback.insight.ledger import Entry, entries_of
from pinback.kit.ids import id_of, public_id
from pinback.kit.refusals import NotFound
from pinback.payments.models import MoneyOut, Payment
from pinback.rules.reading import event_of
from pinback.settlement.models import Event, Order, Posting, Refund
from pinback.settlement.moments import moment_of

_STEPS = ("placed", "paid", "confirmed", "shipped", "received", "cancelled")
_REFUND_STEPS = ("requested", "succeeded", "closed")
_MOST = 200


class Told(NamedTuple):
    """An event of an order, and what it moved in the ledger."""

    event: str
    at: datetime
    what: str
    postings: Sequence[Entry]


class OrderShown(NamedTuple):
    """An order; `market` is None where the market does not know it, `buyer` where no account has its id."""

    shop: str
    order: str
    state: Order
    placed_at: datetime
    market: OrderPage | None
    buyer: Person | None
    cases: Sequence[Case]
    payments: Sequence[Payment]
    money_out: Sequence[MoneyOut]
    events: Sequence[Told]


def order_shown(actor: Actor, shop: str, order: str) -> OrderShown:
    """An order by its ids in settlement. Raises NotFound to everybody but the operator."""
    check_operator(actor)
    key = f"{shop}/{order}"
    state = Order.objects.select_related("shop").filter(key=key).first()
    if state is None:
        raise NotFound("order", order)
    market = order_with_key(key)
    refunds = list(Refund.objects.filter(order_key=key).values_list("key", flat=True))
    given = list(Compensation.objects.filter(order_key=key).values_list("pk", flat=True))
    about = [*refunds, *(f"{shop}/{public_id(pk)}" for pk in given)]
    return OrderShown(
        shop,
        order,
        state,
        moment_of(state.placed_at),
        order_pages([market])[0] if market is not None else None,
        _buyer(market, state),
        list(Case.objects.select_related("shop", "buyer").filter(order_key=key).order_by("id")),
        list(Payment.objects.filter(purpose="order", subject=key).order_by("id")),
        list(MoneyOut.objects.filter(subject__in=about, whole=None).order_by("id")),
        _events(key, about),
    )


def _buyer(market: MarketOrder | None, state: Order) -> Person | None:
    if market is not None:
        return market.buyer
    try:
        return Person.objects.filter(pk=id_of(state.buyer)).first()
    except ValueError:
        return None


def _events(key: str, about: Sequence[str]) -> Sequence[Told]:
    """The events of an order: the market's by their ids, all others by what they moved of it."""
    names = [f"{key}-{step}" for step in _STEPS]
    names += [f"{one}-{step}" for one in about for step in (*_REFUND_STEPS, "paid")]
    own = Event.objects.filter(key__in=names)
    first = Order.objects.filter(key=key).values_list("pk", flat=True)[0]
    account = f"order:{key}"
    moved = Posting.objects.filter(event_id__gte=first)
    ids = {
        *own.values_list("pk", flat=True),
        *moved.filter(source=account).values_list("event_id", flat=True)[:_MOST],
        *moved.filter(target=account).values_list("event_id", flat=True)[:_MOST],
    }
    postings: dict[int, list[Posting]] = {id_: [] for id_ in ids}
    for row in Posting.objects.filter(event_id__in=ids).order_by("event_id", "number"):
        postings[row.event_id].append(row)
    return [_told(event, postings[event.pk]) for event in Event.objects.filter(pk__in=ids).order_by("id")]


def _told(event: Event, postings: Sequence[Posting]) -> Told:
    told = event_of(event.content)
    return Told(told.id, moment_of(event.at), told.type, entries_of(postings))
