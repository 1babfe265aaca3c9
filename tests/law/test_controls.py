"""Controls: each clause of the law finds the fault that it is there for. A rule is broken on purpose, the
same runs are made with that one clause, and it must be this clause that complains.
"""

from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from pinback.rules import decisions as out
from pinback.rules import events as e
from pinback.rules import money, order, rebate, refund, sales, settle, state, voucher
from pinback.rules.machines import VOUCHER
from pinback.rules.reading import content_of
from pinback.rules.records import Order, Policy, Posting, Voucher
from pinback.rules.settle import HANDLERS
from pinback.rules.state import Change, Refusal, State
from pinback.settlement import actions, gathering, tables
from pinback.settlement.dialects import postgres
from tests.law.budget import budget
from tests.law.clauses import END, MOMENT, BrokenLawError
from tests.law.machines import RunMachine, StoredMachine, machine_of, run

Fault = Callable[[pytest.MonkeyPatch], None]

pytestmark = pytest.mark.slow

SEARCH = budget(300, steps=60, shrink=False)


def does_nothing(*args: Any, **fields: Any) -> None:
    """In the place of something that should do its work."""


# --- broken rules ---------------------------------------------------------------------------------


def used_vouchers_do_not_lapse(patch: pytest.MonkeyPatch) -> None:
    """What is left of a used voucher never becomes a debt (section 6.2)."""
    patch.setattr(voucher, "lapse", does_nothing)


def locked_vouchers_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    """A voucher that an unpaid order holds is not taken back (section 5.3)."""
    take_back = voucher.take_back

    def forgets(change: Change, taken: Voucher) -> None:
        if taken.status != "locked":
            take_back(change, taken)

    patch.setattr(voucher, "take_back", forgets)


def what_is_withheld_is_paid_out_too(patch: pytest.MonkeyPatch) -> None:
    """The refund is paid in full although a part of it was withheld (section 6.1)."""
    after_refund = rebate.after_refund

    def pays_all(change: Change, refunded: Order, cash: int) -> int:
        after_refund(change, refunded, cash)
        return 0

    patch.setattr(rebate, "after_refund", pays_all)


def _post_without(patch: pytest.MonkeyPatch, part: str) -> None:
    post = refund._post

    def posts(change: Change, before: Order, after: Order, **amounts: int) -> None:
        post(change, before, after, **(amounts | {part: 0}))

    patch.setattr(refund, "_post", posts)


def what_is_withheld_goes_to_nobody(patch: pytest.MonkeyPatch) -> None:
    """The funding shop does not get what was withheld (section 8)."""
    _post_without(patch, "withheld")


def what_was_bought_back_is_not_posted(patch: pytest.MonkeyPatch) -> None:
    """The payout shows what was bought back, but no fen moves (section 8)."""
    _post_without(patch, "bought_back")


def everything_is_bought_back(patch: pytest.MonkeyPatch) -> None:
    """The voucher part is taken back and paid to the buyer as well (section 6a.2)."""
    give_up = refund._give_up_voucher

    def gives_twice(change: Change, before: Order, part: int) -> tuple[int, int]:
        taken_back, _ = give_up(change, before, part)
        return taken_back, part if taken_back else 0

    patch.setattr(refund, "_give_up_voucher", gives_twice)


def compensations_have_no_end(patch: pytest.MonkeyPatch) -> None:
    """More is compensated than was paid (section 10)."""

    def pays_any(change: Change, event: e.CompensationPaid) -> Refusal | None:
        found = order.find(change, event)
        if isinstance(found, Refusal):
            return found
        change.post(f"shop:{found.shop}:sales", "external", event.amount)
        change.orders[found.key] = replace(found, compensated=found.compensated + event.amount)
        return None

    patch.setitem(HANDLERS, e.CompensationPaid, pays_any)


def campaigns_never_run_out(patch: pytest.MonkeyPatch) -> None:
    """The last voucher does not end its campaign (section 2.3)."""
    issue = rebate._issue

    def goes_on(change: Change, earner: Order, campaign: Any) -> None:
        issue(change, earner, campaign)
        change.campaigns[campaign.key] = replace(change.campaigns[campaign.key], ended=None)

    patch.setattr(rebate, "_issue", goes_on)


def anybody_uses_a_voucher(patch: pytest.MonkeyPatch) -> None:
    """The buyer of the order is not looked at (section 3.1)."""
    usable = voucher.usable

    def lends(change: Change, event: e.OrderPlaced) -> Voucher | Refusal | None:
        known = change.state.vouchers.get(str(event.voucher))
        return usable(change, replace(event, buyer=known.buyer) if known is not None else event)

    patch.setattr(voucher, "usable", lends)


