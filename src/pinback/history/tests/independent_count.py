"""A second reading of the Online Retail II files, made apart: SQL for the counts, a naive loop for refunds.

It shares nothing with `pinback.history` but the description of the data. It is slow and short on purpose.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb

_ROWS = """
CREATE TABLE history AS SELECT *,
  CASE WHEN "Invoice" LIKE 'A%' THEN 'bookkeeping'
       WHEN trim(coalesce("Customer ID", '')) = '' THEN 'no buyer'
       WHEN "Price"::DECIMAL(18, 6) <= 0 THEN 'no price'
       WHEN "Invoice" LIKE 'C%' AND "Quantity"::BIGINT >= 0 THEN 'nothing back'
       WHEN "Invoice" NOT LIKE 'C%' AND "Quantity"::BIGINT <= 0 THEN 'no quantity'
       WHEN "Invoice" LIKE 'C%' THEN 'refund' ELSE 'order' END AS kind,
  "Quantity"::BIGINT AS units,
  floor("Price"::DECIMAL(18, 6) * 100 + 0.5)::BIGINT AS pence
FROM (SELECT row_number() OVER () AS n, * FROM read_csv(?, all_varchar = true, header = true, quote = '"'))
"""

_ORDERS = """
SELECT count(DISTINCT "Invoice"), count(*), sum(units), sum(units * pence)
FROM history WHERE kind = 'order'
"""

# What belongs together stands together, in the order of its first row's time, then of the file.
_IN_ORDER = """
SELECT kind, "Invoice", "Customer ID", "StockCode", abs(units), pence, began FROM (
  SELECT *, first("InvoiceDate") OVER (PARTITION BY "Invoice" ORDER BY n) AS began,
            min(n) OVER (PARTITION BY "Invoice") AS place
  FROM history WHERE kind IN ('order', 'refund')) ORDER BY began, place, n
"""


def count(path: Path) -> dict[str, Any]:
    """Everything that an import of the file should report; amounts in pence."""
    with duckdb.connect(":memory:") as database:
        database.execute(_ROWS, [str(path)])
        kinds = dict(database.execute("SELECT kind, count(*) FROM history GROUP BY kind").fetchall())
        orders = database.execute(_ORDERS).fetchone()
        lines = database.execute(_IN_ORDER).fetchall()
        filed = database.execute(
            "SELECT count(DISTINCT \"Invoice\") FROM history WHERE kind = 'refund'"
        ).fetchone()
    assert orders is not None
    assert filed is not None
    names = ("orders", "order lines", "units", "pence")
    return {
        "kinds": kinds,
        "refunds": filed[0],
        **dict(zip(names, orders, strict=True)),
        **match(lines),
    }


def match(lines: list[tuple[str, str, str, str, int, int, str]]) -> dict[str, Any]:
    """Give units back one by one, looking through all that the buyer bought until then."""
    bought: dict[str, list[list[Any]]] = defaultdict(list)
    line_numbers: dict[str, int] = defaultdict(int)
    taken: dict[tuple[str, str, int], int] = defaultdict(int)
    whole = partly = missing = pence_back = 0
    months: dict[str, int] = defaultdict(int)
    for kind, invoice, buyer, product, units, pence, began in lines:
        if kind == "order":
            line_numbers[invoice] += 1
            bought[buyer].append([invoice, line_numbers[invoice], product, units, pence, began[:7]])
            months[began[:7]] += units
            continue
        for unit in range(units):
            invoices = [one[0] for one in bought[buyer] if one[2] == product and one[3] > 0]
            if not invoices:
                missing += units - unit
                whole, partly = whole + (unit == 0), partly + (unit > 0)
                break
            line = next(
                one for one in bought[buyer] if one[0] == invoices[-1] and one[2] == product and one[3] > 0
            )
            line[3] -= 1
            pence_back += line[4]
            months[line[5]] -= 1
            taken[invoice, line[0], line[1]] += 1
    return {
        "taken": dict(taken),
        "months": dict(months),
        "pence back": pence_back,
        "missing": missing,
        "lines without an order": whole,
        "lines in part": partly,
    }
