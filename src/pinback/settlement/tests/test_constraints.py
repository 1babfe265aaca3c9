"""The constraints of the tables refuse what they name: each is tried with raw SQL, on both databases."""

import re
from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connections, transaction
from django.db.models import CheckConstraint, UniqueConstraint

from tests.support.rows import MODELS, columns_of, keys_of, run_sql
from tests.support.settling import settle_stream
from tests.support.steady import steady_stream

# The name of a CHECK and what is set in one row that is fine: it must be refused by that CHECK.
CHECKS = [
    ("setting_one_row", "setting", "id = 2"),
    ("setting_policy", "setting", "partial_refund = 'all'"),
    ("shop_not_negative", "shop", "issued = -1"),
    ("shop_not_negative", "shop", "completed_orders = -1"),
    ("campaign_terms", "campaign", "threshold_minor = 0"),
    ("campaign_terms", "campaign", "threshold_minor = rebate_minor - 1"),
    ("campaign_terms", "campaign", "rebate_minor = 0"),
    ("campaign_terms", "campaign", "quantity = 9"),
    ("campaign_terms", "campaign", "valid_days = 0"),
    ("campaign_terms", "campaign", "valid_days = 366"),
    ("campaign_issued", "campaign", "issued = -1"),
    ("campaign_issued", "campaign", "issued = quantity + 1"),
    ("campaign_ended", "campaign", "ended = 'over'"),
    ("campaign_not_negative", "campaign", "balance_minor = -1"),
    ("voucher_status", "voucher", "status = 'lost'"),
    ("voucher_left", "voucher", "left_minor = -1"),
    ("voucher_left", "voucher", "left_minor = amount_minor + 1"),
    ("voucher_balance", "voucher", "balance_minor = amount_minor - 1"),
    ("voucher_balance", "voucher", "balance_minor = -1"),
    ("order_status", "order", "status = 'lost'"),
    ("order_rebate", "order", "rebate = 'lost'"),
    ("order_left", "order", "goods_left_minor = goods_minor + 1"),
    ("order_left", "order", "postage_left_minor = postage_minor + 1"),
    ("order_not_negative", "order", "goods_left_minor = -1"),
    ("order_not_negative", "order", "voucher_left_minor = -1"),
    ("order_not_negative", "order", "postage_left_minor = -1"),
    ("order_not_negative", "order", "payout_minor = -1"),
    ("order_not_negative", "order", "compensated_minor = -1"),
    ("order_not_negative", "order", "open_refunds = -1"),
    ("order_not_negative", "order", "balance_minor = -1"),
    ("line_left", "line", "units_left = quantity + 1"),
    ("line_left", "line", "cash_left_minor = cash_minor + 1"),
    ("line_left", "line", "voucher_left_minor = voucher_minor + 1"),
    ("line_not_negative", "line", "units_left = -1"),
    ("line_not_negative", "line", "cash_left_minor = -1"),
    ("line_not_negative", "line", "voucher_left_minor = -1"),
    ("refund_status", "refund", "status = 'lost'"),
    ("refund_withheld", "refund", "withheld_minor = cash_minor + 1"),
    ("refund_not_negative", "refund", "cash_minor = -1, withheld_minor = -1"),
    ("refund_not_negative", "refund", "withheld_minor = -1"),
    ("refund_not_negative", "refund", "bought_back_minor = -1"),
    ("refund_not_negative", "refund", "taken_back_minor = -1"),
    ("debt_not_negative", "debt", "amount_minor = -1"),
    ("posting_amount", "posting", "amount_minor = 0"),
    ("posting_amount", "posting", "amount_minor = -5"),
    ("posting_accounts", "posting", "target = source"),
    ("product_sales_not_negative", "productsales", "units = -1"),
    ("product_month_not_negative", "productmonth", "units = -1"),
]

# What must be there once only; a second row is given the values of the first.
UNIQUE = [
    ("setting", "id"),
    ("shop", "id"),
    ("shop", "name"),
    ("event", "id"),
    ("event", "key"),
    ("campaign", "id"),
    ("campaign", "key"),
    ("voucher", "id"),
    ("voucher", "code"),
    ("voucher", "shop_id, serial"),
    ("voucher", "source_key"),
    ("order", "id"),
    ("order", "key"),
    ("line", "order_id, number"),
    ("refund", "id"),
    ("refund", "key"),
    ("debt", "voucher_code"),
    ("posting", "event_id, number"),
    ("productsales", "key"),
    ("productmonth", "key, month"),
]


