"""Proof that the auditor can fail: with a rule broken on purpose it finds the fault within a few worlds.

Each control breaks one rule as a careless change might, and names the clauses that may catch it.
"""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from pinback.rules import campaign, order, rebate, refund, sales, voucher
from pinback.rules import settle as settling
from pinback.rules.events import CampaignStopped, ClockTicked, DebtPaid, RefundSucceeded
from pinback.rules.records import Order, Refund, Voucher, marketing_account
from pinback.rules.state import Change, Refusal, Settlement, State
from simulation.auditing.records import Fault
from simulation.engines import RulesEngine
from simulation.run import Run, Settings
from simulation.shrinking import fault_of, shrink
from simulation.story import Broken

SEEDS = range(1, 6)
Break = Callable[[pytest.MonkeyPatch], None]
CONTROLS: list[Any] = []


def control(*clauses: str) -> Callable[[Break], Break]:
    """A rule broken on purpose, and the clauses that may notice."""

    def note(function: Break) -> Break:
        CONTROLS.append(pytest.param(function, clauses, id=function.__name__))
        return function

    return note


def found(*, days: int = 40) -> Broken:
    """The first fault in a few worlds; the control has failed if there is none."""
    for seed in SEEDS:
        try:
            Run(Settings(seed, days), RulesEngine()).live(model=False)
        except Broken as broken:
            return broken
    pytest.fail("no world noticed")


@control("withholding")
def withheld_forgotten(patch: pytest.MonkeyPatch) -> None:
    after_refund = rebate.after_refund
    patch.setattr(rebate, "after_refund", lambda change, order, cash: after_refund(change, order, 0))


@control("no gain", "withholding", "debts")
def debt_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(voucher, "lapse", lambda change, lapsed: None)


