"""Bonus hunters: each knows a dozen orders of actions that made money somewhere once, and shuffles others.

A scheme earns a voucher, uses it, and undoes things in its own order; at the end everything is refunded. What
a hunter then has beyond what they paid must be nothing.
"""

from collections.abc import Callable

from simulation.auditing.records import Fields, Voucher
from simulation.network import DAY, HOUR
from simulation.world import Doing, Plot, Purchase, World, basket

Scheme = Callable[["Hunter"], Plot]


class Hunter:
    """Somebody with several accounts."""

    def __init__(self, world: World, name: str, accounts: int) -> None:
        self.world = world
        self.accounts = [f"{name}.{number}" for number in range(1, accounts + 1)]
        self.purchases: list[Purchase] = []

    def hunt(self) -> Plot:
        """One scheme after the other, for ever."""
        while True:
            yield self.world.hours(8, 48)
            scheme = self.world.rng.choice(SCHEMES)
            self.world.counts[f"scheme {scheme.__name__.replace('_', ' ')}"] += 1
            self.purchases = []
            yield from scheme(self)
            if self.world.chance(75):
                yield from self.cash_out()

    @property
    def account(self) -> str:
        """The first account."""
        return self.accounts[0]

    def pause(self) -> int:
        """A short rest, in seconds."""
        return self.world.rng.choice((60, HOUR, HOUR, 3 * HOUR, 8 * HOUR))

    def place(self, shop: str, buyer: str, cash: int, voucher: Voucher | None = None) -> Purchase:
        """Place an order over a quick line."""
        worth = voucher.amount if voucher is not None else 0
        fields = basket(self.world.rng, cash, worth=worth, postage=self.world.rng.choice((0, 300, 600)))
        if voucher is not None:
            fields["voucher"] = voucher.code
        purchase = Purchase(self.world, shop, buyer, fields, quick=True)
        self.purchases.append(purchase)
        return purchase

    def deal(self, purchase: Purchase) -> Doing[bool]:
        """Pay for an order and see the deal made."""
        yield from self.world.answered(purchase.placing)
        yield from self.world.answered(purchase.pay())
        applied = yield from self.world.answered(purchase.step("order.confirmed"))
        return applied

    def earn(self, buyer: str) -> Doing[tuple[Purchase, Voucher] | None]:
        """Earn a voucher, mostly where it is cheapest; the order and the voucher, if it works."""
        world = self.world
        running = [c for c in world.book.campaigns.values() if c.contains(world.now)]
        if not running:
            return None
        best = max(
            running, key=lambda campaign: (campaign.rebate * 1_000 // campaign.threshold, campaign.key)
        )
        campaign = best if world.chance(50) else world.rng.choice(running)
        purchase = self.place(campaign.shop, buyer, campaign.threshold)
        yield from self.deal(purchase)
        record = purchase.record
        if record is None or record.earned is None:
            return None
        return purchase, world.book.vouchers[record.earned]

    def spend(self, voucher: Voucher, *, deal: bool = True) -> Doing[Purchase]:
        """Use a voucher for a cheap order somewhere."""
        using = self.place(
            self.world.shop(), voucher.buyer, self.world.rng.choice((1, 2, 150, 2_000)), voucher
        )
        if deal:
            yield from self.deal(using)
        else:
            yield from self.world.answered(using.placing)
        return using

    def both(self) -> Doing[tuple[Purchase, Purchase, Voucher] | None]:
        """Earn a voucher and use it: the source order, the using order, the voucher."""
        earned = yield from self.earn(self.account)
        if earned is None:
            return None
        source, voucher = earned
        yield self.pause()
        using = yield from self.spend(voucher)
        return source, using, voucher

    def cash_out(self) -> Plot:
        """Refund all that was paid, cancel all that was not, until both are done."""
        for _ in range(6):
            todo = [
                p
                for p in self.purchases
                if p.status in ("placed", "paid", "confirmed", "shipped", "received")
            ]
            if not todo:
                break
            self.world.rng.shuffle(todo)
            for purchase in todo:
                if purchase.status == "placed":
                    yield from self.world.answered(purchase.step("order.cancelled"))
                else:
                    yield from self.world.answered(purchase.refund())


def refund_the_source_after_using(hunter: Hunter) -> Plot:
    """Keep the cheap goods, send the dear ones back."""
    found = yield from hunter.both()
    if found is not None:
        yield hunter.pause()
        yield from hunter.world.answered(found[0].refund())


def refund_the_use_before_its_deal(hunter: Hunter) -> Plot:
    """The voucher comes back; then the source is refunded, or the other way round."""
    earned = yield from hunter.earn(hunter.account)
    if earned is None:
        return
    source, voucher = earned
    using = yield from hunter.spend(voucher, deal=False)
    yield from hunter.world.answered(using.pay())
    orders = [source, using]
    hunter.world.rng.shuffle(orders)
    for purchase in orders:
        yield hunter.pause()
        yield from hunter.world.answered(purchase.refund())


def refund_the_use_after_its_deal(hunter: Hunter) -> Plot:
    """Cash for the using order, then for the source."""
    found = yield from hunter.both()
    if found is not None:
        source, using, _ = found
        yield from hunter.world.answered(using.refund(**_some(hunter, using)))
        yield hunter.pause()
        yield from hunter.world.answered(source.refund(**_some(hunter, source)))


def refund_the_source_while_locked(hunter: Hunter) -> Plot:
    """The voucher lies in an unpaid order while its source is refunded; that order is paid all the same."""
    earned = yield from hunter.earn(hunter.account)
    if earned is None:
        return
    source, voucher = earned
    using = yield from hunter.spend(voucher, deal=False)
    if hunter.world.chance(40):
        source.ask()
        yield hunter.pause()
    source.refund()
    if hunter.world.chance(50):
        yield from hunter.world.until(lambda: source.status == "refunded")
    yield from hunter.world.answered(using.pay())


def cancel_with_an_open_request(hunter: Hunter) -> Plot:
    """Ask for a refund of the source while the voucher lies in an unpaid order, cancel, withdraw, use."""
    earned = yield from hunter.earn(hunter.account)
    if earned is None:
        return
    source, voucher = earned
    using = yield from hunter.spend(voucher, deal=False)
    refund = source.ask()
    yield hunter.pause()
    using.step("order.cancelled")
    yield hunter.pause()
    again = hunter.place(hunter.world.shop(), hunter.account, 10, voucher)
    yield hunter.pause()
    source.close(refund)
    yield hunter.pause()
    if again.status is None:
        yield from hunter.spend(voucher)


def nibble(hunter: Hunter) -> Plot:
    """Refunds of a fen each, here and there, so that roundings add up."""
    found = yield from hunter.both()
    if found is None:
        return
    for _ in range(hunter.world.rng.randint(2, 6)):
        purchase = hunter.world.rng.choice(found[:2])
        refund = hunter.world.fresh("r", purchase.shop)
        yield from hunter.world.answered(purchase.refund(refund, amount=1))
        if hunter.world.chance(30):
            yield from hunter.world.answered(purchase.refund(refund, amount=1))
    for purchase in found[:2]:
        yield from hunter.world.answered(purchase.refund(**_some(hunter, purchase)))


def take_postage_back(hunter: Hunter) -> Plot:
    """Refunds of postage alone, before and after the goods."""
    found = yield from hunter.both()
    if found is None:
        return
    source, using, _ = found
    for purchase in (source, using, source):
        record = purchase.record
        if record is not None and record.postage_left:
            yield from hunter.world.answered(
                purchase.refund(amount=0, postage=max(1, record.postage_left // 2))
            )
            yield hunter.pause()
    yield from hunter.world.answered(source.refund(postage=0) if hunter.world.chance(30) else source.refund())


def ask_and_withdraw(hunter: Hunter) -> Plot:
    """Requests and withdrawals in a loop, before and after use, until the voucher's time is over."""
    earned = yield from hunter.earn(hunter.account)
    if earned is None:
        return
    source, voucher = earned
    for _ in range(hunter.world.rng.randint(2, 4)):
        refund = source.ask()
        yield hunter.world.rng.choice((HOUR, DAY, DAY))
        source.close(refund)
        yield hunter.pause()
        if voucher.status == "available" and hunter.world.chance(40):
            yield from hunter.spend(voucher, deal=hunter.world.chance(60))
    source.refund()


def hold_past_its_time(hunter: Hunter) -> Plot:
    """Keep a voucher locked in an unpaid order beyond its time, then pay, or cancel and use it."""
    earned = yield from hunter.earn(hunter.account)
    if earned is None:
        return
    _, voucher = earned
    using = yield from hunter.spend(voucher, deal=False)
    yield min(max(voucher.expires_at - hunter.world.now, 0), 4 * DAY) + hunter.world.rng.choice((0, HOUR))
    if hunter.world.chance(40):
        using.pay()
        yield hunter.pause()
        using.refund()
    else:
        using.step("order.cancelled")
        yield hunter.pause()
        yield from hunter.spend(voucher)


def let_go_at_the_last_minute(hunter: Hunter) -> Plot:
    """Cancel, or undo before the deal, in the very minute in which the voucher's time ends."""
    earned = yield from hunter.earn(hunter.account)
    if earned is None:
        return
    _, voucher = earned
    using = yield from hunter.spend(voucher, deal=False)
    paid = hunter.world.chance(50)
    if paid:
        yield from hunter.world.answered(using.pay())
    late = hunter.world.rng.choice((-60, -60, -1, 0, 1))
    yield min(max(voucher.expires_at + late - hunter.world.now, 0), 6 * DAY)
    if paid:
        using.refund()
    else:
        using.step("order.cancelled")
    yield hunter.pause()
    yield from hunter.spend(voucher)


def complain_and_refund(hunter: Hunter) -> Plot:
    """A compensation first, then the whole refund."""
    found = yield from hunter.both()
    if found is None:
        return
    for purchase in found[:2]:
        record = purchase.record
        if record is not None:
            purchase.step(
                "compensation.paid", amount=max(1, record.paid // hunter.world.rng.choice((1, 2, 10)))
            )
            yield hunter.pause()
            purchase.refund()
            purchase.step("compensation.paid", amount=1)
            yield hunter.pause()


def owe_and_pay_a_little(hunter: Hunter) -> Plot:
    """Make a debt, pay a part of it, buy again meanwhile, refund the using order so that the debt shrinks."""
    found = yield from hunter.both()
    if found is None:
        return
    source, using, voucher = found
    yield from hunter.world.answered(source.refund(amount=1))
    yield from hunter.earn(hunter.account)
    for _ in range(3):
        debt = hunter.world.book.debts.get((voucher.shop, hunter.account), 0)
        if debt:
            amount = hunter.world.rng.choice((1, max(1, debt // 3), debt, debt + 1))
            hunter.world.tell("debt.paid", voucher.shop, quick=True, buyer=hunter.account, amount=amount)
        yield hunter.pause()
        using.refund(**_some(hunter, using))
        yield hunter.pause()


def several_accounts(hunter: Hunter) -> Plot:
    """One account earns, another tries to use it; and one voucher goes into two orders at once."""
    earned = yield from hunter.earn(hunter.account)
    if earned is None:
        return
    source, voucher = earned
    hunter.place(hunter.world.shop(), hunter.accounts[-1], 100, voucher)
    first = hunter.place(hunter.world.shop(), hunter.account, 100, voucher)
    second = hunter.place(hunter.world.shop(), hunter.account, 100, voucher)
    yield hunter.pause()
    for purchase in (first, second):
        purchase.pay()
        purchase.step("order.confirmed")
    yield from hunter.earn(hunter.accounts[-1])
    source.refund()
    yield hunter.pause()
    second.refund()


def wait_for_the_verdict(hunter: Hunter) -> Plot:
    """An order whose refund is open at its deal: the decision waits, and is pushed to and fro."""
    world = hunter.world
    running = [c for c in world.book.campaigns.values() if c.contains(world.now)]
    if not running:
        return
    campaign = world.rng.choice(running)
    purchase = hunter.place(campaign.shop, hunter.account, campaign.threshold + world.rng.choice((0, 1, 500)))
    yield from world.answered(purchase.placing)
    yield from world.answered(purchase.pay())
    refunds = [purchase.ask() for _ in range(world.rng.randint(1, 2))]
    yield world.rng.randrange(HOUR)
    yield from world.answered(purchase.step("order.confirmed"))
    for refund in refunds:
        yield hunter.pause()
        if world.chance(55):
            purchase.close(refund)
        else:
            purchase.refund(refund, **_some(hunter, purchase))


def anything(hunter: Hunter) -> Plot:
    """Everything that can be done to the two orders, in a shuffled order, whether it makes sense or not."""
    earned = yield from hunter.earn(hunter.account)
    if earned is None:
        return
    source, voucher = earned
    using = yield from hunter.spend(voucher, deal=False)
    open_refunds = [
        (source, hunter.world.fresh("r", source.shop)),
        (using, hunter.world.fresh("r", using.shop)),
    ]
    acts: list[tuple[Purchase, str, Fields]] = [(using, "order.paid", {"amount": using.due})]
    acts += [(using, f"order.{step}", {}) for step in ("confirmed", "received", "cancelled", "shipped")]
    acts += [(source, f"order.{step}", {}) for step in ("shipped", "received")]
    for purchase, refund in open_refunds:
        acts += [
            (purchase, f"refund.{step}", {"refund": refund}) for step in ("requested", "closed", "succeeded")
        ]
        for part in ({"amount": 1}, {"amount": 0, "postage": 1}, {}, {"lines": [{"line": 1, "quantity": 1}]}):
            acts.append(
                (purchase, "refund.succeeded", {"refund": hunter.world.fresh("r", purchase.shop)} | part)
            )
        acts.append((purchase, "compensation.paid", {"amount": 1}))
    hunter.world.rng.shuffle(acts)
    acts.sort(key=lambda act: act[1] == "order.cancelled")
    for purchase, kind, fields in acts:
        purchase.step(kind, **fields)
        yield hunter.world.rng.choice((0, 60, HOUR, 5 * HOUR))


def _some(hunter: Hunter, purchase: Purchase) -> Fields:
    """All of an order, or a part of it."""
    record = purchase.record
    dice = hunter.world.rng.randrange(4)
    if record is None or dice == 0:
        return {}
    if dice == 1:
        place = next((place for place, left in enumerate(record.units) if left), 0)
        return {"lines": [{"line": place + 1, "quantity": 1}]}
    return {"amount": max(1, record.goods_left // dice)}


SCHEMES: tuple[Scheme, ...] = (
    refund_the_source_after_using,
    refund_the_use_before_its_deal,
    refund_the_use_after_its_deal,
    refund_the_source_while_locked,
    cancel_with_an_open_request,
    nibble,
    take_postage_back,
    ask_and_withdraw,
    hold_past_its_time,
    let_go_at_the_last_minute,
    complain_and_refund,
    owe_and_pay_a_little,
    several_accounts,
    wait_for_the_verdict,
    anything,
)
