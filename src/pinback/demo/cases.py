"""What buyers of the demo are unhappy with, and how shops and the operator answer them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle
from random import Random

from pinback.accounts.models import Person
from pinback.accounts.queries import actor_of_person
from pinback.checkout.models import Order
from pinback.desk import actions as desk
from pinback.kit.ids import public_id

_ENDINGS = ("agree", "return", "refuse", "agree", "escalate", "wait", "withdraw", "agree", "reject")


class Cases:
    """Opens cases, and lets them end in turn in each way there is."""

    def __init__(
        self, after: Callable[[datetime, Callable[[datetime], object]], None], chance: Random
    ) -> None:
        self._after = after
        self._chance = chance
        self._endings = cycle(_ENDINGS)

    def ask(self, order: Order, owner: Person, operator: Person, now: datetime) -> None:
        """The buyer asks for money back: all of it, or a unit."""
        ending = next(self._endings)
        part = self._chance.random() < 0.4
        asked = desk.Asked(
            kind="return_and_refund" if ending == "return" else "refund_only",
            scope="units" if part else "whole",
            lines=[(1, 1)] if part else [],
            reason=self._chance.choice(("changed_mind", "damaged", "not_as_described", "late")),
        )
        case = public_id(
            desk.open_case(public_id(order.pk), asked, acting=actor_of_person(order.buyer), now=now).pk
        )
        hours = timedelta(hours=self._chance.randrange(2, 30))
        self._after(now + hours, partial(self._answer, case, ending, order.buyer, owner, operator))

    def _answer(
        self, case: str, ending: str, buyer: Person, owner: Person, operator: Person, now: datetime
    ) -> None:
        buying, selling = actor_of_person(buyer), actor_of_person(owner)
        if ending in ("agree", "return"):
            desk.agree(case, acting=selling, now=now)
        elif ending in ("refuse", "escalate", "reject"):
            desk.refuse(case, "It was fine when it left us.", acting=selling, now=now)
        elif ending == "withdraw":
            desk.withdraw(case, acting=buying, now=now)
        later = now + timedelta(hours=self._chance.randrange(3, 24))
        if ending == "return":
            self._after(later, lambda at: desk.send_back(case, "sandbox", f"RT{case}", acting=buying, now=at))
            self._after(
                later + timedelta(days=2), lambda at: desk.confirm_return(case, acting=selling, now=at)
            )
        elif ending in ("escalate", "reject"):
            self._after(later, lambda at: desk.escalate(case, acting=buying, now=at))
            self._after(
                later + timedelta(hours=20),
                lambda at: desk.decide(
                    case, for_buyer=ending == "escalate", acting=actor_of_person(operator), now=at
                ),
            )
