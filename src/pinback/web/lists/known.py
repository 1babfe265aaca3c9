"""The lists there are: by which parts of the address they are filtered, and which columns can be chosen.

A list is named as its page is. Its first column, and that of what can be done, are always there.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _


class Column(NamedTuple):
    """A column that can be shown or not; `is_usual`: it is, until somebody chooses."""

    code: str
    label: Any
    is_usual: bool = True


class Listing(NamedTuple):
    """A list. `filters` are the names in the address that say what is shown; one of `flags` counts when it is
    there, whatever its value. `is_of_shop`: a filter of it means something in one shop only.
    """

    name: str
    filters: Sequence[str] = ()
    columns: Sequence[Column] = ()
    flags: Sequence[str] = ()
    is_of_shop: bool = False


_STATEMENT_FILTERS = ("account", "first", "last")
_STATEMENT_COLUMNS = (Column("account", _("Account")), Column("balance", _("Balance after it")))
"""Of a shop's statement, which the shop sees and the operator."""

ORDERS = Listing(
    "seller-orders",
    ("work", "q", "product", "first", "last"),
    (
        Column("stands", _("How it stands")),
        Column("quantity", _("Quantity"), is_usual=False),
        Column("region", _("Region"), is_usual=False),
        Column("note", _("Buyer's note"), is_usual=False),
        Column("parcel", _("Tracking number"), is_usual=False),
        Column("rebate", _("Rebate")),
        Column("paid", _("Paid")),
    ),
    is_of_shop=True,
)
REFUNDS = Listing("seller-refunds", ("state",), is_of_shop=True)
PRODUCTS = Listing(
    "seller-products",
    ("q", "status", "stock"),
    (
        Column("stands", _("How it stands")),
        Column("alone", _("Alone")),
        Column("group", _("In a group")),
        Column("stock", _("Stock")),
        Column("month", _("Sold this month")),
        Column("total", _("Sold in all")),
    ),
    is_of_shop=True,
)
CAMPAIGNS = Listing(
    "seller-marketing",
    ("state",),
    (
        Column("stands", _("What happens")),
        Column("terms", _("Spend → get")),
        Column("vouchers", _("Vouchers out")),
        Column("fee", _("Fee")),
    ),
    is_of_shop=True,
)
FUNDS = Listing(
    "seller-funds",
    _STATEMENT_FILTERS,
    _STATEMENT_COLUMNS,
    is_of_shop=True,
)
SHOPS = Listing(
    "operator-shops",
    ("q", "status"),
    (
        Column("state", _("State")),
        Column("on_sale", _("On sale")),
        Column("deals", _("Deals")),
        Column("sales", _("Sales balance")),
        Column("marketing", _("Marketing balance")),
    ),
)
PEOPLE = Listing(
    "operator-people",
    ("q",),
    (
        Column("state", _("State")),
        Column("works_for", _("Works for")),
        Column("orders", _("Orders")),
        Column("owes", _("Owes")),
    ),
)
PAYOUTS = Listing(
    "operator-payouts",
    ("status",),
    (Column("state", _("State")), Column("account", _("From")), Column("amount", _("Amount"))),
)
MONEY_OUT = Listing(
    "operator-money-out",
    ("status",),
    (Column("stands", _("How it stands")), Column("amount", _("Amount"))),
)
LEDGER = Listing(
    "operator-ledger",
    ("q", "owing"),
    (
        Column("sales", _("Sales balance")),
        Column("sales_change", _("Sales balance since yesterday")),
        Column("marketing", _("Marketing balance")),
        Column("marketing_change", _("Marketing balance since yesterday")),
    ),
    flags=("owing",),
)
STATEMENT = Listing(
    "operator-statement",
    _STATEMENT_FILTERS,
    _STATEMENT_COLUMNS,
)
RISK = Listing("operator-risk", ("kind", "least"))

LISTINGS: Mapping[str, Listing] = {
    listing.name: listing
    for listing in (
        ORDERS,
        REFUNDS,
        PRODUCTS,
        CAMPAIGNS,
        FUNDS,
        SHOPS,
        PEOPLE,
        PAYOUTS,
        MONEY_OUT,
        LEDGER,
        STATEMENT,
        RISK,
    )
}
