"""A program of somebody else: the market's story, told with nothing but the client that is generated from the
API's description.

    shop = tell("http://127.0.0.1:8000", operator=("opal@example.com", "…"))

A shop is opened, a product offered, a campaign paid; two buyers make a group, pay, get their parcels; a
voucher is earned, the order is refunded, and the voucher is taken back. What is refused is parsed too.
"""

import time
from contextlib import ExitStack
from typing import NamedTuple, TypeVar

from pinback_client import AuthenticatedClient, Client
from pinback_client import models as shapes
from pinback_client.api.after_sales import desk_agree, desk_case, desk_open_case, desk_quote
from pinback_client.api.funds import funds_funds, funds_get_statement
from pinback_client.api.marketing import marketing_campaign, marketing_create, marketing_pay, marketing_quote
from pinback_client.api.operator import operator_get_audit, operator_request_audit
from pinback_client.api.orders import checkout_order, checkout_pay, checkout_place
from pinback_client.api.parcels import delivery_parcels, delivery_receive, delivery_ship
from pinback_client.api.payments import payments_decide_payment
from pinback_client.api.people import accounts_me, accounts_register, accounts_sign_in
from pinback_client.api.products import catalog_create, catalog_offer, catalog_product
from pinback_client.api.sandbox import sandbox_forward
from pinback_client.api.shops import shops_open_shop
from pinback_client.api.wallet import wallet_vouchers
from pinback_client.types import Unset

T = TypeVar("T")

PATIENCE_SECONDS = 60
DAY_SECONDS = 24 * 3600
HOME = shapes.WrittenAddress(
    recipient="王芳", phone="+8613800138000", region="上海市 徐汇区", street="漕溪北路 1 号"
)


class Goods(NamedTuple):
    """What is bought: a product, and its one variant."""

    product: str
    sku: str


class Told(NamedTuple):
    """Where the story ends."""

    vouchers: list[str]
    status: str
    sales_minor: int
    marketing_minor: int
    lines: list[tuple[str, int]]
    differences: int


def got(shape: type[T], answer: object) -> T:
    """The answer, which is of this shape and no other: no problem, and nothing that was left unparsed."""
    assert isinstance(answer, shape), answer
    return answer


class Door:
    """The way into the market: for nobody, and for whoever signs in. What it opens is closed at the end."""

    def __init__(self, address: str, closing: ExitStack) -> None:
        self._address = address
        self._closing = closing
        self.nobody = closing.enter_context(Client(base_url=address))

    def sign_in(self, login: str, password: str) -> AuthenticatedClient:
        """A client of somebody."""
        given = shapes.SignIn(login=login, password=password)
        session = got(shapes.Session, accounts_sign_in.sync(client=self.nobody, body=given))
        client = AuthenticatedClient(
            base_url=self._address, token=session.token, raise_on_unexpected_status=True
        )
        return self._closing.enter_context(client)

    def register(self, name: str) -> AuthenticatedClient:
        """A client of somebody new."""
        login, password = f"{name}@example.com", f"{name} drinks oolong"
        new = shapes.Registration(login=login, name=name.capitalize(), password=password)
        person = got(shapes.Me, accounts_register.sync(client=self.nobody, body=new))
        signed_in = self.sign_in(login, password)
        assert got(shapes.Me, accounts_me.sync(client=signed_in)) == person
        return signed_in


def tell(address: str, operator: tuple[str, str]) -> Told:
    """The whole story, against the server at this address."""
    with ExitStack() as closing:
        return _tell(Door(address, closing), operator)


