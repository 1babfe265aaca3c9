"""A script in every text that a buyer, a shop or the operator can write: on no page does it become one.

Each text is written by the action that takes it, with a number of its own; then every page is opened as
everybody. On each page a script must be harmless, and each text must be seen somewhere, so that the look for
it means something.
"""

import re
from collections.abc import Iterator

import pytest

from pinback.accounts import actions as accounts
from pinback.accounts.actions import AddressTerms
from pinback.accounts.models import Shop
from pinback.catalog import actions as catalog
from pinback.catalog.models import Sku
from pinback.checkout import actions as checkout
from pinback.checkout.models import Order
from pinback.checkout.wishes import Circumstances, Destination
from pinback.delivery import actions as delivery
from pinback.desk import actions as desk
from pinback.kit.ids import id_of, public_id
from pinback.marketing import actions as marketing
from pinback.marketing.rules import Standard, Terms
from pinback.payments.models import Payment
from tests.access.world import World
from tests.safety.pages import address_of, ask, browser, pages, text_of

pytestmark = pytest.mark.slow

NAMES = (
    "buyer's name",
    "staff's name",
    "recipient of an address",
    "region of an address",
    "street of an address",
    "recipient of an order",
    "region of an order",
    "street of an order",
    "note of an order",
    "device",
    "review",
    "reason of a refund",
    "reason of a refusal",
    "note of a decision",
    "shop's title",
    "about a shop",
    "product's title",
    "about a product",
    "variant",
    "carrier",
    "tracking number",
    "what is sent again",
    "apology",
    "campaign's name",
    "key's name",
    "webhook's address",
    "activity's name",
    "about an activity",
    "reason of a suspension",
    "note of a payout",
)
SHOWN_NOWHERE: set[str] = set()
ROLES = (None, "ann", "bob", "olive", "walt", "faye", "mary", "sam", "opal")


def script(name: str) -> str:
    """A script for a text: it ends an attribute, then a tag. Short enough for a carrier's name."""
    return f"'\"><script>x{NAMES.index(name):02}"


def _write_as_buyer(world: World) -> Order:
    """What a buyer writes: of themselves, with an order, and when something is wrong with it."""
    cast, now = world.cast, world.cast.now
    ann = cast.actor("ann")
    accounts.change_profile(name=script("buyer's name"), language="en", acting=ann)
    phone = "+8613800138000"
    kept = [script(f"{part} of an address") for part in ("recipient", "region", "street")]
    address = accounts.add_address(
        AddressTerms(kept[0], phone, kept[1], kept[2]), is_default=True, acting=ann
    )
    to = [script(f"{part} of an order") for part in ("recipient", "region", "street")]
    goods = cast.product(title=script("product's title"))
    order = checkout.place(
        cast.wish(goods),
        Destination(recipient=to[0], phone=phone, region=to[1], street=to[2]),
        Circumstances(note=script("note of an order"), device=script("device")),
        acting=ann,
        now=now,
    )
    cast.pay(order)
    world.names |= {
        "address": public_id(address.pk),
        "product": public_id(goods.pk),
        "sku": public_id(cast.sku(goods).pk),
        "order": public_id(order.pk),
        "shipped": public_id(order.pk),
    }
    return order


def _write_as_shop(world: World, order: Order) -> None:
    """What a shop writes of itself, of its goods, and to its buyer."""
    cast, now, public = world.cast, world.cast.now, public_id(order.pk)
    olive = cast.actor("olive")
    accounts.change_profile(name=script("staff's name"), language="en", acting=cast.actor("walt"))
    shop = Shop.objects.get(name="tea")
    title, about = script("shop's title"), script("about a shop")
    accounts.change_shop("tea", title=title, about=about, version=shop.version, acting=olive)
    goods = catalog.ProductTerms(title=script("product's title"), about=script("about a product"))
    product = order.product
    product.refresh_from_db()
    catalog.change_product(
        "tea", public_id(product.pk), goods, version=product.version, acting=olive, now=now
    )
    sku = Sku.objects.get(product=product)
    variant = catalog.SkuTerms(name=script("variant"), solo_price_minor=6_000, group_price_minor=5_000)
    catalog.change_sku(
        "tea",
        public_id(product.pk),
        public_id(sku.pk),
        variant,
        is_offered=True,
        version=sku.version,
        acting=olive,
        now=now,
    )
    parcel = {"carrier": script("carrier"), "tracking": script("tracking number")}
    sent = delivery.ship("tea", public, **parcel, acting=olive, now=now)
    parcel["tracking"] += "b"
    delivery.reissue("tea", public, **parcel, what=script("what is sent again"), acting=olive, now=now)
    desk.compensate(public, 100, reason="late", apology=script("apology"), acting=olive, now=now)
    cast.send_money()
    delivery.receive("tea", public, acting=cast.actor("ann"), now=now)
    desk.review(public, 1, 5, script("review"), acting=cast.actor("ann"), now=now)
    world.names["parcel"] = public_id(sent.pk)
    drafted = marketing.create(
        "tea", script("campaign's name"), Terms(10_000, 1_000, 10), acting=olive, now=now
    )
    world.names["campaign"] = public_id(drafted.pk)
    fee = marketing.pay("tea", public_id(drafted.pk), "wechat", acting=olive, now=now)
    world.names["fee"] = public_id(fee.pk)
    accounts.make_key(
        "tea", name=script("key's name"), scopes=["orders.read"], expires_at=None, acting=olive, now=now
    )
    _hook(world)


