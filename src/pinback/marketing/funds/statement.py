"""The statement of a shop: every fen that went into or out of its two accounts, with what was there after it.

The lines are the postings of settlement, the payouts and the deductions, in the order in which they happened:
that of their ids. What is there after a line is exact, however the lines are filtered: the newest line's is
the balance, and from there back each line takes itself off. Events of a shop are only ever added behind its
last one (ADR 0013), so a long export that reads in pieces misses nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from django.db.models import BigIntegerField, Case, F, Q, QuerySet, Sum, Value, When
from django.utils.translation import gettext_lazy as _

from pinback.accounts.models import Shop
from pinback.checkout.models import Deduction
from pinback.kit.ids import id_of, public_id
from pinback.kit.refusals import Refused
from pinback.marketing.funds.balances import ACCOUNTS, Standing, standing_of
from pinback.marketing.models import Payout
from pinback.rules.events import Event as SettledEvent
from pinback.rules.reading import event_of
from pinback.settlement.models import Event, Posting
from pinback.settlement.models import Shop as SettledShop
from pinback.settlement.moments import moment_of

PAYOUT = "payout"
DEDUCTION = "compensation.deducted"
_EXTERNAL = "external"
_ID_LENGTH = 13
_PIECE = 1_000


class Position(NamedTuple):
    """Where a line stands: the id of its event or deduction, or its payout's booking; its number there."""

    id: int
    number: int


class Filter(NamedTuple):
    """Which lines are shown: of one account or both, with their instant in a half-open window."""

    account: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Line(NamedTuple):
    """A line. `amount_minor` is above 0 for what came in; `what` is the type of the event, `payout`, or
    `compensation.deducted`: what a refund went out less by (ADR 0047).

    `other` is the account on the other side; `order` and `campaign` are what an event of the shop was about.
    """

    position: Position
    at: datetime
    account: str
    what: str
    amount_minor: int
    balance_minor: int
    other: str
    event: str
    order: str | None
    campaign: str | None


class _Leg(NamedTuple):
    """One side of a posting, a payout or a deduction, before its event is looked up."""

    position: Position
    account: str
    amount_minor: int
    other: str


def statement(
    shop: Shop, wanted: Filter, *, cursor: str | None = None, limit: int = 50
) -> tuple[Sequence[Line], str | None]:
    """A page of a shop's statement, the newest line first, and the cursor of the next. Raises Refused."""
    books = _Books(shop, standing_of(shop))
    below = None if not cursor else _position_of(cursor)
    places = books.places(wanted, below, limit + 1)
    if not places:
        return [], None
    shown = places[:limit]
    lines = books.lines(shown[0], shown[-1])
    wanted_places = set(shown)
    found = [
        line for line in lines if line.position in wanted_places and wanted.account in (None, line.account)
    ]
    return found, _cursor_of(shown[-1]) if len(places) > limit else None


def all_lines(shop: Shop, wanted: Filter) -> Iterator[Line]:
    """The whole statement, the oldest line first, in pieces: nothing grows with it."""
    return _Books(shop, standing_of(shop)).from_the_beginning(wanted)


def moved_since(shop: Shop, since: datetime) -> tuple[Standing, dict[str, int]]:
    """How a shop's accounts stand, and how much each changed by what happened from an instant on, in fen."""
    standing = standing_of(shop)
    books = _Books(shop, standing)
    return standing, {account: books.moved(account, since) for account in ACCOUNTS}


