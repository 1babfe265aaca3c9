"""Folds the event log of a shop into facts, a piece at a time, each in one transaction with how far it came.

A shop's events are only ever added behind its last one (ADR 0013), so whoever reads on from there misses
none. Two that fold at once meet at the guarded update of the progress; the second does nothing. Deleting a
shop's facts and progress (`forget`) and folding anew gives the same facts.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection

from pinback.insight.models import CampaignEnd, OrderFacts, Progress, SoldInMonth
from pinback.insight.story import Move, entry_of, moves_of
from pinback.kit.transactions import assert_open, durable
from pinback.rules.events import CampaignStopped, Event, OrderConfirmed, OrderReceived, RefundSucceeded
from pinback.rules.instants import day_start
from pinback.rules.reading import event_of
from pinback.rules.records import Line as RulesLine
from pinback.settlement.models import Event as LoggedEvent
from pinback.settlement.models import Line, Order, Shop

_PIECE = 2_000
_PIECES_AT_ONCE = 50
_SHOPS_AT_ONCE = 200
_BREATH_SECONDS = 0.11
_SUMS = ("units", "cash_minor", "later_units", "later_cash_minor")
_ADD = (
    "UPDATE insight_soldinmonth SET units = units + %s, cash_minor = cash_minor + %s,"
    " later_units = later_units + %s, later_cash_minor = later_cash_minor + %s WHERE key = %s AND month = %s"
)
"""In the order of _SUMS."""


def fold_all(now: datetime) -> int:  # noqa: ARG001 - jobs are given the moment
    """Fold what is new of every shop; a job. Returns how many pieces were folded."""
    known = dict(Progress.objects.values_list("shop_id", "last_event_id"))
    behind = [
        shop_id
        for shop_id, last in Shop.objects.order_by("id").values_list("id", "last_event_id")
        if last > known.get(shop_id, 0)
    ]
    pieces = (_fold(shop_id, _PIECES_AT_ONCE, _BREATH_SECONDS)[0] for shop_id in behind[:_SHOPS_AT_ONCE])
    return sum(pieces)


def catch_up(shop: Shop, *, most_pieces: int = 3) -> bool:
    """Fold what is new of a shop, at most so many pieces; whether all is folded now."""
    return _fold(shop.pk, most_pieces)[1]


def _fold(shop_id: int, most_pieces: int, breath: float = 0.0) -> tuple[int, bool]:
    for done in range(most_pieces):
        if not _fold_piece(shop_id):
            return done, True
        # Whoever waits for SQLite's one lock looks for it every tenth of a second.
        if connection.vendor == "sqlite":
            time.sleep(breath)
    return most_pieces, False


@durable
def forget(shop: Shop) -> None:
    """Delete a shop's facts, to be folded anew."""
    SoldInMonth.objects.filter(shop_id=shop.pk).delete()
    OrderFacts.objects.filter(shop_id=shop.pk).delete()
    CampaignEnd.objects.filter(shop_id=shop.pk).delete()
    Progress.objects.filter(shop_id=shop.pk).delete()


@durable
def _fold_piece(shop_id: int) -> bool:
    """Fold the next piece; whether there is more, or somebody else was quicker."""
    progress, _made = Progress.objects.get_or_create(shop_id=shop_id)
    shop = Shop.objects.get(pk=shop_id)
    if progress.last_event_id >= shop.last_event_id:
        return False
    rows = list(
        LoggedEvent.objects.filter(shop=shop, id__gt=progress.last_event_id, id__lte=shop.last_event_id)
        .order_by("id")
        .values_list("id", "content")[:_PIECE]
    )
    is_last = len(rows) < _PIECE
    reached = shop.last_event_id if is_last else rows[-1][0]
    mine = Progress.objects.filter(pk=shop_id, last_event_id=progress.last_event_id)
    if mine.update(last_event_id=reached):
        _take_within(shop, [(id_, event_of(content)) for id_, content in rows])
        return not is_last
    return True


