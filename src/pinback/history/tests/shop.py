"""A small shop's export for the tests: rows in a short notation, read by the mapping that ships for them."""

from pathlib import Path
from typing import Any

from pinback.history import HistoryReport, Mapping, history_events, parse_mapping, read_mapping

EXAMPLES = Path(__file__).resolve().parents[4] / "examples"
HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
SHIPPED = read_mapping(EXAMPLES / "online-retail.toml")


def row(text: str) -> str:
    """`invoice stockcode quantity time price customer` as a row of the export; `-` is an empty field.

    The time is written without its blank: 2010-01-05T10:00.
    """
    invoice, product, quantity, time, price, customer = ("" if word == "-" else word for word in text.split())
    return f"{invoice},{product},A THING,{quantity},{time.replace('T', ' ')}:00,{price},{customer},France"


def write(folder: Path, *rows: str) -> Path:
    """A file of these rows in short notation."""
    path = folder / "history.csv"
    path.write_text("\n".join([HEADER, *map(row, rows)]) + "\n", encoding="utf-8")
    return path


def read(
    path: Path, mapping: Mapping = SHIPPED, **options: Any
) -> tuple[list[dict[str, Any]], HistoryReport]:
    """All events of a file and the report."""
    report = HistoryReport()
    events = list(history_events(path, mapping, shop="S", report=report, **options))
    return events, report


def orders(events: list[dict[str, Any]]) -> dict[str, str]:
    """Orders as text: `2×p@695 1×q@100` by id, in the order of the events."""
    return {
        event["order"]: " ".join(
            f"{line['quantity']}×{line['product']}@{line['unit_price']}" for line in event["lines"]
        )
        for event in events
        if event["type"] == "order.placed"
    }


def refunds(events: list[dict[str, Any]]) -> list[str]:
    """Refunds as text: `C1-1 of 1: 2 of line 1, 1 of line 3`, in the order of the events."""
    return [
        f"{event['refund']} of {event['order']}: "
        + ", ".join(f"{line['quantity']} of line {line['line']}" for line in event["lines"])
        for event in events
        if event["type"] == "refund.succeeded"
    ]


def mapping(text: str, columns: str = "", refunds: str | None = None) -> Mapping:
    """A mapping with short column names, and what a test adds to it."""
    rule = "" if refunds is None else f"[refunds]\n{refunds}\n"
    base = '[columns]\norder = "o"\nbuyer = "b"\ntime = "t"\nprice = "p"\n'
    return parse_mapping(f'time_zone = "Europe/London"\n{text}\n{base}{columns}\n{rule}')
