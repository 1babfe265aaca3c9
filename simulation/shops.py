"""The shops: they open, run one campaign after the other, make up for mistakes; and a clock turns daily."""

from simulation.auditing.records import Campaign, Fields
from simulation.network import DAY, HOUR, Letter
from simulation.world import Doing, Plot, World

ZONES = (
    "Asia/Shanghai", "Asia/Urumqi", "Europe/London", "America/New_York", "America/Havana", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Kiritimati",
)  # fmt: skip


def keep_shop(world: World, shop: str) -> Plot:
    """A shop's life: campaigns, sometimes two at a time, with pauses."""
    if world.chance(75):
        yield from world.answered(
            world.tell("shop.opened", shop, quick=True, timezone=world.rng.choice(ZONES))
        )
    yield world.hours(1, 8)
    if world.chance(5):
        world.tell("shop.opened", shop)
    while True:
        yield from run_campaign(world, shop)
        yield world.days(0, 3)


def run_campaign(world: World, shop: str) -> Plot:
    """Create a campaign, pay for it, and see it through, or stop it."""
    campaign = yield from _create(world, shop)
    if campaign is None or world.chance(5):
        return
    funded = yield from _fund(world, campaign)
    if not funded:
        return
    if world.chance(8):
        world.tell("campaign.stopped", shop, campaign=campaign.key.partition("/")[2])
        return
    patience = world.days(3, 16)
    ended = yield from world.until(lambda: campaign.ended, patience)
    if not ended and world.chance(60):
        yield from world.answered(
            world.tell("campaign.stopped", shop, campaign=campaign.key.partition("/")[2])
        )


def _create(world: World, shop: str) -> Doing[Campaign | None]:
    rng = world.rng
    threshold = rng.choice((1_000, 2_000, 2_000, 5_000))
    terms: Fields = {"threshold": threshold, "rebate": threshold * rng.choice((5, 10, 20, 40, 100)) // 100}
    terms |= {"quantity": rng.choice((10, 10, 12, 15)), "valid_days": rng.choice((1, 2, 3, 5, 8, 15))}
    name = world.fresh("c", shop)
    if world.chance(6):
        world.tell("campaign.created", shop, campaign=name, **terms | {"rebate": threshold // 20 - 1})
        yield world.hours(1, 3)
    letter = world.tell("campaign.created", shop, campaign=name, **terms)
    yield from world.answered(letter)
    return world.book.campaigns.get(f"{shop}/{name}")


def _fund(world: World, campaign: Campaign) -> Doing[bool]:
    yield world.hours(0, 20)
    name, fee = campaign.key.partition("/")[2], campaign.rebate * campaign.quantity

    def pay(amount: int) -> Letter:
        method = world.rng.choice(("wechat", "debit_card"))
        return world.tell("campaign.funded", campaign.shop, campaign=name, amount=amount, method=method)

    if world.chance(8):
        pay(fee - 1)
    applied = yield from world.answered(pay(fee))
    return applied


def make_up(world: World) -> Plot:
    """Now and then some shop compensates a buyer, once in a while beyond what it may."""
    while True:
        yield world.hours(6, 40)
        dealt = ("confirmed", "shipped", "received")
        orders = [order for order in world.book.orders.values() if order.status in dealt]
        if orders:
            order = world.rng.choice(orders[-40:])
            most = max(1, order.paid - order.refunded - order.compensated)
            amount = most + 1 if world.chance(10) else world.rng.randint(1, max(1, most // 3))
            world.tell("compensation.paid", order.shop, order=order.key.partition("/")[2], amount=amount)


def turn_clock(world: World) -> Plot:
    """A tick a day, told by some shop; one in ten is forgotten, some come twice a day."""
    while True:
        yield DAY - world.now % DAY + world.rng.choice((0, 0, 1, 16 * HOUR, 5 * HOUR))
        if world.chance(90):
            world.tell("clock.ticked", world.shop())


def sweep(world: World) -> Plot:
    """A worker that sends a tick in the second in which the next voucher expires, most of the times."""
    while True:
        ends = [
            v.expires_at
            for v in world.book.vouchers.values()
            if v.expires_at > world.now and v.status != "used"
        ]
        moment = min(ends, default=world.now + DAY)
        yield min(moment - world.now, DAY)
        if world.now == moment and world.chance(70):
            world.tell("clock.ticked", world.shop(), quick=True)


def collect_debts(world: World) -> Plot:
    """Now and then a debtor pays, in part or all of it, or tries to pay too much."""
    while True:
        yield world.hours(10, 50)
        owed = [(key, debt) for key, debt in world.book.debts.items() if debt]
        if owed:
            (shop, buyer), debt = world.rng.choice(owed)
            amount = world.rng.choice((1, max(1, debt // 2), debt, debt, debt + 1))
            world.tell("debt.paid", shop, buyer=buyer, amount=amount)
