"""What an order's row says in one sentence: how it stands and what happens next, for those who work on it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pinback.checkout.finding import TROUBLE
from pinback.checkout.pages import OrderPage
from pinback.delivery.models import Parcel, Receipt
from pinback.delivery.queries import parcels_of
from pinback.desk.models import Case
from pinback.payments.queries import succeeded_payment
from pinback.web.seller import words


class Story(NamedTuple):
    """How an order stands: `until` is when that ends by itself, `since` when it began."""

    says: Any
    tone: str
    until: datetime | None = None
    since: datetime | None = None


class Row(NamedTuple):
    """An order in a list, with its parcels."""

    page: OrderPage
    story: Story
    parcels: Sequence[Parcel]

    @property
    def is_paid(self) -> bool:
        """Whether money came in for it."""
        return self.page.state.status not in ("placed", "cancelled")

    @property
    def refunded_minor(self) -> int:
        """What of its money was refunded."""
        state = self.page.state
        return self.page.cash_minor - state.goods_left_minor - state.postage_left_minor if self.is_paid else 0

    @property
    def units(self) -> int:
        """How many pieces were ordered."""
        return sum(item.quantity for item in self.page.items)

    @property
    def is_to_ship(self) -> bool:
        """Whether it waits for its parcel."""
        return self.page.state.status == "confirmed" and not self.page.state.open_refunds


def rows_of(pages: Sequence[OrderPage]) -> Sequence[Row]:
    """Orders with what their rows say, in their order."""
    parcels: Mapping[str, Sequence[Parcel]] = parcels_of(page.order.key for page in pages)
    return [Row(page, story_of(page, parcels[page.order.key]), parcels[page.order.key]) for page in pages]


def story_of(page: OrderPage, parcels: Sequence[Parcel]) -> Story:
    """How an order stands."""
    status, order = page.state.status, page.order
    if page.state.open_refunds and status != "refunded":
        return Story(_("A refund is asked for: decide it"), "--tone-warn")
    if status == "placed":
        return Story(_("Waiting for the payment"), "--tone-waiting", until=order.pay_until)
    if status == "paid":
        return _in_group(page)
    if status == "confirmed":
        done = page.group.completed_at if page.group is not None else order.placed_at
        return Story(_("Deal made: ship it"), "--tone-spent", since=done or order.placed_at)
    if status == "shipped":
        return _under_way(parcels)
    if status == "cancelled":
        return Story(words.CLOSED_WHY.get(order.closed_why, _("Closed before payment")), "--tone-gone")
    return Story(words.ENDS[status], words.END_TONES[status])


def _in_group(page: OrderPage) -> Story:
    group = page.group
    if group is None or group.status != "forming":
        return Story(_("Paid: the money is on its way back"), "--tone-warn")
    missing = group.size - group.seats_taken
    says = ngettext("Waiting for %(missing)d more buyer", "Waiting for %(missing)d more buyers", missing) % {
        "missing": missing
    }
    return Story(says, "--tone-ready", until=group.expires_at)


def _under_way(parcels: Sequence[Parcel]) -> Story:
    last = parcels[-1] if parcels else None
    if last is None:
        return Story(_("On its way"), "--tone-ready")
    tone = "--tone-warn" if last.status in TROUBLE else "--tone-ready"
    return Story(words.PARCELS[last.status], tone, since=last.shipped_at)


class Moment(NamedTuple):
    """Something that happened with an order."""

    at: datetime
    says: Any


def history_of(
    page: OrderPage, parcels: Sequence[Parcel], receipt: Receipt | None, cases: Sequence[Case]
) -> Sequence[Moment]:
    """What happened with an order, the first thing first."""
    order, paid = page.order, succeeded_payment("order", page.order.key)
    found: list[tuple[datetime | None, Any]] = [
        (order.placed_at, _("Placed")),
        (paid.settled_at if paid is not None else None, _("Paid")),
        (page.group.completed_at if page.group is not None else None, _("Group complete: the deal is made")),
        (order.closed_at, words.CLOSED_WHY.get(order.closed_why, _("Closed before payment"))),
        (receipt.done_at if receipt is not None else None, _("Received")),
    ]
    for parcel in parcels:
        what = _("Shipped") if parcel.kind == "goods" else _("Sent again")
        found.append((parcel.shipped_at, f"{what}: {parcel.carrier} {parcel.tracking}"))
        found.append((parcel.delivered_at, _("Delivered")))
    for case in cases:
        found.append((case.opened_at, _("The buyer asked for a refund")))
        found.append((case.closed_at, words.CASE_EVENTS[case.state]))
    return sorted((Moment(at, says) for at, says in found if at is not None), key=lambda moment: moment.at)
