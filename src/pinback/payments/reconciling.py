"""Lays a provider's statement beside what we have, and names every difference. Reads only."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.db.models import Q

from pinback.payments.models import MoneyOut, Payment
from pinback.payments.providers import provider_named
from pinback.payments.providers.contract import Statement, StatementRow
from pinback.payments.queries import out_numbered

CAME_IN = ("succeeded", "late", "mismatched", "unneeded")
WENT_OUT = ("confirmed", "bounced")


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: `kind` is stable; `line` of the statement, 0 where it lacks what we have."""

    kind: str
    line: int
    number: str
    ours_minor: int | None
    theirs_minor: int | None
    detail: str


def reconcile(
    provider: str, file: BinaryIO, *, since: datetime | None = None, until: datetime | None = None
) -> list[Difference]:
    """Every difference between a statement and what we have of the time from `since` to before `until`.

    Without them the time is that from the statement's first row to its last. Raises NotFound: the provider is
    not set up here; StatementProblem: the file cannot be read without guessing.
    """
    statement = provider_named(provider).read_statement(file)
    return list(differences(provider, statement, since=since, until=until))


def differences(
    provider: str, statement: Statement, *, since: datetime | None, until: datetime | None
) -> Iterator[Difference]:
    """The differences, those of the statement's rows in their order, then what it lacks."""
    yield from _wrong_sums(statement)
    seen: Counter[tuple[str, str]] = Counter()
    backs = {("back", row.number or row.provider_ref) for row in statement.rows if row.kind == "back"}
    ours = {"in": _payment_of, "out": _out_of, "back": _out_of}
    for row in statement.rows:
        key = (row.kind, row.number or row.provider_ref)
        seen[key] += 1
        found = ours[row.kind](provider, row)
        if seen[key] > 1:
            yield _difference("twice", row, None, "stated more than once")
        elif found is None:
            yield _difference("not_here", row, None, "stated, but not known here")
        else:
            yield from _of_row(row, found, came_back=("back", key[1]) in backs)
    yield from _lacking(provider, statement.rows, seen, since, until)


def _wrong_sums(statement: Statement) -> Iterator[Difference]:
    for kind, stated in statement.sums_minor.items():
        added = sum(row.amount_minor for row in statement.rows if row.kind == kind)
        if added != stated:
            yield Difference("sum", 0, kind, added, stated, f"the rows come to {added}, {stated} is stated")


def _payment_of(provider: str, row: StatementRow) -> Payment | None:
    found = Payment.objects.filter(provider=provider)
    if row.number:
        return found.filter(number=row.number).first()
    return found.filter(provider_ref=row.provider_ref).first() if row.provider_ref else None


def _out_of(provider: str, row: StatementRow) -> MoneyOut | None:
    found = MoneyOut.objects.filter(payment__provider=provider, by_hand=False)
    if row.number:
        return out_numbered(found, row.number)
    return found.filter(provider_ref=row.provider_ref).first() if row.provider_ref else None


def _of_row(row: StatementRow, found: Payment | MoneyOut, *, came_back: bool) -> Iterator[Difference]:
    if isinstance(found, Payment):
        fits, ours, currency = found.status in CAME_IN, found.received_minor, found.currency
        if found.status == "mismatched":
            # What came in is noted as an anomaly; only the amount of it is ours to compare.
            currency = row.currency
    elif row.number and found.number != row.number:
        # A number that failed and was followed by another: what went out under it has to come back.
        fits, ours, currency = row.kind == "back" or came_back, found.amount_minor, found.currency
    else:
        states = ("bounced", "failed") if row.kind == "back" else WENT_OUT
        fits, ours, currency = found.status in states, found.amount_minor, found.currency
    if not fits:
        yield _difference("state", row, ours, f"stated as {row.kind}, here it is {found.status}")
    elif ours != row.amount_minor:
        yield _difference("amount", row, ours, f"{row.amount_minor} stated, {ours} here")
    elif currency != row.currency:
        yield _difference("currency", row, ours, f"{row.currency} stated, {currency} here")


def _difference(kind: str, row: StatementRow, ours_minor: int | None, detail: str) -> Difference:
    return Difference(
        kind, row.line, row.number or row.provider_ref, ours_minor, row.amount_minor, f"{row.kind}: {detail}"
    )


def _lacking(
    provider: str,
    rows: Sequence[StatementRow],
    seen: Counter[tuple[str, str]],
    since: datetime | None,
    until: datetime | None,
) -> Iterator[Difference]:
    """What we have of the time and the statement does not."""
    moments = [row.at for row in rows]
    if not moments and (since is None or until is None):
        return
    from_moment = since or min(moments)
    inside = Q(settled_at__gte=from_moment)
    inside &= Q(settled_at__lt=until) if until else Q(settled_at__lte=max(moments))
    for payment in Payment.objects.filter(inside, provider=provider, status__in=CAME_IN).order_by("id"):
        if not _was_seen(seen, "in", payment.number, payment.provider_ref):
            yield _not_there("in", payment.number, payment.received_minor)
    inside = Q(done_at__gte=from_moment)
    inside &= Q(done_at__lt=until) if until else Q(done_at__lte=max(moments))
    outs = MoneyOut.objects.filter(
        inside, payment__provider=provider, status="confirmed", by_hand=False, amount_minor__gte=1
    )
    for out in outs.order_by("id"):
        if not _was_seen(seen, "out", out.number, out.provider_ref):
            yield _not_there("out", out.number, out.amount_minor)


def _was_seen(seen: Counter[tuple[str, str]], kind: str, number: str, provider_ref: str) -> bool:
    return seen[kind, number] > 0 or (provider_ref != "" and seen[kind, provider_ref] > 0)


def _not_there(kind: str, number: str, ours_minor: int) -> Difference:
    return Difference("not_there", 0, number, ours_minor, None, f"{kind}: known here, but not stated")
