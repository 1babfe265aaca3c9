"""The states of a case as a table, what happens when a deadline passes, and what may be given as
compensation.
"""

from datetime import datetime, timedelta
from typing import Final, Literal, get_args

CASE: Final[dict[tuple[str, str], str]] = {
    ("waiting_for_shop", "agree"): "refunding",
    ("waiting_for_shop", "agree_return"): "waiting_for_return",
    ("waiting_for_shop", "refuse"): "refused",
    ("waiting_for_shop", "withdraw"): "withdrawn",
    ("waiting_for_shop", "get_stuck"): "with_operator",
    ("waiting_for_return", "send_back"): "returning",
    ("waiting_for_return", "withdraw"): "withdrawn",
    ("waiting_for_return", "lapse"): "lapsed",
    ("returning", "confirm_return"): "refunding",
    ("returning", "refuse"): "refused",
    ("returning", "get_stuck"): "with_operator",
    ("refused", "agree"): "refunding",
    ("refused", "agree_return"): "waiting_for_return",
    ("refused", "escalate"): "with_operator",
    ("refused", "withdraw"): "withdrawn",
    ("refused", "lapse"): "lapsed",
    ("with_operator", "decide_for_buyer"): "refunding",
    ("with_operator", "decide_for_shop"): "rejected",
    ("with_operator", "withdraw"): "withdrawn",
    ("refunding", "arrive"): "refunded",
    ("refunding", "get_stuck"): "with_operator",
}
"""(state, event) → state."""

CLOSED: Final = frozenset({"refunded", "withdrawn", "lapsed", "rejected"})
CLOSED_WITHOUT_REFUND: Final = CLOSED - {"refunded"}

TURN: Final[dict[str, timedelta]] = {
    "waiting_for_shop": timedelta(hours=48),
    "waiting_for_return": timedelta(days=7),
    "returning": timedelta(days=7),
    "refused": timedelta(days=3),
}
"""How long whoever's turn it is has. The operator, and money, have no deadline."""

TRY_AGAIN: Final = timedelta(minutes=5)
"""How soon a refund is started again that waits for other money of its order."""

Reason = Literal[
    "changed_mind",
    "not_as_described",
    "damaged",
    "wrong_item",
    "missing_parts",
    "not_arrived",
    "late",
    "price_dropped",
    "agreed_with_shop",
    "other",
]
REASONS: Final[tuple[str, ...]] = get_args(Reason)
MOST_PHOTOS: Final = 6

REVIEW_WORDS: Final = (
    "review",
    "rating",
    "feedback",
    "5 star",
    "5-star",
    "five star",
    "five-star",
    "好评",
    "差评",
    "中评",
    "评价",
    "评论",
    "评分",
    "追评",
    "五星",
    "5星",
)
"""Words that tie money to what a buyer says in public. Compensation with one of them is refused: money for
reviews is not compensation. A reader of texts is fooled easily; the list is a fence, not a wall.
"""


def after(state: str, event: str) -> str | None:
    """The state after an event; None: not now."""
    return CASE.get((state, event))


def is_done(state: str, event: str) -> bool:
    """Whether an event has had its effect already, so that the same click again is harmless."""
    results = {target for (_state, known), target in CASE.items() if known == event}
    return state in results or ("refunding" in results and state == "refunded")


def agreeing(kind: str, *, is_sent_back: bool = False) -> str:
    """What a shop's agreement is for a kind of case: the money, or the return first, unless that was sent."""
    return "agree" if kind == "refund_only" or is_sent_back else "agree_return"


def on_deadline(state: str, kind: str) -> str | None:
    """The event that happens when a deadline passes; None: none."""
    if state == "waiting_for_shop":
        return agreeing(kind)
    return {"waiting_for_return": "lapse", "refused": "lapse", "returning": "confirm_return"}.get(state)


def deadline_after(state: str, now: datetime) -> datetime | None:
    """Until when it is somebody's turn in a state that begins now."""
    turn = TURN.get(state)
    return None if turn is None else now + turn


def speaks_of_reviews(text: str) -> bool:
    """Whether a text ties money to a review (`REVIEW_WORDS`)."""
    folded = " ".join(text.casefold().split())
    return any(word in folded for word in REVIEW_WORDS)