def _take_within(shop: Shop, events: Iterable[tuple[int, Event]]) -> None:
    assert_open()
    told: defaultdict[str, list[Any]] = defaultdict(list)
    confirmed: dict[str, tuple[int, int]] = {}
    ends = []
    for id_, event in events:
        if isinstance(event, OrderConfirmed):
            confirmed[event.order_key] = (int(event.at), id_)
        elif isinstance(event, OrderReceived | RefundSucceeded):
            told[event.order_key].append(entry_of(event))
        elif isinstance(event, CampaignStopped):
            ends.append(CampaignEnd(key=event.campaign_key, shop_id=shop.pk, at=int(event.at), event_id=id_))
    CampaignEnd.objects.bulk_create(ends)
    _write_within(shop, confirmed, told)


class _Grown(NamedTuple):
    """An order whose story grew: by how many entries."""

    facts: OrderFacts
    before: int


def _write_within(shop: Shop, confirmed: dict[str, tuple[int, int]], told: dict[str, list[Any]]) -> None:
    keys = sorted({*confirmed, *told})
    known = {}
    for start in range(0, len(keys), 500):
        known.update(OrderFacts.objects.in_bulk(keys[start : start + 500]))
    grown, new, changed = [], [], []
    for key in keys:
        facts = known.get(key)
        if facts is None:
            facts = OrderFacts(key=key, shop_id=shop.pk, story=[])
            new.append(facts)
        else:
            changed.append(facts)
        if key in confirmed:
            facts.confirmed_at, facts.confirmed_by = confirmed[key]
        if key in told:
            grown.append(_Grown(facts, len(facts.story)))
            facts.story = [*facts.story, *told[key]]
    OrderFacts.objects.bulk_create(new, batch_size=500)
    OrderFacts.objects.bulk_update(changed, ["confirmed_at", "confirmed_by", "story"], batch_size=200)
    _sell_within(shop, _moves(shop, grown))


def _moves(shop: Shop, grown: Sequence[_Grown]) -> list[Move]:
    lines = _lines_of([one.facts.key for one in grown])
    moves = []
    for facts, before in grown:
        placed = lines[facts.key]
        old = sum(1 for _ in moves_of(placed, facts.story[:before], shop.timezone))
        moves += list(moves_of(placed, facts.story, shop.timezone))[old:]
    return moves


def _lines_of(keys: Sequence[str]) -> dict[str, list[RulesLine]]:
    """The lines of orders as they were placed."""
    found: dict[str, list[RulesLine]] = {key: [] for key in keys}
    columns = ("order_id", "product", "quantity", "unit_price_minor", "cash_minor", "voucher_minor")
    for start in range(0, len(keys), 500):
        some = Order.objects.filter(key__in=keys[start : start + 500])
        ids = dict(some.values_list("id", "key"))
        lines = Line.objects.filter(order_id__in=list(ids)).order_by("order_id", "number")
        for order_id, product, quantity, price, cash, voucher in lines.values_list(*columns):
            line = RulesLine(product, quantity, price, cash, voucher, quantity, cash, voucher)
            found[ids[order_id]].append(line)
    return found


def _sell_within(shop: Shop, moves: Iterable[Move]) -> None:
    """Add moves to their months: what came after a month was over is kept apart."""
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for move in moves:
        added = sums[f"{shop.name}/{move.product}", move.month]
        place = 0 if move.at < month_end(move.month, shop.timezone) else 2
        added[place] += move.units
        added[place + 1] += move.cash_minor
    keys = sorted({key for key, _month in sums})
    known: set[tuple[str, str]] = set()
    for start in range(0, len(keys), 500):
        some = SoldInMonth.objects.filter(key__in=keys[start : start + 500])
        known.update(some.values_list("key", "month"))
    new = [
        SoldInMonth(key=key, month=month, shop_id=shop.pk, **dict(zip(_SUMS, sums[key, month], strict=True)))
        for key, month in sorted(sums.keys() - known)
    ]
    SoldInMonth.objects.bulk_create(new, batch_size=500)
    # An update for each row would be built and compiled each time: a whole history has tens of thousands.
    with connection.cursor() as cursor:
        cursor.executemany(_ADD, [(*sums[one], *one) for one in sorted(sums.keys() & known)])


def month_end(month: str, zone: str) -> int:
    """The first instant after a local month, `YYYY-MM`."""
    number = int(month[:4]) * 12 + int(month[5:])
    return day_start(date(number // 12, number % 12 + 1, 1), zone)
