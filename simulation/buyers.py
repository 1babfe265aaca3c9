"""Ordinary buyers with habits: regulars, bargain hunters who watch thresholds, people who send much back."""

from dataclasses import dataclass

from simulation.auditing.records import Order, Voucher
from simulation.network import HOUR
from simulation.world import Plot, Purchase, World, basket


@dataclass(frozen=True)
class Habit:
    """How somebody shops; the shares are percent."""

    name: str
    pause_days: tuple[int, int]
    uses_vouchers: int
    watches_threshold: int
    unpaid: int
    asks_early: int
    returns: int


REGULAR = Habit("regular", (1, 4), 60, 25, 6, 4, 6)
BARGAIN = Habit("bargain hunter", (1, 3), 95, 90, 8, 4, 10)
RETURNER = Habit("returner", (1, 4), 50, 60, 5, 18, 65)
HABITS = (REGULAR, REGULAR, BARGAIN, BARGAIN, RETURNER)


def shop_on(world: World, buyer: str, habit: Habit) -> Plot:
    """Somebody's shopping, for ever."""
    favourites = [world.shop(), world.shop()]
    while True:
        yield world.days(*habit.pause_days)
        shop = world.rng.choice(favourites) if world.chance(80) else world.shop()
        voucher = usable(world, buyer) if world.chance(habit.uses_vouchers) else None
        worth = voucher.amount if voucher is not None else 0
        fields = basket(world.rng, wanted_cash(world, shop, habit), worth=worth)
        if voucher is not None:
            fields["voucher"] = voucher.code
        world.start(see_through(world, Purchase(world, shop, buyer, fields), habit))


def usable(world: World, buyer: str) -> Voucher | None:
    """A voucher in the buyer's wallet, the one that expires first."""
    record = world.book.buyers.get(buyer)
    if record is None:
        return None
    vouchers = [world.book.vouchers[code] for code in record.vouchers]
    vouchers = [v for v in vouchers if v.status == "available" and v.expires_at > world.now]
    return min(vouchers, key=lambda voucher: voucher.expires_at, default=None)


def wanted_cash(world: World, shop: str, habit: Habit) -> int:
    """How much somebody wants to spend: mostly what they like, or just what a campaign asks for."""
    if world.chance(habit.watches_threshold):
        running = [c for c in world.book.campaigns.values() if c.shop == shop and c.contains(world.now)]
        if running:
            return world.rng.choice(running).threshold + world.rng.choice((0, 0, 0, 1, 100, -1))
    return world.rng.randint(1, 6_000)


def see_through(world: World, purchase: Purchase, habit: Habit) -> Plot:
    """An order from checkout to the end of its after-sales."""
    yield from world.answered(purchase.placing, 3 * HOUR)
    if purchase.placing.outcome not in (None, "applied"):
        return
    if world.chance(habit.unpaid):
        yield world.hours(1, 30)
        purchase.step("order.cancelled")
        return
    yield world.rng.randrange(20 * 60)
    if world.chance(3):
        purchase.pay(more=-1)
    purchase.pay()
    if world.chance(9):
        world.counts["failing groups"] += 1
        yield 24 * HOUR
        refund = purchase.ask() if world.chance(30) else None
        purchase.refund(refund)
        return
    yield world.hours(0, 20)
    early = purchase.ask() if world.chance(habit.asks_early) else None
    if early is not None:
        yield world.rng.randrange(2 * HOUR)
    purchase.step("order.confirmed")
    if early is not None:
        yield world.hours(2, 60)
        yield from end_refund(world, purchase, early)
    yield from deliver(world, purchase, habit)


def deliver(world: World, purchase: Purchase, habit: Habit) -> Plot:
    """The parcel's way, with what people send back before, during and after it."""
    returns = world.chance(habit.returns)
    moment = world.rng.choice(("before", "on the way", "after", "after", "after"))
    if returns and moment == "before":
        yield from send_back(world, purchase)
    yield world.hours(4, 40)
    if world.chance(85):
        purchase.step("order.shipped")
    if returns and moment == "on the way":
        yield from send_back(world, purchase)
    yield world.days(1, 6)
    purchase.step("order.received")
    if returns and moment == "after":
        yield world.hours(1, 90)
        yield from send_back(world, purchase)
        if world.chance(25):
            yield world.hours(1, 90)
            yield from send_back(world, purchase)


def send_back(world: World, purchase: Purchase) -> Plot:
    """A refund, mostly asked for first."""
    refund = None
    if world.chance(70):
        refund = purchase.ask()
        yield world.hours(1, 60)
    yield from end_refund(world, purchase, refund)


def end_refund(world: World, purchase: Purchase, refund: str | None) -> Plot:
    """A refund is withdrawn, or paid: whole, by units, by an amount, postage alone."""
    order = purchase.record
    if refund is not None and world.chance(35):
        purchase.close(refund)
        if world.chance(20):
            yield world.hours(1, 20)
            purchase.step("refund.requested", refund=refund)
            yield world.hours(1, 20)
            purchase.refund(refund)
        return
    if order is None or world.chance(30):
        purchase.refund(refund)
        return
    fields = some_part(world, order)
    yield from world.answered(purchase.refund(refund, **fields))


def some_part(world: World, order: Order) -> dict[str, object]:
    """A part of an order: units of a line, an amount, or postage; once in a while too much."""
    dice = world.rng.randrange(100)
    places = [place for place, units in enumerate(order.units) if units]
    if dice < 45 and places:
        place = world.rng.choice(places)
        units = world.rng.randint(1, order.units[place] + (dice < 3))
        return {"lines": [{"line": place + 1, "quantity": units}]}
    if dice < 60 and order.postage_left:
        return {"amount": 0, "postage": world.rng.randint(1, order.postage_left)}
    if dice < 70:
        return {"amount": 1}
    if dice < 75:
        return {"postage": 0}
    return {"amount": world.rng.randint(1, max(1, order.goods_left) + (dice > 97))}
