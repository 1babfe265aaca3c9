"""Reports of generated streams, held against the state document and against every posting."""

from collections import Counter
from typing import Any

import msgspec
import pytest

from pinback.insight.figures import ShopReport
from pinback.insight.queries import UnknownShop, shop_report, shops
from pinback.settlement.models import Order, Posting
from tests.model.streams import generate
from tests.support.settling import settle_stream

pytestmark = pytest.mark.slow


def _owner(account: str) -> tuple[str, str]:
    """The shop an account belongs to, and its kind; external belongs to nobody."""
    if account == "external":
        return "", "external"
    kind, _, rest = account.partition(":")
    if kind == "shop":
        shop, _, kind = rest.rpartition(":")
        return shop, kind
    return rest.partition("/")[0], f"{kind}s"


def _ledger(shop: str, using: str) -> tuple[dict[str, int], dict[str, int]]:
    """Balances by kind of account, and flows from outside by purpose, from each posting of all shops."""
    balances: Counter[str] = Counter()
    flows: Counter[str] = Counter()
    for source, target, amount in Posting.objects.using(using).values_list(
        "source", "target", "amount_minor"
    ):
        (giver, given), (taker, taken) = _owner(source), _owner(target)
        if giver == shop:
            balances[given] -= amount
        if taker == shop:
            balances[taken] += amount
        if shop in (giver, taker) and giver != taker:
            sign = 1 if taker == shop else -1
            other = "external" if "" in (giver, taker) else "other_shops"
            balances[other] -= sign * amount
            if other == "external":
                flows[taken if sign == 1 else "out"] += sign * amount
    return balances, flows


def _check_money(report: ShopReport, using: str) -> None:
    balances, flows = _ledger(report.shop, using)
    assert {a.account: a.balance_minor for a in report.money.accounts if a.balance_minor} == {
        account: balance for account, balance in balances.items() if balance
    }
    assert report.money.sum_minor == 0
    shown = {flow.flow: flow.amount_minor for flow in report.money.flows}
    assert shown["fees_paid"] == flows["campaigns"]
    assert shown["orders_paid"] == flows["orders"]
    assert shown["debts_paid"] == flows["marketing"]
    assert shown["refunds_paid_out"] + shown["compensations"] == flows["out"]


def _of(shop: str, section: dict[str, Any]) -> dict[str, Any]:
    return {key.partition("/")[2]: entry for key, entry in section.items() if key.partition("/")[0] == shop}


def _check_state(report: ShopReport, state: dict[str, Any]) -> None:
    orders = _of(report.shop, state["orders"]).values()
    by_status = {s.status: (s.number, s.cash_minor, s.refunded_minor) for s in report.orders.by_status}
    for status, figures in by_status.items():
        some = [order for order in orders if order["status"] == status]
        assert figures == (len(some), sum(o["cash"] for o in some), sum(o["refunded"] for o in some))
    assert report.orders.number == len(orders)
    assert report.orders.refunded == sum(order["refunded"] > 0 for order in orders)
    assert report.orders.completed == state["shops"][report.shop]["completed_orders"]
    assert report.refunds.payout_minor == sum(order["payout"] for order in orders)
    assert {(r.rebate, r.reason): r.orders for r in report.rebates if r.orders} == Counter(
        (order["rebate"], order["reason"]) for order in orders
    )
    _check_vouchers(report, _of(report.shop, state["vouchers"]))
    months: Counter[str] = Counter()
    for product in _of(report.shop, state["sales"]).values():
        months.update(product["months"])
    assert {month.month: month.units for month in report.months if month.units} == months
    debts = _of(report.shop, state["debts"])
    assert report.debts.buyers == len(debts)
    assert report.debts.amount_minor == sum(debts.values()) == sum(c.owed_minor for c in report.campaigns)
    assert {d.buyer: d.amount_minor for d in report.debts.largest} == debts


def _check_months(report: ShopReport, using: str) -> None:
    cash: Counter[str] = Counter()
    orders: Counter[str] = Counter()
    for order in Order.objects.using(using).filter(shop__name=report.shop):
        if order.received_month is not None:
            cash[order.received_month] += order.goods_left_minor + order.postage_left_minor
            orders[order.received_month] += order.status == "received"
    assert {m.month: m.cash_minor for m in report.months if m.cash_minor} == {
        m: n for m, n in cash.items() if n
    }
    assert {m.month: m.orders for m in report.months if m.orders} == {m: n for m, n in orders.items() if n}
    assert [month.month for month in report.months] == sorted(month.month for month in report.months)


def _check_vouchers(report: ShopReport, vouchers: dict[str, Any]) -> None:
    assert {v.status: (v.number, v.amount_minor) for v in report.vouchers if v.number} == {
        status: (number, sum(v["amount"] for v in vouchers.values() if v["status"] == status))
        for status, number in Counter(v["status"] for v in vouchers.values()).items()
    }
    for campaign in report.campaigns:
        if campaign.funded:
            parts = campaign.not_issued_minor + campaign.returned_minor + campaign.outstanding_minor
            assert campaign.fee_minor == (
                parts + campaign.taken_back_minor + campaign.expired_minor + campaign.spent_minor
            )
            assert campaign.burn_down[-1].vouchers == campaign.left
            assert campaign.burn_down[0].vouchers <= campaign.quantity


@pytest.mark.parametrize("seed", range(4))
def test_a_report_adds_up_to_the_state_document_and_to_the_ledger(database: str, seed: int) -> None:
    policy = ("any", "threshold")[seed % 2]
    stream = generate(seed, 1500, policy=policy, hostile=0.05)
    _, document = settle_stream(stream, using=database, policy="any" if policy == "any" else "threshold")
    state = msgspec.json.decode(document)
    listed = shops(using=database)
    assert {shop.shop for shop in listed} == set(state["shops"])
    for summary in listed:
        report = shop_report(summary.shop, using=database)
        assert summary.orders == report.orders.number
        assert summary.campaigns == len(report.campaigns) == len(_of(summary.shop, state["campaigns"]))
        _check_state(report, state)
        _check_months(report, database)
        _check_money(report, database)
        for campaign in report.campaigns:
            expected = state["campaigns"][f"{summary.shop}/{campaign.campaign}"]
            assert (campaign.status, campaign.reason) == (expected["status"], expected["reason"])
            assert (campaign.issued, campaign.quantity) == (expected["issued"], expected["quantity"])


def test_a_shop_that_nobody_knows_is_named(database: str) -> None:
    with pytest.raises(UnknownShop, match="nobody"):
        shop_report("nobody", using=database)
    assert shops(using=database) == []
