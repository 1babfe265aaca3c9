"""Counts what runs reach, from events and decisions, so that a test can hold that they go deep."""

from collections import Counter
from copy import copy

from pinback.rules import decisions as out
from pinback.rules import events as e
from pinback.rules.decisions import Decision
from pinback.rules.state import State


class Labels:
    """How often each thing worth counting has happened."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.statuses: dict[str, str] = {}
        self.rebates: dict[str, str] = {}
        self.debts: dict[str, int] = {}

    def __copy__(self) -> "Labels":
        other = Labels()
        for name, value in vars(self).items():
            setattr(other, name, copy(value))
        return other

    def count(self, event: e.Event, decisions: list[Decision], state: State) -> None:
        """Count what one event brought about."""
        for decision in decisions:
            self.counts.update(self._of(decision, event, state))
        kinds = {type(decision) for decision in decisions}
        if isinstance(event, e.DebtPaid) and out.EventApplied in kinds:
            self.counts["debt paid"] += 1

    def _of(self, decision: Decision, event: e.Event, state: State) -> list[str]:
        match decision:
            case out.EventRefused(code=code):
                return [f"refused {code}"]
            case out.EventDuplicate():
                return ["duplicate"]
            case out.CampaignEnded(reason=reason):
                return [f"campaign {reason}"]
            case out.RebateDecided():
                return self._of_rebate(decision)
            case out.DebtChanged():
                return self._of_debt(decision, event)
            case out.RefundSettled():
                return self._of_refund(decision, state)
        return self._of_voucher(decision, state)

    def _of_voucher(self, decision: Decision, state: State) -> list[str]:
        match decision:
            case out.VoucherIssued(voucher=code):
                self.statuses[code] = "available"
                return _of_chain(code, state)
            case out.VoucherChanged(voucher=code, status=status):
                was, self.statuses[code] = self.statuses[code], status
                return [f"voucher {was} > {status}", *_of_shops(code, status, state)]
            case out.OrderClosed():
                return ["locked voucher reclaimed"]
        return []

    def _of_rebate(self, decision: out.RebateDecided) -> list[str]:
        key = f"{decision.shop}/{decision.order}"
        was, self.rebates[key] = self.rebates.get(key, "none"), decision.rebate
        found = [f"rebate {decision.rebate} {decision.reason}"]
        return [*found, f"pending > {decision.rebate}"] if was == "pending" else found

    def _of_debt(self, decision: out.DebtChanged, event: e.Event) -> list[str]:
        key = f"{decision.owed_to}/{decision.buyer}"
        was, self.debts[key] = self.debts.get(key, 0), decision.debt
        if decision.debt > was:
            return ["debt arises", *(["second debt"] if was else [])]
        by = event.type if isinstance(event, e.DebtPaid) else "refund"
        return [f"debt shrinks by {by}", *([] if decision.debt else ["debt cleared"])]

    def _of_refund(self, decision: out.RefundSettled, state: State) -> list[str]:
        order = state.orders[f"{decision.shop}/{decision.order}"]
        found = [
            name for name in ("withheld", "bought_back", "taken_back", "debt") if getattr(decision, name)
        ]
        if order.earned is not None and order.rebate == "issued":
            found.append("eligible after a refund")
        if order.received_month is not None:
            found.append("refund after receipt")
        if order.status == "refunded" and order.postage_left:
            found.append("postage kept")
        if decision.withheld and decision.taken_back:
            found.append("withheld and taken back at once")
        return [f"settled: {name}" for name in found]


def _of_chain(code: str, state: State) -> list[str]:
    """A voucher earned by an order that used one, itself earned so, and on."""
    length = 1
    spent = state.orders[state.vouchers[code].source].voucher
    while spent is not None:
        length += 1
        spent = state.orders[state.vouchers[spent].source].voucher
    return [f"chain of {n}" for n in range(2, min(length, 4) + 1)]


def _of_shops(code: str, status: str, state: State) -> list[str]:
    voucher = state.vouchers[code]
    if status == "used" and voucher.holder is not None and not voucher.holder.startswith(f"{voucher.shop}/"):
        return ["used at another shop"]
    return []