def _tell(door: Door, operator: tuple[str, str]) -> Told:
    opal = door.sign_in(*operator)
    olive, ann, bob = (door.register(name) for name in ("olive", "ann", "bob"))
    goods = _open_shop(olive)
    campaign = _pay_campaign(olive)
    got(shapes.Clock, sandbox_forward.sync(client=opal, body=shapes.Forward(forward_seconds=DAY_SECONDS)))
    running = got(shapes.CampaignOut, marketing_campaign.sync("tea", campaign, client=olive))
    assert running.state == shapes.CampaignOutState.RUNNING
    first = _buy(ann, goods, shapes.OrderInKind.OPEN, None)
    second = _buy(bob, goods, shapes.OrderInKind.JOIN, _group_to_join(door.nobody, goods))
    earned = got(shapes.VoucherList, wallet_vouchers.sync(client=ann)).items[0]
    for buyer, order in ((ann, first), (bob, second)):
        _deliver(olive, buyer, order)
    _refund(olive, ann, first)
    taken = got(shapes.VoucherList, wallet_vouchers.sync(client=ann)).items[0]
    assert (earned.voucher, earned.earned_by.order) == (taken.voucher, first)
    return _books(opal, olive, ann, first, [earned.status.value, taken.status.value])


def _open_shop(olive: AuthenticatedClient) -> Goods:
    got(shapes.ShopInfo, shops_open_shop.sync(client=olive, body=shapes.NewShop(name="tea", title="Tea")))
    variant = shapes.NewSkuIn(name="500 g", solo_price_minor=6_000, group_price_minor=5_000, stock=10)
    new = shapes.NewProduct(title="Oolong", skus=[variant], group_size=2)
    made = got(shapes.ProductForStaff, catalog_create.sync("tea", client=olive, body=new))
    seen = shapes.Versioned(version=made.version)
    offered = got(shapes.ProductForStaff, catalog_offer.sync("tea", made.product, client=olive, body=seen))
    assert offered.status == shapes.ProductForStaffStatus.ON_SALE
    return Goods(made.product, made.skus[0].sku)


def _pay_campaign(olive: AuthenticatedClient) -> str:
    terms = shapes.TermsIn(threshold_minor=10_000, rebate_minor=1_000, quantity=10)
    quoted = got(shapes.CampaignQuote, marketing_quote.sync("tea", client=olive, body=terms))
    assert (quoted.fee_minor, quoted.unmet) == (10_000, [])
    new = shapes.CampaignIn(name="Autumn", threshold_minor=10_000, rebate_minor=1_000, quantity=10)
    made = got(shapes.CampaignOut, marketing_create.sync("tea", client=olive, body=new))
    by = shapes.PayIn(method=shapes.PayInMethod.WECHAT)
    begun = got(shapes.BegunPayment, marketing_pay.sync("tea", made.campaign, client=olive, body=by))
    _say_paid(olive, begun)
    return made.campaign


def _say_paid(payer: AuthenticatedClient, begun: shapes.BegunPayment) -> None:
    decision = shapes.PaymentDecision(outcome=shapes.PaymentDecisionOutcome.PAID)
    number = begun.to_client["number"]
    paid = got(shapes.PaymentOut, payments_decide_payment.sync(number, client=payer, body=decision))
    assert paid.status == shapes.PaymentOutStatus.SUCCEEDED
    assert paid.received_minor == begun.amount_minor


def _group_to_join(nobody: Client, goods: Goods) -> str:
    page = got(shapes.ProductDetail, catalog_product.sync(goods.product, client=nobody))
    assert [group.seats_left for group in page.groups] == [1]
    return page.groups[0].group


def _buy(buyer: AuthenticatedClient, goods: Goods, kind: shapes.OrderInKind, group: str | None) -> str:
    _is_told_what_is_wrong(buyer, goods)
    lines = [shapes.LineIn(sku=goods.sku, quantity=2)]
    wish = shapes.OrderIn(product=goods.product, lines=lines, kind=kind, address=HOME, group=group)
    key = f"{kind.value}-{goods.product}"
    placed = got(shapes.OrderOut, checkout_place.sync(client=buyer, body=wish, idempotency_key=key))
    again = got(shapes.OrderOut, checkout_place.sync(client=buyer, body=wish, idempotency_key=key))
    assert again == placed
    by = shapes.PayIn(method=shapes.PayInMethod.DEBIT_CARD)
    _say_paid(buyer, got(shapes.BegunPayment, checkout_pay.sync(placed.order, client=buyer, body=by)))
    return placed.order


