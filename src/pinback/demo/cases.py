"""What buyers of the demo are unhappy with, and how shops and the operator answer them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle
from random import Random

from pinback.accounts.models import Person
from pinback.accounts.queries import actor_of_person
from pinback.checkout.models import Order
from pinback.demo import voices
from pinback.demo.drawing import draw_damage
from pinback.desk import actions as desk
from pinback.kit.ids import public_id

_ENDINGS = ("agree", "return", "refuse", "agree", "escalate", "wait", "withdraw", "agree", "reject")
_REFUSED = ("refuse", "escalate", "reject", "appeal")
_RETURNED = ("return", "on_its_way", "to_send_back")

Later = Callable[[datetime, Callable[[datetime], object]], None]


class Cases:
    """Opens cases, and lets them end in turn in each way there is."""

    def __init__(self, after: Later, chance: Random) -> None:
        self._after = after
        self._chance = chance
        self._endings = cycle(_ENDINGS)

    def ask(self, order: Order, owner: Person, operator: Person, now: datetime) -> None:
        """The buyer asks for money back: all of it, or a unit."""
        self.ask_to_end(next(self._endings), order, owner, operator, now)

    def ask_to_end(self, ending: str, order: Order, owner: Person, operator: Person, now: datetime) -> None:
        """The same, with an ending: one of `_ENDINGS`, or one that stays open: `appeal` is left to the
        operator, `on_its_way` and `to_send_back` are returns that wait for the shop and for the buyer.
        """
        chance = self._chance
        part = chance.random() < 0.4
        reason, text = voices.complaint(chance)
        asked = desk.Asked(
            kind="return_and_refund" if ending in _RETURNED else "refund_only",
            scope="units" if part else "whole",
            lines=[(1, 1)] if part else [],
            reason=reason,
            text=text,
        )
        buying = actor_of_person(order.buyer)
        case = public_id(desk.open_case(public_id(order.pk), asked, acting=buying, now=now).pk)
        if reason == "damaged":
            desk.add_photo(case, draw_damage(chance), acting=buying, now=now)
        hours = timedelta(hours=chance.randrange(2, 14))
        self._after(now + hours, partial(self._answer, case, ending, order.buyer, owner, operator))

    def _answer(
        self, case: str, ending: str, buyer: Person, owner: Person, operator: Person, now: datetime
    ) -> None:
        buying, selling = actor_of_person(buyer), actor_of_person(owner)
        later = now + timedelta(hours=self._chance.randrange(3, 16))
        if ending == "agree" or ending in _RETURNED:
            desk.agree(case, acting=selling, now=now)
        elif ending in _REFUSED:
            desk.refuse(case, voices.refusal(self._chance), acting=selling, now=now)
        elif ending == "withdraw":
            desk.withdraw(case, acting=buying, now=now)
        if ending in ("return", "on_its_way"):
            self._after(later, lambda at: desk.send_back(case, "sandbox", f"RT{case}", acting=buying, now=at))
        if ending == "return":
            received = later + timedelta(days=2)
            self._after(received, lambda at: desk.confirm_return(case, acting=selling, now=at))
        if ending in ("escalate", "reject", "appeal"):
            self._after(later, lambda at: desk.escalate(case, acting=buying, now=at))
        if ending in ("escalate", "reject"):
            self._after(
                later + timedelta(hours=20),
                partial(self._decide, case, operator, for_buyer=ending == "escalate"),
            )

    @staticmethod
    def _decide(case: str, operator: Person, now: datetime, *, for_buyer: bool) -> None:
        desk.decide(
            case,
            for_buyer=for_buyer,
            note=voices.verdict(for_buyer=for_buyer),
            acting=actor_of_person(operator),
            now=now,
        )
