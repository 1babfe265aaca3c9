"""Undoes a world: refunds every order to the last fen, cancels, stops, and lets the clock pass everything."""

from simulation.auditing.records import Order
from simulation.network import DAY, Letter
from simulation.world import World

_MOST_AT_ONCE = 40


def next_steps(world: World) -> list[Letter]:
    """Some further steps of the undoing, in a random order; none when everything is undone.

    Orders are refunded in one go or in parts, postage included; some go on to be received first.
    """
    orders = [o for o in world.book.orders.values() if o.status not in ("cancelled", "refunded")]
    campaigns = [c for c in world.book.campaigns.values() if c.funded and c.ended is None]
    world.rng.shuffle(orders)
    letters = [_undo(world, order) for order in orders[:_MOST_AT_ONCE]]
    if campaigns:
        campaign = world.rng.choice(campaigns)
        letters.append(
            world.tell("campaign.stopped", campaign.shop, quick=True, campaign=campaign.key.partition("/")[2])
        )
    return letters


def pass_everything(world: World) -> Letter:
    """A tick after every voucher's time."""
    ends = [voucher.expires_at for voucher in world.book.vouchers.values()]
    world.now = max([world.now, *ends]) + DAY
    return world.tell("clock.ticked", world.shop(), quick=True)


def _undo(world: World, order: Order) -> Letter:
    name = order.key.partition("/")[2]

    def tell(kind: str, **fields: object) -> Letter:
        return world.tell(kind, order.shop, quick=True, order=name, **fields)

    if order.status == "placed":
        return tell("order.cancelled") if world.chance(70) else tell("order.paid", amount=order.due)
    if world.chance(12) and order.status != "received":
        return tell("order.confirmed" if order.status == "paid" else "order.received")
    refund = world.fresh("r", order.shop)
    if order.open_refunds and world.chance(60):
        refund = next(iter(order.open_refunds)).partition("/")[2]
    places = [place for place, units in enumerate(order.units) if units]
    if order.status != "paid" and world.chance(30):
        if order.goods_left > 1 and world.chance(50):
            return tell("refund.succeeded", refund=refund, amount=world.rng.randint(1, order.goods_left - 1))
        if len(places) > 1:
            line = {"line": places[0] + 1, "quantity": 1}
            return tell("refund.succeeded", refund=refund, lines=[line], postage=order.postage_left)
    return tell("refund.succeeded", refund=refund)
