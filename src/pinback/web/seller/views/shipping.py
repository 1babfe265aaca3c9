"""Ships many orders from a table: first it is checked and each bad line explained, then it is applied.

Where scripts run the table is applied piece by piece, so that one sees how far it is; who leaves meanwhile
has shipped what was told so far, and the same table again ships the rest.
"""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.checkout.finding import OrderFilter, counts_by_work, every_order
from pinback.checkout.pages import OrderPage
from pinback.delivery.bulk import BadLine, Checked, Shipment, check, ship_all
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from pinback.marketing.funds.tables import csv_lines
from pinback.web.access import for_shop
from pinback.web.seller.forms import TableForm

PIECE: Final = 20
"""Orders that one request ships while one looks on."""

_TO_SHIP = OrderFilter(work="to_ship")


@require_safe
@for_shop("orders.ship")
def to_ship(request: HttpRequest, *, shop: Shop, acting: Actor) -> StreamingHttpResponse:
    """The orders to ship as a table, with the columns to fill in: it can be sent back as it is."""
    lines = csv_lines(
        ["order", "carrier", "tracking", "recipient", "phone", "region", "street", "goods", "note"],
        (_cells(page) for page in every_order(acting, shop.name, _TO_SHIP)),
    )
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{shop.name}-to-ship.csv"'
    return response


def _cells(page: OrderPage) -> Sequence[str]:
    order = page.order
    goods = "; ".join(f"{item.quantity} × {item.title}" for item in page.items)
    return (
        public_id(order.pk),
        "",
        "",
        order.recipient,
        order.phone,
        order.region,
        order.street,
        goods,
        order.note,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_shop("orders.ship")
def shipping(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Choose a table; sent, it is checked and nothing is shipped yet."""
    form = TableForm(request.POST or None, request.FILES or None) if request.method == "POST" else TableForm()
    checked = None
    if request.method == "POST" and form.is_valid():
        try:
            checked = _checked(shop, form, acting)
        except Refused as refused:
            form.add_error("file", str(refused.refusal.detail))
    context: dict[str, Any] = {
        "place": "orders",
        "shop": shop,
        "form": form,
        "number": counts_by_work(acting, shop.name)["to_ship"],
    }
    if checked is not None:
        bad = [line.shipment for line in checked.bad]
        context |= {
            "checked": checked,
            "table": _table(checked.good),
            "to_correct": _table(bad),
            "lines_to_correct": min(len(bad) + 2, 12),
        }
    return render(request, "seller/shipping.html", context, status=422 if form.errors else 200)


def _checked(shop: Shop, form: TableForm, acting: Actor) -> Checked:
    """The check of a table. Lines that were right before stay with it, but for those shipped meanwhile."""
    tables = [form.cleaned_data["table"]]
    if form.cleaned_data["right"]:
        tables.append(_table(check(shop.name, form.cleaned_data["right"], acting=acting).good))
    return check(shop.name, *(table for table in tables if table.strip()), acting=acting)


def _table(lines: Sequence[Shipment]) -> str:
    """Lines as a table again; one that is refused later is named by its order."""
    return _as_table([(line.order, line.carrier, line.tracking) for line in lines])


@require_POST
@for_shop("orders.ship")
def apply(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Ship the lines that were found good: all of them, or the next piece where somebody looks on."""
    table = request.POST.get("table", "")
    is_watched = bool(request.headers.get("HX-Request"))
    rows = list(csv.reader(StringIO(table)))[1:]
    piece = rows[:PIECE] if is_watched else rows
    rest = rows[len(piece) :]
    number, refused = ship_all(shop.name, _as_table(piece), acting=acting, now=clock.now())
    shipped = _count(request, "shipped") + number
    total = max(_count(request, "total"), len(rows))
    if not is_watched and not refused:
        _tell(request, shipped)
        return redirect("seller-orders", shop=shop.name)
    context = {
        "place": "orders",
        "shop": shop,
        "shipped": shipped,
        "total": total,
        "done": total - len(rest),
        "rest": _as_table(rest) if rest else "",
        "refused": [*_refused_before(request), *_named(refused, piece)],
    }
    template = "seller/shipping_progress.html" if is_watched else "seller/shipped.html"
    return render(request, template, context)


def _tell(request: HttpRequest, shipped: int) -> None:
    text = ngettext("%(number)d order shipped.", "%(number)d orders shipped.", shipped) % {"number": shipped}
    messages.success(request, text)


def _as_table(rows: Sequence[Sequence[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows([("order", "carrier", "tracking"), *rows])
    return text.getvalue()


def _named(refused: Sequence[BadLine], piece: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """The orders that were refused after all, and why: the numbers of lines are those of a piece."""
    for line in refused:
        row = piece[line.line - 2] if 0 <= line.line - 2 < len(piece) else []
        yield (row[0] if row else line.text), line.reason


def _refused_before(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """What earlier pieces had to refuse, as this page told it."""
    for told in request.POST.getlist("refused")[:100]:
        order, _tab, reason = told.partition("\t")
        yield order, reason


def _count(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 6 else 0
