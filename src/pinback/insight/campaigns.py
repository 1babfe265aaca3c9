"""What became of a shop's campaigns: where each fee went, and how its vouchers ran out day by day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Count, Sum

from pinback.insight.figures import CampaignFigures, Remaining, VouchersInStatus
from pinback.rules.instants import local_date
from pinback.rules.records import Campaign as Terms
from pinback.settlement.models import Campaign, Debt, Shop, Voucher
from pinback.settlement.tables import CAMPAIGNS, campaign_of

_MOST_POINTS = 120
_STATUSES = ("running", "scheduled", "draft", "ended")


class VoucherTally:
    """The vouchers of one campaign: by status, what they are still worth to whom, and by the day of issue."""

    def __init__(self) -> None:
        self.numbers: Counter[str] = Counter()
        self.amounts: Counter[str] = Counter()
        self.left_minor = 0
        self.held_minor = 0
        self.issued_on: Counter[date] = Counter()

    def count(self, row: Mapping[str, Any], day: date) -> None:
        """Count some vouchers of one status that were issued on one day."""
        status, number = row["status"], row["number"]
        self.numbers[status] += number
        self.amounts[status] += int(row["amount"])
        self.left_minor += int(row["left"])
        self.held_minor += int(row["held"])
        self.issued_on[day] += number

    def in_statuses(self) -> tuple[VouchersInStatus, ...]:
        """The vouchers by status, in the order of a voucher's life."""
        return in_statuses(self.numbers, self.amounts)


def in_statuses(numbers: Counter[str], amounts: Counter[str]) -> tuple[VouchersInStatus, ...]:
    """A figure for each status a voucher can have, also where there is none."""
    return tuple(
        VouchersInStatus(status=status, number=numbers[status], amount_minor=amounts[status])
        for status in ("available", "locked", "used", "frozen", "reclaimed", "expired")
    )


def campaign_figures(
    shop: Shop, latest_at: int, using: str, *, key: str | None = None
) -> tuple[CampaignFigures, ...]:
    """The campaigns of a shop, or the one of a key, statuses as of `latest_at`: those that run first, then by
    the later start.
    """
    found = Campaign.objects.using(using).filter(shop=shop)
    rows = (found if key is None else found.filter(key=key)).values_list(*CAMPAIGNS.columns)
    ids = {row[2]: row[0] for row in rows}
    terms = sorted((campaign_of(row) for row in rows), key=lambda campaign: campaign.id)
    terms.sort(key=lambda campaign: campaign.starts_at or 0, reverse=True)
    terms.sort(key=lambda campaign: _STATUSES.index(campaign.status(latest_at)))
    valid_days = {ids[campaign.key]: campaign.valid_days for campaign in terms}
    tallies = _tallies(shop, valid_days, using)
    owed = _owed(shop, using)
    return tuple(
        _figures(campaign, tallies[ids[campaign.key]], owed[ids[campaign.key]], shop.timezone, latest_at)
        for campaign in terms
    )


def _tallies(shop: Shop, valid_days: dict[int, int], using: str) -> defaultdict[int, VoucherTally]:
    """The vouchers of each campaign, by its id. Their time of expiry tells the day of issue (section 4.4)."""
    tallies: defaultdict[int, VoucherTally] = defaultdict(VoucherTally)
    vouchers = Voucher.objects.using(using).filter(shop=shop)
    if len(valid_days) == 1:
        vouchers = vouchers.filter(campaign_id__in=valid_days)
    grouped = vouchers.values("campaign_id", "status", "expires_at").annotate(
        number=Count("id"),
        amount=Sum("amount_minor"),
        left=Sum("left_minor"),
        held=Sum("balance_minor"),
    )
    for row in grouped:
        campaign_id = row["campaign_id"]
        last_day = local_date(row["expires_at"], shop.timezone)
        tallies[campaign_id].count(row, last_day - timedelta(days=valid_days[campaign_id] + 1))
    return tallies


def _owed(shop: Shop, using: str) -> Counter[int]:
    """What is owed for vouchers of each campaign, by its id."""
    due = Debt.objects.using(using).filter(shop=shop, amount_minor__gt=0)
    debts = dict(due.values_list("voucher_code", "amount_minor"))
    owed: Counter[int] = Counter()
    for campaign_id, code in _campaigns_of(list(debts), using):
        owed[campaign_id] += debts[code]
    return owed


def _campaigns_of(codes: Sequence[str], using: str) -> Iterable[tuple[int, str]]:
    for start in range(0, len(codes), 500):
        some = codes[start : start + 500]
        yield from Voucher.objects.using(using).filter(code__in=some).values_list("campaign_id", "code")


def _figures(campaign: Terms, tally: VoucherTally, owed: int, zone: str, latest_at: int) -> CampaignFigures:
    issued = campaign.rebate * campaign.issued
    unissued = campaign.fee - issued
    return CampaignFigures(
        campaign=campaign.id,
        threshold_minor=campaign.threshold,
        rebate_minor=campaign.rebate,
        quantity=campaign.quantity,
        valid_days=campaign.valid_days,
        status=campaign.status(latest_at),
        reason=campaign.ended,
        starts_at=None if campaign.starts_at is None else datetime.fromtimestamp(campaign.starts_at, UTC),
        issued=campaign.issued,
        vouchers=tally.in_statuses(),
        not_issued_minor=campaign.held,
        returned_minor=unissued if campaign.ended == "stopped" else 0,
        outstanding_minor=tally.held_minor,
        # Of a used voucher, what is not left was withheld, taken back or paid for (section 6).
        taken_back_minor=tally.amounts["reclaimed"] + tally.amounts["used"] - tally.left_minor,
        expired_minor=tally.amounts["expired"],
        spent_minor=tally.left_minor,
        owed_minor=owed,
        burn_down=_burn_down(campaign, tally.issued_on, zone, latest_at),
    )


def _burn_down(campaign: Terms, issued_on: Counter[date], zone: str, latest_at: int) -> tuple[Remaining, ...]:
    """What was left of the vouchers at the end of each day, from the start to the end, or to `latest_at`.

    An event may come with an instant before one that was settled already: then days before the start count.
    When a campaign was stopped is not kept beside it; its last voucher ends the series. At most
    120 points: of a longer time every n-th day, and the last.
    """
    if campaign.starts_at is None:
        return ()
    first = min([local_date(campaign.starts_at, zone), *issued_on])
    last = max(issued_on, default=first) if campaign.ended else local_date(latest_at, zone)
    last = max([first, last, *issued_on])
    days = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    left, series = campaign.quantity, []
    for day in days:
        left -= issued_on[day]
        series.append(Remaining(day, left))
    step = -(-len(series) // _MOST_POINTS)
    thinned = series[::step]
    return tuple(thinned if thinned[-1] is series[-1] else [*thinned, series[-1]])