def _is_told_what_is_wrong(buyer: AuthenticatedClient, goods: Goods) -> None:
    lines = [shapes.LineIn(sku=goods.sku, quantity=0)]
    wish = shapes.OrderIn(product=goods.product, lines=lines, kind=shapes.OrderInKind.SOLO, address=HOME)
    problem = got(shapes.Problem, checkout_place.sync(client=buyer, body=wish))
    assert (problem.status, problem.code) == (422, "invalid")
    assert not isinstance(problem.errors, Unset)
    assert [wrong.field for wrong in problem.errors] == ["lines.0.quantity"]
    nothing = got(shapes.Problem, checkout_order.sync("0000000000000", client=buyer))
    assert (nothing.status, nothing.code) == (404, "not_found")


def _deliver(olive: AuthenticatedClient, buyer: AuthenticatedClient, order: str) -> None:
    parcel = shapes.ParcelIn(carrier="sf-express", tracking=f"SF-{order}")
    shipped = got(shapes.ParcelOut, delivery_ship.sync(order, client=olive, body=parcel))
    seen = got(shapes.ParcelsOut, delivery_parcels.sync(order, client=buyer))
    assert [one.parcel for one in seen.items] == [shipped.parcel]
    assert delivery_receive.sync_detailed(order, client=buyer).status_code == 204


def _refund(olive: AuthenticatedClient, ann: AuthenticatedClient, order: str) -> None:
    asked = shapes.AskedIn(scope=shapes.AskedInScope.WHOLE)
    quoted = got(shapes.RefundQuote, desk_quote.sync(order, client=ann, body=asked))
    assert (quoted.payout_minor, [effect.status for effect in quoted.vouchers]) == (10_000, ["reclaimed"])
    case = shapes.CaseIn(
        scope=shapes.CaseInScope.WHOLE,
        kind=shapes.CaseInKind.REFUND_ONLY,
        reason=shapes.CaseInReason.DAMAGED,
    )
    opened = got(shapes.CaseOut, desk_open_case.sync(order, client=ann, body=case))
    got(shapes.CaseOut, desk_agree.sync(opened.case, client=olive))
    until = time.monotonic() + PATIENCE_SECONDS
    while got(shapes.CaseOut, desk_case.sync(opened.case, client=ann)).money != shapes.CaseOutMoney.ARRIVED:
        assert time.monotonic() < until, "the money did not arrive"
        time.sleep(0.1)


def _books(
    opal: AuthenticatedClient,
    olive: AuthenticatedClient,
    ann: AuthenticatedClient,
    order: str,
    vouchers: list[str],
) -> Told:
    funds = got(shapes.Funds, funds_funds.sync("tea", client=olive)).accounts
    balances = {account.account.value: account.balance_minor for account in funds}
    statement = got(shapes.Statement, funds_get_statement.sync("tea", client=olive))
    return Told(
        vouchers=vouchers,
        status=got(shapes.OrderOut, checkout_order.sync(order, client=ann)).status.value,
        sales_minor=balances["sales"],
        marketing_minor=balances["marketing"],
        lines=[(line.what, line.amount_minor) for line in reversed(statement.items)],
        differences=_audited(opal),
    )


def _audited(opal: AuthenticatedClient) -> int:
    audit = got(shapes.AuditOut, operator_request_audit.sync(client=opal))
    until = time.monotonic() + PATIENCE_SECONDS
    while audit.status != shapes.AuditOutStatus.DONE:
        assert time.monotonic() < until, audit
        time.sleep(0.1)
        audit = got(shapes.AuditOut, operator_get_audit.sync(audit.audit, client=opal))
    return audit.differences
