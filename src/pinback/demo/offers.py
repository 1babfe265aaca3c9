"""How shops of the demo draw people in, and get their money out: activities, campaigns, links, payouts."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random

from pinback.accounts.actors import Actor
from pinback.accounts.queries import actor_of_person
from pinback.demo.plan import ACTIVITIES, ActivityPlan, CampaignPlan
from pinback.demo.stage import Stage
from pinback.kit.ids import public_id
from pinback.marketing import actions as marketing
from pinback.marketing.funds.balances import balance_of
from pinback.marketing.rules import LinkKind
from pinback.payments.actions.deciding import decide_payment
from pinback.rules.instants import zone

Later = Callable[[datetime, Callable[[datetime], object]], None]

_ZONE = zone("Asia/Shanghai")
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def _midnight(moment: datetime) -> datetime:
    """The last midnight of the demo's shops before a moment."""
    return moment.astimezone(_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)


class Offers:
    """What shops begin by themselves, up to `until`."""

    def __init__(self, stage: Stage, after: Later, chance: Random, *, until: datetime) -> None:
        self._stage = stage
        self._after = after
        self._chance = chance
        self._until = until
        self._activities: dict[int, str] = {}

    def begin(self, campaigns: list[CampaignPlan]) -> None:
        """Put in all of it."""
        for number, activity in enumerate(ACTIVITIES):
            self._after(self._until - activity.announced_ago, partial(self._announce, number, activity))
        for plan in campaigns:
            self._after(self._until - plan.ago, partial(self._campaign, plan))
        payouts = (
            (0, 6 * _DAY, "paid"),
            (1, 4 * _DAY, "refused"),
            (1, 40 * _HOUR, "paid"),
            (2, 30 * _HOUR, ""),
        )
        for shop, ago, ending in (*payouts, (0, 9 * _HOUR, ""), (1, 5 * _HOUR, "")):
            if shop < len(self._stage.shops):
                self._after(self._until - ago, partial(self._pay_out, shop, ending))

    def share(self, kind: LinkKind, target: str, acting: Actor, visitors: int, now: datetime) -> int:
        """Share something with so many who come to look within some hours; the key of the link."""
        link = marketing.share(kind, target, acting=acting, now=now)
        for _visitor in range(visitors):
            moment = now + timedelta(minutes=self._chance.randrange(1, 400))
            # Somebody comes again now and then.
            visitor = f"visitor {self._chance.randrange(900)}"
            self._after(moment, partial(self._follow, public_id(link.pk), visitor))
        return link.pk

    @staticmethod
    def _follow(link: str, visitor: str, now: datetime) -> None:
        marketing.follow(link, visitor=visitor, now=now)

    def _announce(self, number: int, plan: ActivityPlan, now: datetime) -> None:
        terms = marketing.ActivityTerms(
            name=plan.name,
            about=plan.about,
            starts_at=_midnight(self._until + plan.starts_in),
            ends_at=_midnight(self._until + plan.ends_in),
            standard=plan.standard,
        )
        made = marketing.announce(terms, acting=actor_of_person(self._stage.operator), now=now)
        self._activities[number] = public_id(made.pk)
        for hours, shop in enumerate(plan.shops, start=1):
            if shop < len(self._stage.shops):
                self._after(now + hours * _HOUR, partial(self._sign_up, shop, public_id(made.pk)))

    def _sign_up(self, shop: int, activity: str, now: datetime) -> None:
        acting = actor_of_person(self._stage.owners[shop])
        marketing.sign_up(self._stage.shops[shop].name, activity, acting=acting, now=now)

    def _campaign(self, plan: CampaignPlan, now: datetime) -> None:
        shop, acting = self._stage.shops[plan.shop].name, actor_of_person(self._stage.owners[plan.shop])
        activity = None if plan.activity is None else self._activities[plan.activity]
        row = marketing.create(shop, plan.name, plan.terms, activity=activity, acting=acting, now=now)
        made = public_id(row.pk)
        if plan.stopped_ago is not None:
            end = marketing.abandon if plan.is_draft else marketing.stop
            stopped = self._until - plan.stopped_ago
            self._after(stopped, lambda moment: end(shop, made, acting=acting, now=moment))
        if plan.is_draft:
            return
        payment = marketing.pay(shop, made, "wechat", acting=acting, now=now)
        decide_payment(payment.number, "paid", now=now)
        for days in (1, 3, 6):
            moment = now + days * _DAY
            self._after(moment, lambda at: self.share("campaign", made, acting, 12, at))

    def _pay_out(self, number: int, ending: str, now: datetime) -> None:
        """A shop asks for half of what there is, of its proceeds or else of its marketing balance."""
        shop, acting = self._stage.shops[number], actor_of_person(self._stage.owners[number])
        for account in ("sales", "marketing"):
            half = balance_of(shop, account).available_minor // 2
            if half < 1:
                continue
            payout = marketing.request_payout(
                shop.name,
                account,
                half,
                acting=acting,
                now=now,
            )
            if ending:
                decided = partial(self._decide, public_id(payout.pk), ending)
                self._after(now + 3 * _HOUR, decided)
            return

    def _decide(self, payout: str, ending: str, now: datetime) -> None:
        operator = actor_of_person(self._stage.operator)
        if ending == "paid":
            marketing.mark_paid(payout, note="Bank transfer 工商银行", acting=operator, now=now)
        else:
            marketing.refuse_payout(
                payout, note="The account's name is not the shop's.", acting=operator, now=now
            )