def used_vouchers_are_used_again(patch: pytest.MonkeyPatch) -> None:
    """The status of the voucher is not looked at (section 3.1)."""

    def any_status(change: Change, event: e.OrderPlaced) -> Voucher | Refusal | None:
        if event.voucher is UNSET:
            return None
        known = change.state.vouchers.get(event.voucher)
        owned = known is not None and known.buyer == event.buyer and known.status in ("available", "used")
        return known if owned else Refusal("voucher_unavailable", "")

    patch.setattr(voucher, "usable", any_status)
    patch.setitem(VOUCHER, ("used", "placed with"), ("locked",))


def cancelling_keeps_the_voucher_locked(patch: pytest.MonkeyPatch) -> None:
    """A cancelled order does not release its voucher (section 3.6)."""

    def cancels(change: Change, event: e.OrderCancelled) -> Refusal | None:
        found = order.find(change, event)
        if isinstance(found, Refusal):
            return found
        change.orders[found.key] = replace(found, status="cancelled")
        return None

    patch.setitem(HANDLERS, e.OrderCancelled, cancels)


def refunded_units_stay_sold(patch: pytest.MonkeyPatch) -> None:
    """A refund after receipt is not subtracted (section 7.3)."""
    patch.setattr(sales, "count_refunded", does_nothing)


def _allocate_loses_a_fen(patch: pytest.MonkeyPatch, module: Any) -> None:
    def loses(total: int, weights: list[int]) -> list[int]:
        parts = money.allocate(total, weights)
        largest = parts.index(max(parts))
        return [part - (place == largest and part > 0) for place, part in enumerate(parts)]

    patch.setattr(module, "allocate", loses)


def a_fen_of_the_voucher_is_lost(patch: pytest.MonkeyPatch) -> None:
    """The parts of the lines do not add up to the voucher (section 3)."""
    _allocate_loses_a_fen(patch, order)


def a_fen_of_the_refund_is_lost(patch: pytest.MonkeyPatch) -> None:
    """A refund by amount is a fen less (section 9.2)."""
    _allocate_loses_a_fen(patch, refund)


def recovering_forgets_the_debt(patch: pytest.MonkeyPatch) -> None:
    """What came back lowers what is left of the voucher, not what is owed (section 6)."""

    def recovers(change: Change, used: Voucher, fen: int) -> None:
        change.vouchers[used.code] = replace(used, left=used.left - fen)

    patch.setattr(voucher, "recover", recovers)


def requests_freeze_nothing(patch: pytest.MonkeyPatch) -> None:
    """An open refund leaves the voucher usable (section 5.1)."""
    patch.setattr(voucher, "freeze", does_nothing)


def ticks_forget_the_frozen(patch: pytest.MonkeyPatch) -> None:
    """Only available vouchers expire (section 10)."""
    patch.setattr(state, "EXPIRING", ("available",))


def stopping_returns_nothing(patch: pytest.MonkeyPatch) -> None:
    """A stopped campaign keeps what it did not issue (section 2.3)."""

    def stops(change: Change, event: e.CampaignStopped) -> Refusal | None:
        found = change.state.campaigns.get(event.campaign_key)
        if found is None or found.status(change.at) not in ("scheduled", "running"):
            return Refusal("wrong_state", "")
        change.campaigns[found.key] = replace(found, ended="stopped")
        return None

    patch.setitem(HANDLERS, e.CampaignStopped, stops)


def refunds_come_from_the_order_for_ever(patch: pytest.MonkeyPatch) -> None:
    """A refund after receipt is taken from the order's account, not from sales (section 8)."""
    patch.setattr(Order, "funds", property(lambda self: self.account))


def expired_value_goes_to_nobody(patch: pytest.MonkeyPatch) -> None:
    """An expired or reclaimed voucher keeps its value (section 8)."""
    patch.setattr(Change, "return_value", does_nothing)


def refused_payments_are_noted(patch: pytest.MonkeyPatch) -> None:
    """A payment leaves a trace even where it is refused (section 10)."""

    def pays(change: Change, event: e.OrderPaid) -> Refusal | None:
        change.state.completed["nobody"] += 1
        return order.pay(change, event)

    patch.setitem(HANDLERS, e.OrderPaid, pays)


def refused_ids_are_taken(patch: pytest.MonkeyPatch) -> None:
    """The id of a refused event is remembered (section 10)."""
    real = settle.settle
    refused: WeakKeyDictionary[State, set[str]] = WeakKeyDictionary()

    def remembers(known: State, event: Any, line: int = 1) -> list[Any]:
        keys = refused.setdefault(known, set())
        if event.key in keys:
            return [out.EventDuplicate("", event.id, event.shop)]
        found = real(known, event, line)
        if isinstance(found[0], out.EventRefused):
            keys.add(event.key)
        return found

    patch.setattr(settle, "settle", remembers)


