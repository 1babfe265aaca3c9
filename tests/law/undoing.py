"""Undoes everything that a story did, in an order that is drawn: each paid order refunded to the last fen,
each unpaid one cancelled, each campaign stopped; then the clock passes every `expires_at`, and the law must
hold.
"""

from typing import Any

from pinback.rules import events as e
from pinback.rules.records import Campaign, Order
from tests.law import moves
from tests.law.clauses import END, Clause, same
from tests.law.moves import DEAL, LIVE, Draw, one_in, pick, tell_of
from tests.law.story import DAY, Story


def standing(story: Story) -> list[Order | Campaign]:
    """What is not undone yet."""
    return [*moves.funded(story), *story.orders("placed", *LIVE)]


def undo_everything(story: Story, draw: Draw) -> None:
    """Undo all there is, then let the clock pass."""
    while left := standing(story):
        thing = pick(draw, left)
        if isinstance(thing, Campaign):
            story.tell(e.CampaignStopped, thing.shop, campaign=thing.id)
        elif thing.status == "placed":
            _undo_unpaid(story, draw, thing)
        else:
            _undo_paid(story, draw, thing)
        if one_in(draw, 6):
            pick(draw, (moves.close, moves.pay_debt, moves.tick, moves.pass_time))(story, draw)
    shops = list(story.state.shops)
    if shops:
        last = max([story.now, *(voucher.expires_at for voucher in story.state.vouchers.values())])
        story.now = last + DAY
        story.tell(e.ClockTicked, pick(draw, shops))


def _undo_unpaid(story: Story, draw: Draw, order: Order) -> None:
    if one_in(draw, 4):
        tell_of(story, e.OrderPaid, order, amount=order.due)
    else:
        tell_of(story, e.OrderCancelled, order)


def _undo_paid(story: Story, draw: Draw, order: Order) -> None:
    """All of it; or first a part, or one step further on its way."""
    way = draw(moves._FEW)
    name = moves.refund_name(story, draw, order)
    if way == 7 and order.status != "received":
        tell_of(story, e.OrderConfirmed if order.status == "paid" else e.OrderReceived, order)
    elif way in (5, 6) and order.status in DEAL and order.goods_left > 1:
        fen = moves.some(draw, order.goods_left - 1)
        tell_of(story, e.RefundSucceeded, order, refund=name, amount=fen)
    elif way == 4 and order.status in DEAL:
        part: dict[str, Any] = moves.units(story, draw, order) | {"postage": order.postage_left}
        tell_of(story, e.RefundSucceeded, order, refund=name, **part)
    else:
        tell_of(story, e.RefundSucceeded, order, refund=name)


def check_end(story: Story, clauses: dict[str, Clause] = END) -> None:
    """The law, once everything was undone."""
    same("undone", "all", standing(story), [])
    for clause in clauses.values():
        clause(story.state, story.book)
