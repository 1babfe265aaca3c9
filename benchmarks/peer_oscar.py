"""django-oscar placing and paying orders with a voucher, in process: what Pinback is measured beside.

Runs in an environment of its own (requirements/peer.txt), in which Pinback is not installed:

  python benchmarks/peer_oscar.py DATABASE ORDERS CALLERS

DATABASE is a path of SQLite or a postgresql:// address of an empty database. Each order is what a buyer does
in oscar: a basket with one product, a voucher, the offers applied, the order placed by OrderCreator, the
money noted as a payment source with its transaction and an event, the status set. Nothing of HTTP, sessions
or pages is counted. Prints orders a second and the CPU time of an order, as JSON.
"""

import json
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit


def configure(address: str) -> None:
    """Set Django up with oscar as its manual says, on the database at `address`, and make its tables."""
    import django
    from django.conf import settings
    from oscar import INSTALLED_APPS
    from oscar.defaults import OSCAR_DEFAULT_CURRENCY

    defaults = {
        name: value for name, value in vars(__import__("oscar.defaults").defaults).items() if name.isupper()
    }
    assert OSCAR_DEFAULT_CURRENCY
    settings.configure(
        **{
            **defaults,
            "DATABASES": {"default": _database(address)},
            "INSTALLED_APPS": [
                "django.contrib.auth",
                "django.contrib.contenttypes",
                "django.contrib.sessions",
                "django.contrib.sites",
                "django.contrib.messages",
                "django.contrib.flatpages",
                *[app for app in INSTALLED_APPS if not app.startswith("django.")],
            ],
            "SITE_ID": 1,
            "SECRET_KEY": "benchmark",
            "USE_TZ": True,
            "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
            "HAYSTACK_CONNECTIONS": {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
            "OSCAR_INITIAL_ORDER_STATUS": "Pending",
            "OSCAR_ORDER_STATUS_PIPELINE": {"Pending": ("Paid",), "Paid": ()},
            "MEDIA_ROOT": tempfile.mkdtemp(),
        }
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _database(address: str) -> dict[str, Any]:
    """The same durability as Pinback's: WAL with FULL and IMMEDIATE, connections that stay."""
    if address.startswith("postgresql://"):
        parts = urlsplit(address)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path[1:],
            "USER": parts.username,
            "HOST": parts.hostname,
            "PORT": parts.port or 5432,
            "CONN_MAX_AGE": None,
        }
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": address,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 60,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }


def stock_up() -> tuple[Any, Any]:
    """A product with plenty of stock, and a voucher of 5 off 50 that may be used many times."""
    from oscar.core.loading import get_model

    model = get_model
    country, _ = model("address", "Country").objects.get_or_create(
        iso_3166_1_a2="CN", defaults={"printable_name": "China", "name": "China", "is_shipping_country": True}
    )
    partner = model("partner", "Partner").objects.create(name="tea")
    kind = model("catalogue", "ProductClass").objects.create(name="tea", requires_shipping=False)
    product = model("catalogue", "Product").objects.create(product_class=kind, title="Green tea")
    model("partner", "StockRecord").objects.create(
        product=product, partner=partner, partner_sku="1", price=Decimal("100.00"), num_in_stock=10**8
    )
    everything = model("offer", "Range").objects.create(name="all", includes_all_products=True)
    offer = model("offer", "ConditionalOffer").objects.create(
        name="5 off 50",
        offer_type="Voucher",
        condition=model("offer", "Condition").objects.create(
            range=everything, type="Value", value=Decimal(50)
        ),
        benefit=model("offer", "Benefit").objects.create(range=everything, type="Absolute", value=Decimal(5)),
    )
    now = datetime.now(UTC)
    voucher = model("voucher", "Voucher").objects.create(
        name="five",
        code="FIVE",
        usage="Multi-use",
        start_datetime=now - timedelta(days=1),
        end_datetime=now + timedelta(days=30),
    )
    voucher.offers.add(offer)
    assert country
    return product, voucher


def place_and_pay(product: Any, voucher: Any, user: Any) -> None:
    """One order of one buyer, from an empty basket to paid."""
    from oscar.apps.order.utils import OrderCreator
    from oscar.apps.partner.strategy import Default
    from oscar.apps.shipping.methods import Free
    from oscar.core.loading import get_class, get_model

    basket = get_model("basket", "Basket").objects.create(owner=user)
    basket.strategy = Default()
    basket.add_product(product, quantity=1)
    basket.vouchers.add(voucher)
    get_class("offer.applicator", "Applicator")().apply(basket, user)
    shipping = Free()
    charge = shipping.calculate(basket)
    total = get_class("checkout.calculators", "OrderTotalCalculator")().calculate(basket, charge)
    address = get_model("order", "ShippingAddress")(
        first_name="Ann", line1="1 Tea Road", line4="Hangzhou", country_id="CN"
    )
    address.save()
    order = OrderCreator().place_order(basket, total, shipping, charge, user=user, shipping_address=address)
    basket.submit()
    kind, _ = get_model("payment", "SourceType").objects.get_or_create(name="wechat")
    source = get_model("payment", "Source")(
        order=order, source_type=kind, amount_allocated=total.incl_tax, amount_debited=total.incl_tax
    )
    source.save()
    source.transactions.create(txn_type="Debit", amount=total.incl_tax, reference=order.number, status="ok")
    event, _ = get_model("order", "PaymentEventType").objects.get_or_create(name="Settled")
    paid = get_model("order", "PaymentEvent").objects.create(
        order=order, amount=total.incl_tax, reference=order.number, event_type=event
    )
    for line in order.lines.all():
        paid.line_quantities.create(line=line, quantity=line.quantity)
    order.set_status("Paid")
    assert order.total_incl_tax == Decimal(95), order.total_incl_tax


def run(orders: int, callers: int) -> dict[str, float]:
    """Orders a second, of so many callers at once, and the CPU time of an order in ms."""
    from django.contrib.auth.models import User
    from django.db import connection, connections

    product, voucher = stock_up()
    users = [
        User.objects.create(username=f"u{number}", email=f"u{number}@example.com")
        for number in range(callers)
    ]
    place_and_pay(product, voucher, users[0])
    connection.close()
    line = threading.Barrier(callers + 1)
    troubles: list[BaseException] = []

    def call(number: int) -> None:
        try:
            line.wait()
            for _ in range(orders // callers):
                place_and_pay(product, voucher, users[number])
        except BaseException as error:  # noqa: BLE001 - told below
            troubles.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(callers)]
    for thread in threads:
        thread.start()
    line.wait()
    began, began_cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.join()
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
    if troubles:
        raise troubles[0]
    done = orders // callers * callers
    return {"orders_a_second": done / seconds, "cpu_ms": cpu_seconds / done * 1000}


if __name__ == "__main__":
    configure(sys.argv[1])
    print(json.dumps(run(int(sys.argv[2]), int(sys.argv[3]))))
