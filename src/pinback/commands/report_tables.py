"""The tables of `pinback report`: figures in columns, in the reader's language, on a terminal or not."""

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings
from rich import box
from rich.console import Console
from rich.table import Table

from pinback.insight import words
from pinback.insight.figures import CampaignFigures, ShopReport, ShopSummary
from pinback.kit import formats
from pinback.kit.language import catalog_name, ngettext
from pinback.kit.language import gettext as _
from pinback.rules.instants import zone

_PLAIN_WIDTH = 120
_SHOWN_MONTHS = 36


class Sheet:
    """Where tables are shown, and how figures are written there."""

    def __init__(self, currency: str | None) -> None:
        self.currency = currency or settings.PINBACK_CURRENCY
        self.locale = formats.locale_of(catalog_name())

    def show(self, tables: Sequence[Table | str] | Iterator[Table | str]) -> None:
        """Print tables and lines of text; names are shown as they are, whatever they look like."""
        console = Console(
            file=sys.stdout,
            width=None if sys.stdout.isatty() else _PLAIN_WIDTH,
            markup=False,
            emoji=False,
            highlight=False,
        )
        for table in tables:
            console.print(table)

    def money(self, amount_minor: int) -> str:
        """An amount."""
        return formats.format_money(amount_minor, self.currency, self.locale)

    def number(self, number: int) -> str:
        """A number of things."""
        return formats.format_number(number, self.locale)

    def instant(self, instant: datetime | None, zone_name: str) -> str:
        """An instant on the clocks of a zone."""
        return "–" if instant is None else formats.format_instant(instant, zone(zone_name), self.locale)


def _table(title: str, names: Sequence[str], figures: Sequence[str]) -> Table:
    """A table whose first columns are names and whose others are figures, aligned by their last digit."""
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        min_width=40,
    )
    for name in names:
        table.add_column(name, overflow="fold")
    for figure in figures:
        table.add_column(figure, justify="right", no_wrap=True)
    return table


def shop_table(listed: Sequence[ShopSummary]) -> Table:
    """The shops of a database."""
    sheet = Sheet(None)
    table = _table(_("Shops"), [_("Shop"), _("Time zone")], [_("Orders"), _("Completed"), _("Campaigns")])
    for shop in listed:
        figures = (shop.orders, shop.completed_orders, shop.campaigns)
        table.add_row(shop.shop, shop.timezone, *map(sheet.number, figures))
    return table


def report_tables(report: ShopReport, sheet: Sheet) -> Iterator[Table | str]:
    """Everything about one shop."""
    yield _("{shop}: as of {instant}, {zone}").format(
        shop=report.shop, instant=sheet.instant(report.latest_at, report.timezone), zone=report.timezone
    )
    yield _order_table(report, sheet)
    yield _refund_table(report, sheet)
    yield _rebate_table(report, sheet)
    yield _voucher_table(report, sheet)
    if report.campaigns:
        yield _campaign_table(report, sheet)
        yield _fee_table(report, sheet)
    if report.months:
        yield _month_table(report, sheet)
        yield _product_table(report, sheet)
    yield _money_table(report, sheet)
    yield _flow_table(report, sheet)
    if report.debts.buyers:
        yield _debt_table(report, sheet)


def _order_table(report: ShopReport, sheet: Sheet) -> Table:
    orders = report.orders
    table = _table(_("Orders"), [_("Status")], [_("Orders"), _("Cash paid"), _("Refunded")])
    for status in orders.by_status:
        if status.number:
            amounts = map(sheet.money, (status.cash_minor, status.refunded_minor))
            table.add_row(_(words.ORDER_STATUSES[status.status]), sheet.number(status.number), *amounts)
    table.add_section()
    totals = map(sheet.money, (orders.cash_minor, orders.refunded_minor))
    table.add_row(_("All orders"), sheet.number(orders.number), *totals)
    shares = (orders.refunded_share, orders.refunded_cash_share)
    orders_share, cash_share = (formats.format_share(share, sheet.locale) for share in shares)
    table.add_row(_("With a refund"), f"{sheet.number(orders.refunded)} ({orders_share})", "", cash_share)
    return table


def _refund_table(report: ShopReport, sheet: Sheet) -> Table:
    refunds = report.refunds
    table = _table(_("Refunds"), [""], [_("Number"), _("Amount")])
    table.add_row(_("Open"), sheet.number(refunds.open), "")
    table.add_row(_("Rejected or withdrawn"), sheet.number(refunds.closed), "")
    table.add_row(_("Made"), sheet.number(refunds.succeeded), sheet.money(refunds.cash_minor))
    for label, amount in (
        (_("− withheld for used vouchers"), refunds.withheld_minor),
        (_("+ voucher parts the buyer had bought back"), refunds.bought_back_minor),
        (_("= paid out to buyers"), refunds.payout_minor),
        (_("Voucher parts taken back"), refunds.taken_back_minor),
    ):
        table.add_row(label, "", sheet.money(amount))
    return table