def _hook(world: World) -> None:
    """A webhook whose address is a script: no action takes it so, and it may have come in otherwise."""
    from pinback.api.models import Endpoint

    address = "https://shop.example/" + script("webhook's address")
    Endpoint.objects.filter(pk=id_of(world.names["endpoint"])).update(url=address)


def _decide(world: World, order: Order) -> None:
    """A refund that is refused, and decided; and what else the operator writes."""
    cast, now = world.cast, world.cast.now
    ann, olive, opal = cast.actor("ann"), cast.actor("olive"), cast.actor("opal")
    asked = desk.Asked(text=script("reason of a refund"))
    case = public_id(desk.open_case(public_id(order.pk), asked, acting=ann, now=now).pk)
    desk.refuse(case, script("reason of a refusal"), acting=olive, now=now)
    desk.escalate(case, acting=ann, now=now)
    desk.decide(case, for_buyer=False, note=script("note of a decision"), acting=opal, now=now)
    world.names["case"] = case
    activity = marketing.announce(
        marketing.ActivityTerms(
            name=script("activity's name"),
            about=script("about an activity"),
            starts_at=now,
            ends_at=now.replace(year=now.year + 1),
            standard=Standard(),
        ),
        acting=opal,
        now=now,
    )
    world.names["activity"] = public_id(activity.pk)
    marketing.suspend_shop("tea", reason=script("reason of a suspension"), acting=opal, now=now)
    marketing.reopen_shop("tea", reason="it was nothing", acting=opal, now=now)
    marketing.refuse_payout(world.names["payout"], note=script("note of a payout"), acting=opal, now=now)
    assert Payment.objects.filter(subject=order.key).exists()


def _filled(world: World) -> None:
    order = _write_as_buyer(world)
    _write_as_shop(world, order)
    _decide(world, order)


def _looked_at(world: World) -> Iterator[tuple[str, str]]:
    """Every page as everybody: where, and what it says."""
    more = [
        "/operator/risk/?kind=devices&least=1",
        "/operator/payouts/?status=refused",
        "/operator/people/?q=x",
        f"/operator/refunds/?case={world.names['case']}",
        f"/seller/tea/refunds/?case={world.names['case']}",
        "/seller/tea/orders/?q=x",
        f"/operator/people/{public_id(world.cast.person('ann').pk)}/",
    ]
    for who in ROLES:
        client = browser(world, who)
        for address in [*(address_of(page, world) for page in pages()), *more]:
            response = ask(client, world, "get", address)
            assert response.status_code < 500, address
            if "html" in response.get("Content-Type", ""):
                yield f"{address} as {who}", text_of(response)


def test_no_text_becomes_a_script_on_any_page(world: World) -> None:
    _filled(world)
    seen: set[str] = set()
    wrong = []
    for where, page in _looked_at(world):
        seen |= {NAMES[int(number)] for number in re.findall(r"&lt;script&gt;x(\d\d)", page)}
        wrong += [(where, NAMES[int(number)]) for number in re.findall(r"<script>x(\d\d)", page)]
    assert wrong == []
    assert set(NAMES) - seen == SHOWN_NOWHERE


def test_what_an_address_says_becomes_no_script_either(world: World) -> None:
    bad = "'\"><script>x99</script>"
    names = (
        "q",
        "cursor",
        "status",
        "kind",
        "case",
        "account",
        "shop",
        "first",
        "last",
        "next",
        "amount_minor",
    )
    wrong = []
    for who in (None, "ann", "olive", "opal"):
        client = browser(world, who)
        for page in pages():
            response = ask(client, world, "get", address_of(page, world), dict.fromkeys(names, bad))
            assert response.status_code < 500, (page.path, who)
            if "<script>x99" in text_of(response):
                wrong.append((page.path, who))
    assert wrong == []
