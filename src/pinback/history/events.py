"""Events of a history: the shop opened in its zone, campaigns, orders and refunds, in the order of time.

They are the events that the shop's own system would have sent (section 10). Their ids follow from the file's
content, so that importing a file again changes nothing.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from heapq import merge
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from pinback.history.campaigns import HistoryCampaign
from pinback.history.ids import event_id
from pinback.history.lines import line_reader
from pinback.history.mapping import Mapping
from pinback.history.moments import Moment, moment_at
from pinback.history.orders import Order, Refund, gather, in_order
from pinback.history.problems import HistoryError
from pinback.history.report import HistoryReport
from pinback.history.rows import Progress, read_rows
from pinback.kit.language import gettext as _
from pinback.rules.events import ID_PATTERN
from pinback.rules.instants import day_start, local_date

Event: TypeAlias = dict[str, Any]

MICROSECONDS = 1_000_000


class _Batch(NamedTuple):
    """Events of one moment."""

    microseconds: int
    events: list[Event]


def history_events(
    source: str | Path,
    mapping: Mapping,
    *,
    shop: str,
    report: HistoryReport,
    campaigns: Sequence[HistoryCampaign] = (),
    daily_clock: bool = False,
    open_shop: bool = True,
    on_progress: Progress | None = None,
) -> Iterator[Event]:
    """The events of a file of order history (`-`: standard input), ready to be written as JSON (section 10).

    The file is read whole before the first event comes, because its order is not trusted. `report` is
    complete when the last one has come. `daily_clock` adds a `clock.ticked` at each local 0:00 up to the last
    event, and on until the vouchers of `campaigns` are past their time; it moves the clock of every shop in a
    database. `open_shop=False` leaves out `shop.opened`, for a shop that is open already.
    Raises HistoryError for a file that cannot be read and for a shop id that is none.
    """
    if re.match(ID_PATTERN, shop) is None:
        raise HistoryError(_("the shop id must be 1 to 64 characters from ! to ~, without /"))
    filed = gather(read_rows(source, mapping, on_progress), line_reader(mapping), report)
    if filed:
        report.first_at, report.last_at = filed[0].moment.text, filed[-1].moment.text
    moments = [one.moment for one in (*filed[:1], *filed[-1:])] + [campaign.funded for campaign in campaigns]
    if not moments:
        return
    first, last = min(moments), max(moments)
    opened = _event("shop.opened", "opened", shop, first, shop, timezone=mapping.time_zone)
    streams: list[Iterable[_Batch]] = [
        [_Batch(first.microseconds, [opened])] if open_shop else [],
        _ticks(first, last, mapping.time_zone, shop, campaigns) if daily_clock else [],
        sorted((_campaign_batch(campaign, shop) for campaign in campaigns), key=_instant),
        (_Batch(one.moment.microseconds, _events_of(one, shop)) for one in in_order(filed, report)),
    ]
    # A merge is stable: at one instant the shop opens first and the orders come last.
    for batch in merge(*streams, key=_instant):
        report.events += len(batch.events)
        yield from batch.events


def _instant(batch: _Batch) -> int:
    return batch.microseconds


def _event(type_: str, kind: str, subject: str, moment: Moment, shop: str, **further: Any) -> Event:
    return {"id": event_id(kind, subject), "type": type_, "at": moment.text, "shop": shop, **further}


def _events_of(one: Order | Refund, shop: str) -> list[Event]:
    if isinstance(one, Order):
        return _order_events(one, shop)
    lines = [{"line": line, "quantity": quantity} for line, quantity in one.units.items()]
    further = {"order": one.order, "refund": one.id, "lines": lines}
    return [_event("refund.succeeded", "refund", one.id, one.moment, shop, **further)]


def _order_events(order: Order, shop: str) -> list[Event]:
    """An order placed, paid, confirmed and received at once."""
    terms: dict[str, Any] = {
        "buyer": order.buyer,
        "lines": [
            {"product": line.product, "quantity": line.quantity, "unit_price": line.price_minor}
            for line in order.lines
        ],
    }
    if order.discount_minor:
        terms["discount"] = order.discount_minor
    if order.postage_minor:
        terms["postage"] = order.postage_minor
    return [
        _event(f"order.{kind}", kind, order.id, order.moment, shop, order=order.id, **further)
        for kind, further in (
            ("placed", terms),
            ("paid", {"amount": order.paid_minor}),
            ("confirmed", {}),
            ("received", {}),
        )
    ]


def _campaign_batch(campaign: HistoryCampaign, shop: str) -> _Batch:
    terms: dict[str, Any] = {
        "threshold": campaign.threshold_minor,
        "rebate": campaign.rebate_minor,
        "quantity": campaign.quantity,
        "valid_days": campaign.valid_days,
    }
    if campaign.name is not None:
        terms["name"] = campaign.name
    fee = {"amount": campaign.fee_minor, "method": "debit_card"}
    events = [
        _event(f"campaign.{kind}", kind, campaign.id, campaign.funded, shop, campaign=campaign.id, **further)
        for kind, further in (("created", terms), ("funded", fee))
    ]
    return _Batch(campaign.funded.microseconds, events)


def _ticks(
    first: Moment, last: Moment, zone_name: str, shop: str, campaigns: Sequence[HistoryCampaign]
) -> Iterator[_Batch]:
    """A `clock.ticked` at each local 0:00 after `first`; the last one finds every voucher past its time."""
    day = local_date(first.microseconds // MICROSECONDS, zone_name)
    end = local_date(last.microseconds // MICROSECONDS, zone_name)
    # Section 4.4: what was issued on the last day expires with 0:00 of that day + valid_days + 1. More days
    # than section 2.1 allows are refused with their campaign.
    end += timedelta(days=max((min(campaign.valid_days, 365) + 1 for campaign in campaigns), default=0))
    while day < end:
        day += timedelta(days=1)
        moment = moment_at(day_start(day, zone_name), zone_name)
        if moment is None:  # after 2099
            return
        yield _Batch(moment.microseconds, [_event("clock.ticked", "tick", day.isoformat(), moment, shop)])