@pytest.fixture
def filled(database: str) -> Iterator[str]:
    """The alias of a database with rows in every table; what a test changes is taken back."""
    settle_stream(steady_stream(28, 700), using=database)
    with transaction.atomic(using=database):
        yield database
        transaction.set_rollback(True, using=database)


def refused_by(alias: str, sql: str) -> str:
    """The words with which the database refuses a statement; empty if it does not."""
    try:
        with transaction.atomic(using=alias):
            run_sql(alias, sql)
    except IntegrityError as error:
        return str(error)
    return ""


def test_every_check_refuses_what_it_names(filled: str) -> None:
    wrong = []
    for name, table, change in CHECKS:
        # Of one row, whichever it is.
        model = next(model for model in MODELS if model._meta.db_table == f"settlement_{table}")
        keys = ", ".join(keys_of(model))
        chosen = f"SELECT {keys} FROM settlement_{table} LIMIT 1"
        said = refused_by(filled, f"UPDATE settlement_{table} SET {change} WHERE ({keys}) = ({chosen})")
        if not re.search(rf"\b{name}\b", said):
            wrong.append((name, change, said))
    assert wrong == []


def test_every_key_is_there_once_only(filled: str) -> None:
    wrong = []
    for name, columns in UNIQUE:
        table = f"settlement_{name}"
        (everything,) = (columns_of(model) for model in MODELS if model._meta.db_table == table)
        # All other values are other ones, so that it is these columns that are refused.
        unique = {column for other, listed in UNIQUE if other == name for column in listed.split(", ")}
        values = [
            column if column in columns.split(", ") or column not in unique else another(column)
            for column in everything
        ]
        said = refused_by(
            filled,
            f"INSERT INTO {table} ({', '.join(everything)}) SELECT {', '.join(values)} FROM {table} LIMIT 1",
        )
        if not re.search("unique", said, re.IGNORECASE):
            wrong.append((name, columns, said))
    assert wrong == []


def another(column: str) -> str:
    """SQL for a value that no row has in this column."""
    if column == "month":
        return "'1999-01'"
    if column in ("number", "serial"):
        return f"{column} + 1000"
    if column == "id" or column.endswith("_id"):
        return f"{column} + 77"
    return f"'~/' || substr({column}, 3)"


def test_every_constraint_is_tried() -> None:
    checks = {c.name for model in MODELS for c in model._meta.constraints if isinstance(c, CheckConstraint)}
    assert checks == {name for name, _, _ in CHECKS}
    unique = set()
    for model in MODELS:
        table = model._meta.db_table.removeprefix("settlement_")
        unique.add((table, ", ".join(keys_of(model))))
        unique.update((table, f.column) for f in model._meta.local_concrete_fields if f.unique and f.column)
        for constraint in model._meta.constraints:
            if isinstance(constraint, UniqueConstraint):
                fields = (model._meta.get_field(name) for name in constraint.fields)
                unique.add((table, ", ".join(getattr(field, "column", "") for field in fields)))
    assert unique == set(UNIQUE)


def test_no_value_is_missing_that_must_be_there(filled: str) -> None:
    wrong = []
    for model in MODELS:
        table = model._meta.db_table
        for field in model._meta.local_concrete_fields:
            if field.column and not field.null:
                said = refused_by(filled, f"UPDATE {table} SET {field.column} = NULL")
                if not re.search("not.null", said, re.IGNORECASE):
                    wrong.append((table, field.column, said))
    assert wrong == []


def test_money_is_64_bits_wide(filled: str) -> None:
    """A shop's balance can be more than the fee of one campaign, 10^12 fen, by far."""
    run_sql(filled, "UPDATE settlement_shop SET marketing_minor = 9000000000000000000")
    assert set(run_sql(filled, "SELECT marketing_minor FROM settlement_shop")) == {(9 * 10**18,)}


def test_the_databases_are_set_as_correctness_asks(database: str) -> None:
    connection = connections[database]
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        assert run_sql(database, "PRAGMA journal_mode") == [("wal",)]
        assert run_sql(database, "PRAGMA synchronous") == [(2,)]
        assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    else:
        assert run_sql(database, "SHOW transaction_isolation") == [("read committed",)]
        assert run_sql(database, "SHOW synchronous_commit") == [("on",)]
        assert run_sql(database, "SHOW lock_timeout") == [("30s",)]