@control("good standing")
def unused_voucher_kept_after_the_refund(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(voucher, "take_back", lambda change, taken: None)


@control("good standing")
def locked_voucher_forgotten(patch: pytest.MonkeyPatch) -> None:
    take_back = voucher.take_back

    def broken(change: Change, taken: Voucher) -> None:
        if taken.status != "locked":
            take_back(change, taken)

    patch.setattr(voucher, "take_back", broken)


@control("single use", "engine")
def holder_of_a_reclaimed_voucher_left_open(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(voucher, "_cancel_holder", lambda change, taken: None)


@control("fees", "state", "cash")
def tick_pays_twice(patch: pytest.MonkeyPatch) -> None:
    tick = voucher.tick

    def broken(change: Change, event: ClockTicked) -> Refusal | None:
        refusal = tick(change, event)
        change.postings.extend(tuple(change.postings))
        return refusal

    patch.setitem(settling.HANDLERS, ClockTicked, broken)


@control("expiry")
def tick_of_one_shop_only(patch: pytest.MonkeyPatch) -> None:
    take_expired = State.take_expired

    def broken(state: State, at: int) -> list[Voucher]:
        first = min(state.shops)
        return [taken for taken in take_expired(state, at) if taken.shop == first]

    patch.setattr(State, "take_expired", broken)


@control("prepaid")
def issue_beyond_the_quantity(patch: pytest.MonkeyPatch) -> None:
    issue = rebate._issue

    def broken(change: Change, earner: Order, giver: Any) -> None:
        issue(change, earner, replace(giver, quantity=giver.quantity + 1))
        change.campaigns[giver.key] = replace(change.campaigns[giver.key], quantity=giver.quantity)

    patch.setattr(rebate, "_issue", broken)


@control("rebates")
def issue_below_the_threshold(patch: pytest.MonkeyPatch) -> None:
    decide = rebate.decide

    def broken(change: Change, earner: Order) -> None:
        decide(change, replace(earner, goods_left=earner.goods_left + 1, goods=earner.goods + 1))
        noted = change.orders[earner.key]
        change.orders[earner.key] = replace(noted, goods_left=earner.goods_left, goods=earner.goods)

    patch.setattr(rebate, "decide", broken)


@control("rebates")
def debtors_are_rewarded(patch: pytest.MonkeyPatch) -> None:
    decide = rebate.decide

    def broken(change: Change, earner: Order) -> None:
        key = f"{earner.shop}/{earner.buyer}"
        owed = change.debt(key)
        if owed.amount and not earner.open_refunds:
            change.debts[key] = type(owed)(key, 0, ())
            decide(change, earner)
            change.debts[key] = owed
        else:
            decide(change, earner)

    patch.setattr(rebate, "decide", broken)


@control("single use")
def voucher_of_somebody_else(patch: pytest.MonkeyPatch) -> None:
    usable = voucher.usable

    def broken(change: Change, event: Any) -> Any:
        known = change.state.vouchers.get(event.voucher) if isinstance(event.voucher, str) else None
        return known if known is not None and known.status == "available" else usable(change, event)

    patch.setattr(voucher, "usable", broken)


@control("good standing")
def request_does_not_freeze(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(voucher, "freeze", lambda change, source: None)


@control("good standing", "expiry")
def closing_does_not_thaw(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(voucher, "thaw", lambda change, source: None)


@control("voucher part", "no gain")
def voucher_part_paid_in_cash(patch: pytest.MonkeyPatch) -> None:
    give_up = refund._give_up_voucher

    def broken(change: Change, before: Order, part: int) -> tuple[int, int]:
        taken_back, bought_back = give_up(change, before, part)
        return (taken_back - 1, bought_back + 1) if taken_back else (taken_back, bought_back)

    patch.setattr(refund, "_give_up_voucher", broken)


@control("refunds")
def one_fen_too_much(patch: pytest.MonkeyPatch) -> None:
    settlement = Settlement

    def broken(*fields: Any) -> Settlement:
        made = settlement(*fields)
        return replace(made, cash=made.cash + 1)

    patch.setattr(refund, "Settlement", broken)


@control("state")
def refunded_units_stay_sold(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sales, "count_refunded", lambda *_: None)


@control("state", "cash")
def compensation_from_the_wrong_account(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(order, "sales_account", marketing_account)


@control("state", "cash")
def stop_keeps_the_rest(patch: pytest.MonkeyPatch) -> None:
    def broken(change: Change, event: CampaignStopped) -> Refusal | None:
        refusal = campaign.stop(change, event)
        change.postings.clear()
        return refusal

    patch.setitem(settling.HANDLERS, CampaignStopped, broken)


@control("debts")
def debt_payment_recovers_nothing(patch: pytest.MonkeyPatch) -> None:
    def broken(change: Change, event: DebtPaid) -> None:
        change.post("external", marketing_account(event.shop), event.amount)

    patch.setitem(settling.HANDLERS, DebtPaid, broken)


@control("settled once")
def duplicates_are_settled_again(patch: pytest.MonkeyPatch) -> None:
    commit = Change.commit

    def broken(change: Change) -> None:
        commit(change)
        change.event = with_new_id(change.event)

    def with_new_id(event: Any) -> Any:
        return replace(event, id=f"{event.id}~")

    patch.setattr(Change, "commit", broken)
    settle = settling.settle

    def forgetful(state: State, event: Any, line: int = 1) -> Any:
        made = settle(state, event, line)
        state.events.clear()
        return made

    patch.setattr(settling, "settle", forgetful)


@control("refunds")
def a_refund_succeeds_twice(patch: pytest.MonkeyPatch) -> None:
    succeed = refund.succeed

    def broken(change: Change, event: RefundSucceeded) -> Refusal | None:
        refusal = succeed(change, event)
        for key, made in change.refunds.items():
            change.refunds[key] = Refund(key=made.key, order=made.order, status="closed")
        return refusal

    patch.setitem(settling.HANDLERS, RefundSucceeded, broken)


@control("terms")
def a_campaign_starts_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(campaign, "next_day_start", lambda at, zone: at)


@control("engine")
def a_rule_raises(patch: pytest.MonkeyPatch) -> None:
    def broken(change: Change, event: Any) -> None:
        raise ZeroDivisionError("on purpose")

    patch.setitem(settling.HANDLERS, DebtPaid, broken)


@pytest.mark.parametrize(("breaks", "clauses"), CONTROLS)
def test_the_auditor_finds(breaks: Break, clauses: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    breaks(monkeypatch)
    assert found().fault.clause in clauses


def test_nothing_is_found_where_nothing_is_broken() -> None:
    with pytest.raises(pytest.fail.Exception, match="no world noticed"):
        found(days=6)


def test_a_fault_is_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    withheld_forgotten(monkeypatch)
    broken = found()
    short = shrink(broken, "any")
    assert short is not None
    # A campaign, an order that earns, an order that uses, and the refund: nothing else is needed.
    assert len(short) <= 10
    fault = fault_of(short, "any")
    assert isinstance(fault, Fault)
    assert fault.clause == broken.fault.clause
    monkeypatch.undo()
    assert fault_of(short, "any") is None


@pytest.mark.slow
def test_what_only_the_model_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two campaigns that give the same the later one issues: nobody loses, but it is not the rule."""
    prefers = rebate._preference
    monkeypatch.setattr(rebate, "_preference", lambda c: (prefers(c)[0], -prefers(c)[1], prefers(c)[2]))
    clauses = []
    for seed in SEEDS:
        try:
            Run(Settings(seed, 25), RulesEngine()).live()
        except Broken as broken:
            clauses.append(broken.fault.clause)
    assert clauses
    assert set(clauses) == {"model"}
