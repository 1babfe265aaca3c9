"""A book kept beside the rules: it reads only the events that went in, the decisions that came out and the
postings, and adds up who paid what and which voucher is where. The law is held against this book."""

from collections import Counter

from pinback.rules import decisions as out
from pinback.rules import events as e
from pinback.rules.decisions import Decision
from pinback.rules.records import Line, Order, Posting


class Book:
    """Sums in fen, by buyer, shop, order or account."""

    def __init__(self) -> None:
        self.paid_in: Counter[str] = Counter()
        self.paid_out: Counter[str] = Counter()
        self.fees: Counter[str] = Counter()
        self.compensations: Counter[str] = Counter()
        self.accounts: Counter[str] = Counter()
        self.owed: dict[str, int] = {}
        self.buyers: dict[str, str] = {}
        self.cash: dict[str, int] = {}
        self.refunded: Counter[str] = Counter()
        self.bought_back: Counter[str] = Counter()
        self.payouts: Counter[str] = Counter()
        self.compensated: Counter[str] = Counter()
        self.vouchers: dict[str, str] = {}
        self.owners: dict[str, str] = {}
        self.placed_with: dict[str, str] = {}
        self.spent_in: dict[str, str] = {}
        self.offences: list[str] = []
        self.seen: dict[str, tuple[Order, tuple[Line, ...]]] = {}
        self.latest: e.Event | None = None
        self.latest_decisions: list[Decision] = []

    def note(self, event: e.Event, decisions: list[Decision], postings: list[Posting]) -> None:
        """Write down an applied event."""
        self.latest, self.latest_decisions = event, decisions
        for posting in postings:
            self.accounts[posting.source] -= posting.amount
            self.accounts[posting.target] += posting.amount
        if isinstance(event, e.OrderPlaced):
            self._note_placing(event)
        for decision in decisions:
            self._note_decision(decision, event)
        self._note_money(event)

    def _note_placing(self, event: e.OrderPlaced) -> None:
        self.buyers[event.order_key] = event.buyer
        code = event.voucher
        if isinstance(code, str):
            if self.vouchers.get(code) != "available":
                self.offences.append(f"{event.order_key} is placed with {code}: {self.vouchers.get(code)}")
            if self.owners.get(code) != event.buyer:
                self.offences.append(f"{event.order_key} of {event.buyer} is placed with another's {code}")
            self.placed_with[event.order_key] = code

    def _note_decision(self, decision: Decision, event: e.Event) -> None:
        match decision:
            case out.VoucherIssued(voucher=code):
                self.vouchers[code], self.owners[code] = "available", decision.buyer
            case out.VoucherChanged(voucher=code, status=status):
                self.vouchers[code] = status
                self._note_use(code, status, event)
            case out.DebtChanged():
                self.owed[f"{decision.owed_to}/{decision.buyer}"] = decision.debt
            case out.RefundSettled():
                key = f"{decision.shop}/{decision.order}"
                self.paid_out[self.buyers[key]] += decision.payout
                self.payouts[key] += decision.payout
                self.refunded[key] += decision.cash
                self.bought_back[key] += decision.bought_back

    def _note_use(self, code: str, status: str, event: e.Event) -> None:
        if status != "used":
            self.spent_in.pop(code, None)
        elif not isinstance(event, e.OrderPaid) or self.placed_with.get(event.order_key) != code:
            self.offences.append(
                f"{code} is used by {event.type}, which does not pay an order placed with it"
            )
        elif code in self.spent_in:
            self.offences.append(f"{code} is used by {event.order_key} and by {self.spent_in[code]}")
        else:
            self.spent_in[code] = event.order_key

    def _note_money(self, event: e.Event) -> None:
        match event:
            case e.OrderPaid():
                self.paid_in[self.buyers[event.order_key]] += event.amount
                self.cash[event.order_key] = event.amount
            case e.DebtPaid():
                self.paid_in[event.buyer] += event.amount
            case e.CampaignFunded():
                self.fees[event.shop] += event.amount
            case e.CompensationPaid():
                self.compensations[event.shop] += event.amount
                self.compensated[event.order_key] += event.amount