class _Books:
    """The accounts of a shop as they stood at one moment."""

    def __init__(self, shop: Shop, standing: Standing) -> None:
        self._shop = shop
        self._standing = standing
        self._row = SettledShop.objects.filter(name=shop.name).first()
        self._names = {f"shop:{shop.name}:{account}": account for account in ACCOUNTS}

    def _postings(self, account: str | None = None) -> QuerySet[Posting]:
        names = [name for name, short in self._names.items() if account in (None, short)]
        if self._row is None:
            return Posting.objects.none()
        return Posting.objects.filter(
            Q(shop=self._row) | Q(other_shop=self._row),
            Q(source__in=names) | Q(target__in=names),
            event_id__lte=self._standing.last_event_id,
        )

    def _payouts(self, account: str | None = None) -> QuerySet[Payout]:
        found = Payout.objects.filter(
            shop=self._shop, status="paid", booking_id__lte=self._standing.last_booking_id
        )
        return found if account is None else found.filter(account=account)

    def _deductions(self, account: str | None = None) -> QuerySet[Deduction]:
        found = Deduction.objects.filter(shop=self._shop, pk__lte=self._standing.last_deduction_id)
        return found if account in (None, "sales") else found.none()

    def places(self, wanted: Filter, below: Position | None, most: int) -> Sequence[Position]:
        """The first so many places of wanted lines, the newest first."""
        postings, payouts = self._postings(wanted.account), self._payouts(wanted.account)
        deductions = self._deductions(wanted.account)
        if below is not None:
            postings = postings.filter(_before(below))
            payouts, deductions = payouts.filter(booking_id__lt=below.id), deductions.filter(pk__lt=below.id)
        if wanted.since is not None:
            postings = postings.filter(event__at__gte=int(wanted.since.timestamp()))
            payouts, deductions = (
                payouts.filter(done_at__gte=wanted.since),
                deductions.filter(at__gte=wanted.since),
            )
        if wanted.until is not None:
            postings = postings.filter(event__at__lt=int(wanted.until.timestamp()))
            payouts, deductions = (
                payouts.filter(done_at__lt=wanted.until),
                deductions.filter(at__lt=wanted.until),
            )
        found = [
            Position(*row)
            for row in postings.order_by("-event_id", "-number").values_list("event_id", "number")[:most]
        ]
        booked = payouts.order_by("-booking_id").values_list("booking_id", flat=True)[:most]
        found += [Position(booking, 0) for booking in booked if booking is not None]
        found += [Position(pk, 0) for pk in deductions.order_by("-id").values_list("pk", flat=True)[:most]]
        return sorted(found, reverse=True)[:most]

    def lines(self, newest: Position, oldest: Position) -> Sequence[Line]:
        """All lines between two places, both included, the newest first."""
        balances = {
            account: balance.balance_minor - self._newer(account, newest)
            for account, balance in self._standing.balances.items()
        }
        postings = self._postings().filter(
            ~_before(oldest), ~_behind(newest), event_id__gte=oldest.id, event_id__lte=newest.id
        )
        payouts = self._payouts().filter(booking_id__gte=oldest.id, booking_id__lte=newest.id)
        deductions = self._deductions().filter(pk__gte=oldest.id, pk__lte=newest.id)
        legs = sorted(chain(self._legs(postings), _paid(payouts), _deducted(deductions)), reverse=True)
        known = _Told(self._shop, legs, payouts, deductions)
        found = []
        for leg in legs:
            found.append(known.line(leg, balances[leg.account]))
            balances[leg.account] -= leg.amount_minor
        return found

    def moved(self, account: str, since: datetime) -> int:
        """What went into an account by what happened from an instant on."""
        return self._sum(
            account,
            self._postings(account).filter(event__at__gte=int(since.timestamp())),
            self._payouts(account).filter(done_at__gte=since),
            self._deductions(account).filter(at__gte=since),
        )

    def _newer(self, account: str, than: Position) -> int:
        """What went into an account after a place."""
        return self._sum(
            account,
            self._postings(account).filter(_behind(than)),
            self._payouts(account).filter(booking_id__gt=than.id),
            self._deductions(account).filter(pk__gt=than.id),
        )

    def _sum(
        self,
        account: str,
        postings: QuerySet[Posting],
        payouts: QuerySet[Payout],
        deductions: QuerySet[Deduction],
    ) -> int:
        name = next(name for name, short in self._names.items() if short == account)
        amount = Case(
            When(target=name, then=F("amount_minor")),
            When(source=name, then=-F("amount_minor")),
            default=Value(0),
            output_field=BigIntegerField(),
        )
        moved = postings.aggregate(n=Sum(amount))["n"]
        paid = payouts.aggregate(n=Sum("amount_minor"))["n"]
        deducted = deductions.aggregate(n=Sum("amount_minor"))["n"]
        return int(moved or 0) - int(paid or 0) + int(deducted or 0)

    def _legs(self, postings: QuerySet[Posting]) -> Iterator[_Leg]:
        columns = ("event_id", "number", "source", "target", "amount_minor")
        for event_id, number, source, target, amount in postings.values_list(*columns):
            place = Position(event_id, number)
            if source in self._names:
                yield _Leg(place, self._names[source], -amount, target)
            if target in self._names:
                yield _Leg(place, self._names[target], amount, source)

    def from_the_beginning(self, wanted: Filter) -> Iterator[Line]:
        """The wanted lines, the oldest first; those before them are added up on the way."""
        balances = dict.fromkeys(ACCOUNTS, 0)
        after = Position(0, 0)
        while True:
            postings = self._postings().filter(_behind(after)).order_by("event_id", "number")[:_PIECE]
            legs = list(self._legs(postings))
            is_last = len({leg.position for leg in legs}) < _PIECE
            payouts = self._payouts().filter(booking_id__gt=after.id)
            deductions = self._deductions().filter(pk__gt=after.id)
            if not is_last:
                payouts = payouts.filter(booking_id__lt=legs[-1].position.id)
                deductions = deductions.filter(pk__lt=legs[-1].position.id)
            legs = sorted(chain(legs, _paid(payouts), _deducted(deductions)))
            known = _Told(self._shop, legs, payouts, deductions)
            for leg in legs:
                balances[leg.account] += leg.amount_minor
                line = known.line(leg, balances[leg.account])
                if _is_wanted(line, wanted):
                    yield line
            if is_last:
                return
            after = legs[-1].position