def _rebate_table(report: ShopReport, sheet: Sheet) -> Table:
    table = _table(_("Rebates"), [_("Outcome")], [_("Orders"), _("Goods still standing")])
    for outcome in report.rebates:
        if outcome.orders:
            label = _(words.rebate_outcome(outcome.rebate, outcome.reason))
            table.add_row(label, sheet.number(outcome.orders), sheet.money(outcome.goods_minor))
    return table


def _voucher_table(report: ShopReport, sheet: Sheet) -> Table:
    table = _table(_("Vouchers"), [_("Status")], [_("Vouchers"), _("Amount")])
    for figure in report.vouchers:
        amount = sheet.money(figure.amount_minor)
        table.add_row(_(words.VOUCHER_STATUSES[figure.status]), sheet.number(figure.number), amount)
    table.add_section()
    number = sum(figure.number for figure in report.vouchers)
    total_minor = sum(figure.amount_minor for figure in report.vouchers)
    table.add_row(_("All vouchers"), sheet.number(number), sheet.money(total_minor))
    return table


def _campaign_table(report: ShopReport, sheet: Sheet) -> Table:
    figures = [_("Spend"), _("Get"), _("Issued"), _("Of"), _("Valid days")]
    table = _table(_("Campaigns"), [_("Campaign"), _("Status"), _("Start")], figures)
    for campaign in report.campaigns:
        table.add_row(
            campaign.campaign,
            _(words.campaign_status(campaign.status, campaign.reason)),
            sheet.instant(campaign.starts_at, report.timezone),
            sheet.money(campaign.threshold_minor),
            sheet.money(campaign.rebate_minor),
            sheet.number(campaign.issued),
            sheet.number(campaign.quantity),
            sheet.number(campaign.valid_days),
        )
    return table


def _fee_table(report: ShopReport, sheet: Sheet) -> Table:
    """Where the fees went: a campaign a column, so that any amount has room."""
    campaigns = report.campaigns[:6]
    table = _table(_("Where the fees went"), [""], [campaign.campaign for campaign in campaigns])
    for label, amount in _fee_parts():
        table.add_row(_(label), *(sheet.money(getattr(campaign, amount)) for campaign in campaigns))
    table.add_section()
    table.add_row(_("Fee"), *(sheet.money(_paid_fee(campaign)) for campaign in campaigns))
    return table


def _paid_fee(campaign: CampaignFigures) -> int:
    return campaign.fee_minor if campaign.funded else 0


def _fee_parts() -> list[tuple[str, str]]:
    return [(words.FEE_PARTS[part], f"{part}_minor") for part in words.FEE_PARTS]


def _month_table(report: ShopReport, sheet: Sheet) -> Table:
    figures = [_("Units sold"), _("Completed orders"), _("Cash kept")]
    table = _table(_("Sales by month of receipt, as they stand now"), [_("Month")], figures)
    for month in report.months[-_SHOWN_MONTHS:]:
        name = formats.format_month(month.month, sheet.locale)
        numbers = map(sheet.number, (month.units, month.orders))
        table.add_row(name, *numbers, sheet.money(month.cash_minor))
    return table


def _product_table(report: ShopReport, sheet: Sheet) -> Table:
    title = _("Products sold most, of {number}").format(number=sheet.number(report.products_sold))
    table = _table(title, [_("Product")], [_("This month"), _("In all")])
    for product in report.products:
        table.add_row(product.product, *map(sheet.number, (product.units_this_month, product.units)))
    return table


def _money_table(report: ShopReport, sheet: Sheet) -> Table:
    table = _table(_("Money"), [_("Account")], [_("Balance")])
    for account in report.money.accounts:
        table.add_row(_(words.ACCOUNTS[account.account]), sheet.money(account.balance_minor))
    table.add_section()
    table.add_row(_("Sum"), sheet.money(report.money.sum_minor))
    return table


def _flow_table(report: ShopReport, sheet: Sheet) -> Table:
    table = _table(_("In and out"), [""], [_("Amount")])
    for flow in report.money.flows:
        table.add_row(_(words.FLOWS[flow.flow]), sheet.money(flow.amount_minor))
    table.add_section()
    table.add_row(_("Came in, less what went out"), sheet.money(report.money.net_minor))
    return table


def _debt_table(report: ShopReport, sheet: Sheet) -> Table:
    table = _table(_("Debts of buyers"), [_("Buyer")], [_("Owed")])
    for debtor in report.debts.largest:
        table.add_row(debtor.buyer, sheet.money(debtor.amount_minor))
    table.add_section()
    buyers = report.debts.buyers
    total = ngettext("{number} buyer", "{number} buyers", buyers).format(number=sheet.number(buyers))
    table.add_row(total, sheet.money(report.debts.amount_minor))
    return table