def applied_events_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    """An event that comes again is taken for a new one (section 10)."""
    real = settle.settle

    def forgets(known: State, event: Any, line: int = 1) -> list[Any]:
        if known.events.get(event.key) == content_of(event):
            del known.events[event.key]
        return real(known, event, line)

    patch.setattr(settle, "settle", forgets)


FAULTS: tuple[tuple[Fault, str, Policy], ...] = (
    (used_vouchers_do_not_lapse, "buyers", "any"),
    (used_vouchers_do_not_lapse, "debts", "threshold"),
    (locked_vouchers_are_forgotten, "buyers", "any"),
    (locked_vouchers_are_forgotten, "freezing", "threshold"),
    (what_is_withheld_is_paid_out_too, "buyers", "any"),
    (what_is_withheld_goes_to_nobody, "fees", "any"),
    (stopping_returns_nothing, "accounts", "any"),
    (refunds_come_from_the_order_for_ever, "accounts", "threshold"),
    (what_was_bought_back_is_not_posted, "external", "any"),
    (everything_is_bought_back, "payouts", "any"),
    (compensations_have_no_end, "payouts", "threshold"),
    (campaigns_never_run_out, "prepaid", "any"),
    (anybody_uses_a_voucher, "single_use", "any"),
    (used_vouchers_are_used_again, "single_use", "threshold"),
    (cancelling_keeps_the_voucher_locked, "single_use", "any"),
    (refunded_units_stay_sold, "sold", "any"),
    (a_fen_of_the_voucher_is_lost, "lines", "any"),
    (recovering_forgets_the_debt, "debts", "any"),
    (requests_freeze_nothing, "freezing", "any"),
    (ticks_forget_the_frozen, "expiry", "threshold"),
    (a_fen_of_the_refund_is_lost, "named", "any"),
    (what_is_withheld_is_paid_out_too, "even", "any"),
    (everything_is_bought_back, "even", "threshold"),
    (recovering_forgets_the_debt, "nobody_owes", "any"),
    (expired_value_goes_to_nobody, "marketing_is_fees", "any"),
    (refunds_come_from_the_order_for_ever, "sales_are_compensations", "any"),
    (stopping_returns_nothing, "empty", "any"),
    (refunded_units_stay_sold, "nothing_sold", "any"),
    (refused_payments_are_noted, "changed_nothing", "any"),
    (refused_ids_are_taken, "id_stays_free", "any"),
    (applied_events_are_forgotten, "duplicate", "any"),
)
"""A broken rule, the clause that must find it, and the policy under which it is searched for."""


@pytest.mark.parametrize(
    ("fault", "clause", "policy"), FAULTS, ids=[f"{f.__name__}-{c}" for f, c, _ in FAULTS]
)
def test_the_clause_finds_the_fault(
    fault: Fault, clause: str, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    moment = {name: check for name, check in MOMENT.items() if name == clause}
    end = {name: check for name, check in END.items() if name == clause}
    with pytest.raises(BrokenLawError) as found:
        run(machine_of(RunMachine, policy=policy, clauses=moment, end=end), SEARCH)
    assert found.value.clause == clause


def test_every_clause_has_a_fault_that_it_finds() -> None:
    assert {clause for _, clause, _ in FAULTS} >= MOMENT.keys() | END.keys()


# --- broken storage -------------------------------------------------------------------------------


def campaigns_are_not_loaded(patch: pytest.MonkeyPatch) -> None:
    """A batch knows only the campaigns that were funded in itself."""
    gather = gathering.gather

    def forgets(*args: Any) -> Any:
        gathered = gather(*args)
        gathered.state._funded.clear()
        return gathered

    patch.setattr(actions, "gather", forgets)


def nothing_is_rolled_back(patch: pytest.MonkeyPatch) -> None:
    """Each statement is committed by itself."""
    patch.setattr(actions, "transaction", SimpleNamespace(atomic=lambda *args, **fields: nullcontext()))
    # The writes of few events go out at once, in the end: PostgreSQL would keep or take back all of them.
    patch.setattr(postgres, "_COPY_FROM", 0)


def postings_are_written_wrong(patch: pytest.MonkeyPatch) -> None:
    """The log of postings is a fen off."""
    real = tables.posting_row

    def one_more(posting: Posting, *args: Any) -> Any:
        return real(replace(posting, amount=posting.amount + 1), *args)

    patch.setattr(tables, "posting_row", one_more)


@pytest.mark.parametrize(
    ("fault", "clause"),
    [
        (campaigns_are_not_loaded, "any_cutting"),
        (nothing_is_rolled_back, "all_or_nothing"),
        (postings_are_written_wrong, "stored_accounts"),
    ],
)
def test_the_clause_finds_the_fault_in_the_database(
    fault: Fault, clause: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    with pytest.raises(BrokenLawError) as found:
        run(machine_of(StoredMachine, alias=database, clauses={}, end={}), SEARCH)
    assert found.value.clause == clause
