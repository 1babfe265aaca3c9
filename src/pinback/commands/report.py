"""`pinback report`: what happened in a shop, as tables to read or as JSON."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from pinback.commands.problem import CommandProblem
from pinback.commands.setup import add_database_argument, one_line, open_database
from pinback.kit.files import STANDARD, open_output
from pinback.kit.language import gettext as _

if TYPE_CHECKING:
    from pinback.insight.figures import ShopReport, ShopSummary

HELP = _("show a shop's orders, refunds, rebates, vouchers, sales and money")
DESCRIPTION = _("""\
Shows what happened in a shop: its orders, refunds, rebates, vouchers and campaigns, its sales month by month,
and where its money is. Where the database has several shops and none is named, it lists them.

  pinback report
  pinback report --shop retail --currency GBP
  pinback report --shop retail --json - | jq .money
""")


def currency_code(text: str) -> str:
    """The code of a currency, three letters."""
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise ArgumentTypeError(_("{text} is not the code of a currency, such as CNY").format(text=text))
    return text.upper()


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `pinback report`."""
    add_database_argument(parser)
    parser.add_argument("--shop", metavar="ID", help=_("the shop (default: the only one)"))
    parser.add_argument(
        "--json", metavar="PATH", help=_("write the figures here, in minor units; - for standard output")
    )
    parser.add_argument(
        "--currency",
        type=currency_code,
        metavar="CODE",
        help=_("what the amounts are in (default: PINBACK_CURRENCY, else CNY)"),
    )


def run(arguments: Namespace) -> int:
    """Run the command. Raises CommandProblem for a shop that is not there."""
    open_database(arguments.database)
    from django.db import Error

    from pinback.insight.queries import UnknownShop, shop_report, shops

    try:
        name = arguments.shop
        if name is None:
            listed = shops()
            if len(listed) != 1:
                _show_shops(listed, arguments.json)
                return 0
            name = listed[0].shop
        _show_report(shop_report(name), arguments.json, arguments.currency)
    except UnknownShop as unknown:
        raise CommandProblem(_("there is no shop {shop}").format(shop=unknown.shop)) from unknown
    except Error as error:
        raise CommandProblem(_("cannot use the database: {reason}").format(reason=one_line(error))) from error
    return 0


def _show_shops(listed: "list[ShopSummary]", json: str | None) -> None:
    if json is not None:
        _write_json(listed, json)
    if json == STANDARD:
        return
    if not listed:
        print(_("no shop yet: settle some events first (pinback settle --help)"), file=sys.stderr)
        return
    from pinback.commands.report_tables import Sheet, shop_table

    Sheet(None).show([shop_table(listed)])
    print(_("pinback report --shop ID tells more about one of them"), file=sys.stderr)


def _show_report(report: "ShopReport", json: str | None, currency: str | None) -> None:
    if json is not None:
        _write_json(report, json)
    if json == STANDARD:
        return
    from pinback.commands.report_tables import Sheet, report_tables

    sheet = Sheet(currency)
    sheet.show(report_tables(report, sheet))


def _write_json(figures: "ShopReport | list[ShopSummary]", path: str) -> None:
    from msgspec import json

    from pinback.insight.document import document

    with open_output(path) as file:
        file.write(json.format(json.encode(document(figures)), indent=2) + b"\n")
