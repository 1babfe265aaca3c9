"""Counts what a run reaches, so that one can see that its world is lively."""

from collections import Counter

from simulation.auditing.records import Fields

LIVELY = (
    "applied", "duplicates", "late by a day", "sent again", "failing groups", "campaigns exhausted",
    "campaigns stopped", "vouchers issued", "vouchers used", "vouchers expired", "vouchers frozen",
    "vouchers thawed", "vouchers reclaimed unused", "locked vouchers reclaimed",
    "vouchers back from failed deals",
    "pending", "pending, then issued", "pending, then not eligible", "withheld", "debts made", "debts shrunk",
    "taken back", "bought back", "compensations",
)  # fmt: skip
"""What every world of some weeks reaches."""


class Tally:
    """Counts by name; it keeps each voucher's and order's latest status to tell what a change was."""

    def __init__(self, counts: Counter[str]) -> None:
        self.counts = counts
        self._vouchers: dict[str, str] = {}
        self._pending: dict[str, None] = {}
        self._debts: dict[tuple[str, str], int] = {}

    def note(self, event: Fields, verdict: str, answer: list[Fields]) -> None:
        """One answered event."""
        if verdict == "duplicate":
            self.counts["duplicates"] += 1
        elif verdict == "applied":
            self.counts["applied"] += 1
            self.counts["compensations"] += event["type"] == "compensation.paid"
            for decision in answer[1:]:
                for name in self._names(decision):
                    self.counts[name] += 1
        else:
            self.counts[f"refused {verdict}"] += 1

    def _names(self, decision: Fields) -> list[str]:
        match decision["type"]:
            case "campaign.ended":
                return [f"campaigns {decision['reason']}"]
            case "order.closed":
                return ["locked vouchers reclaimed"]
            case "voucher.issued":
                self._vouchers[decision["voucher"]] = "available"
                return ["vouchers issued"]
            case "voucher.changed":
                return self._voucher(decision)
            case "refund.settled":
                names = {"withheld": "withheld", "taken_back": "taken back", "bought_back": "bought back"}
                return [name for field, name in names.items() if decision[field]]
            case "rebate.decided":
                return self._rebate(decision)
            case "debt.changed":
                key = (decision["owed_to"], decision["buyer"])
                before, self._debts[key] = self._debts.get(key, 0), decision["debt"]
                return ["debts made" if decision["debt"] > before else "debts shrunk"]
        return []

    def _voucher(self, decision: Fields) -> list[str]:
        code, status = decision["voucher"], decision["status"]
        was, self._vouchers[code] = self._vouchers.get(code, "?"), status
        if status == "available":
            return {"frozen": ["vouchers thawed"], "used": ["vouchers back from failed deals"]}.get(was, [])
        if status == "reclaimed":
            return (
                ["vouchers reclaimed unused"] if was != "used" else ["vouchers reclaimed after a failed deal"]
            )
        return [f"vouchers {status}"] if status in ("used", "expired", "frozen") else []

    def _rebate(self, decision: Fields) -> list[str]:
        key = f"{decision['shop']}/{decision['order']}"
        if decision["rebate"] == "pending":
            self._pending[key] = None
            return ["pending"]
        names = [f"not eligible: {decision['reason']}"] if decision["reason"] else []
        if key in self._pending:
            del self._pending[key]
            names.append(
                "pending, then issued" if decision["rebate"] == "issued" else "pending, then not eligible"
            )
        return names
