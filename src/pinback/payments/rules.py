"""What can become of a payment and of money that goes out: two tables from (state, event) to state.

An event that is not in a table for a state is news that comes out of order, or again, and changes nothing.
"""

PAYMENT_STATES = (
    "created",
    "pending",
    "succeeded",
    "late",
    "mismatched",
    "unneeded",
    "closed",
    "failed",
)
PAYMENT_EVENTS = ("prepared", "taken", "too_late", "not_needed", "wrong_amount", "closed", "failed")

_MONEY_CAME_IN = {
    "taken": "succeeded",
    "too_late": "late",
    "not_needed": "unneeded",
    "wrong_amount": "mismatched",
}
PAYMENT_MOVES: dict[tuple[str, str], str] = {
    ("created", "prepared"): "pending",
    ("created", "closed"): "closed",
    ("created", "failed"): "failed",
    ("pending", "closed"): "closed",
    ("pending", "failed"): "failed",
    # Money that comes in after we, or the provider, gave the payment up is money all the same.
    **{
        (state, event): after
        for state in ("created", "pending", "closed", "failed")
        for event, after in _MONEY_CAME_IN.items()
    },
}

OUT_STATES = ("pending", "sent", "confirmed", "failed", "bounced")
OUT_EVENTS = ("accepted", "refused", "confirmed", "given_up", "retried", "paid_by_hand")

OUT_MOVES: dict[tuple[str, str], str] = {
    ("pending", "accepted"): "sent",
    ("pending", "refused"): "pending",
    ("pending", "confirmed"): "confirmed",
    ("pending", "given_up"): "failed",
    ("sent", "refused"): "pending",
    ("sent", "confirmed"): "confirmed",
    ("sent", "given_up"): "failed",
    # The bank sent the money back after the provider had said yes.
    ("confirmed", "refused"): "bounced",
    ("failed", "confirmed"): "confirmed",
    ("failed", "retried"): "pending",
    ("failed", "paid_by_hand"): "confirmed",
    ("bounced", "retried"): "pending",
    ("bounced", "paid_by_hand"): "confirmed",
}

OPEN_PAYMENT = ("created", "pending")
OPEN_OUT = ("pending", "sent")

MOST_TRIES = 6
"""So often a provider is asked for a refund that it refuses, before a person has to look."""

_SENDING_DIGITS = 3
_FIRST_WAIT_SECONDS = 30
_LONGEST_WAIT_SECONDS = 3600


def payment_after(state: str, event: str) -> str | None:
    """The state of a payment after an event; None when the event changes nothing."""
    return PAYMENT_MOVES.get((state, event))


def out_after(state: str, event: str) -> str | None:
    """The state of money out after an event; None when the event changes nothing."""
    return OUT_MOVES.get((state, event))


def number_of(out: str, sending: int) -> str:
    """The number of money out (its public id) at the provider, for its first, second … sending."""
    return f"r{out}{sending:0{_SENDING_DIGITS}d}"


def sending_of(number: str) -> tuple[str, int] | None:
    """What all numbers of one money out begin with, and which sending a number is of; None: it is no
    number.
    """
    beginning, sending = number[:-_SENDING_DIGITS], number[-_SENDING_DIGITS:]
    if not beginning or len(sending) < _SENDING_DIGITS or not (sending.isascii() and sending.isdigit()):
        return None
    return beginning, int(sending)


def wait_seconds(tries: int, *, jitter: int = 0) -> int:
    """How long to wait after so many tries: 30 s, doubled each time, at most an hour, and `jitter` of 0 to
    100 percent of a quarter of it on top, so that what failed together is not tried together.
    """
    wait = min(_FIRST_WAIT_SECONDS << min(max(tries - 1, 0), 10), _LONGEST_WAIT_SECONDS)
    return wait + wait * jitter // 400