def _paid(payouts: Iterable[Payout]) -> Iterator[_Leg]:
    for payout in payouts:
        assert payout.booking_id is not None
        yield _Leg(Position(payout.booking_id, 0), payout.account, -payout.amount_minor, PAYOUT)


def _deducted(deductions: Iterable[Deduction]) -> Iterator[_Leg]:
    for deduction in deductions:
        yield _Leg(Position(deduction.pk, 0), "sales", deduction.amount_minor, _EXTERNAL)


class _Told:
    """What the events of some legs, and the payouts and deductions among them, tell."""

    def __init__(
        self,
        shop: Shop,
        legs: Iterable[_Leg],
        payouts: Iterable[Payout],
        deductions: Iterable[Deduction],
    ) -> None:
        self._shop = shop
        self._payouts = {payout.booking_id: payout for payout in payouts}
        self._deductions = {deduction.pk: deduction for deduction in deductions}
        ids = {leg.position.id for leg in legs} - self._payouts.keys() - self._deductions.keys()
        self._events: dict[int, SettledEvent] = {}
        listed = sorted(ids)
        for start in range(0, len(listed), 500):
            rows = Event.objects.filter(pk__in=listed[start : start + 500]).values_list("pk", "content")
            self._events.update((id_, event_of(content)) for id_, content in rows)

    def line(self, leg: _Leg, balance_minor: int) -> Line:
        """The line of a leg."""
        deduction = self._deductions.get(leg.position.id)
        if deduction is not None:
            return _line_of_deduction(leg, deduction, balance_minor)
        payout = self._payouts.get(leg.position.id)
        if payout is not None:
            at = payout.done_at or payout.created_at
            return Line(
                leg.position,
                at,
                leg.account,
                PAYOUT,
                leg.amount_minor,
                balance_minor,
                PAYOUT,
                public_id(payout.pk),
                None,
                None,
            )
        event = self._events[leg.position.id]
        is_own = event.shop == self._shop.name
        return Line(
            leg.position,
            moment_of(int(event.at)),
            leg.account,
            event.type,
            leg.amount_minor,
            balance_minor,
            # What another shop's order did to this shop's voucher is shown without that order.
            leg.other if is_own or not leg.other.startswith("order:") else "order",
            event.id if is_own else "",
            getattr(event, "order", None) if is_own else None,
            getattr(event, "campaign", None) if is_own else None,
        )


def _line_of_deduction(leg: _Leg, deduction: Deduction, balance_minor: int) -> Line:
    shop, _slash, refund = deduction.refund_key.partition("/")
    return Line(
        leg.position,
        deduction.at,
        leg.account,
        DEDUCTION,
        leg.amount_minor,
        balance_minor,
        leg.other,
        # The refund can be that of another shop's order, which is not shown.
        refund if shop == deduction.order_key.partition("/")[0] else "",
        deduction.order_key.partition("/")[2],
        None,
    )


def _is_wanted(line: Line, wanted: Filter) -> bool:
    return (
        wanted.account in (None, line.account)
        and (wanted.since is None or line.at >= wanted.since)
        and (wanted.until is None or line.at < wanted.until)
    )


def _before(place: Position) -> Q:
    # The first bound alone can be looked up in the index.
    within = Q(event_id__lt=place.id) | Q(event_id=place.id, number__lt=place.number)
    return Q(event_id__lte=place.id) & within


def _behind(place: Position) -> Q:
    within = Q(event_id__gt=place.id) | Q(event_id=place.id, number__gt=place.number)
    return Q(event_id__gte=place.id) & within


def _cursor_of(place: Position) -> str:
    return f"{public_id(place.id)}{place.number}"


def _position_of(cursor: str) -> Position:
    try:
        return Position(id_of(cursor[:_ID_LENGTH]), int(cursor[_ID_LENGTH:]))
    except ValueError:
        raise Refused("bad_cursor", _("This is no cursor of a page."), "cursor") from None
