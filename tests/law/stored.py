"""A story in a database: settled there in batches, compared with the rules alone, looked at row by row."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django.apps import apps
from django.db import DatabaseError, connections

from pinback.rules import document
from pinback.rules.events import Event
from pinback.rules.records import Policy
from pinback.settlement import actions, writing
from pinback.settlement.actions import Incoming
from pinback.settlement.document import state_document
from tests.law.clauses import same
from tests.law.story import Story, Told

Rows = dict[str, list[tuple[Any, ...]]]

_BALANCES: Final = {
    "campaign:{}": "SELECT key, balance_minor FROM settlement_campaign",
    "voucher:{}": "SELECT code, balance_minor FROM settlement_voucher",
    "order:{}": "SELECT key, balance_minor FROM settlement_order",
    "shop:{}:marketing": "SELECT name, marketing_minor FROM settlement_shop",
    "shop:{}:sales": "SELECT name, sales_minor FROM settlement_shop",
}

WRITES: Final = (
    "_write_shops",
    "_write_events",
    "_write_campaigns",
    "_write_orders",
    "_write_lines",
    "_write_refunds",
    "_write_vouchers",
    "_write_debts",
    "_write_sales",
)
"""The steps in which a batch is written, in their order."""


def fetch(alias: str, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with connections[alias].cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def all_rows(alias: str) -> Rows:
    """Every row of every table of settlement."""
    tables = [model._meta.db_table for model in apps.get_app_config("settlement").get_models()]
    return {table: sorted(fetch(alias, f"SELECT * FROM {table}"), key=repr) for table in tables}


def settle_part(alias: str, policy: Policy, told: Sequence[Told], first_line: int) -> None:
    """Settle a part of a story as one batch; its decisions are those that the rules alone made."""
    batch = [Incoming(line, event) for line, (event, _) in enumerate(told, start=first_line)]
    made = actions.settle(batch, policy=policy, using=alias)
    for (event, expected), found in zip(told, made, strict=True):
        same("any_cutting", event.key, found, expected)


def check_stored(alias: str, story: Story) -> None:
    """The document is that of the rules; accounts sum to 0, and each is the sum of its postings."""
    stored = b"".join(state_document(alias))
    same("any_cutting", "state", stored, document.state_document(story.state))
    accounts: Counter[str] = Counter()
    for source, target, amount in fetch(alias, "SELECT source, target, amount_minor FROM settlement_posting"):
        accounts[source] -= amount
        accounts[target] += amount
    same("stored_accounts", "all", sum(accounts.values()), 0)
    balances = {
        account.format(key): fen for account, query in _BALANCES.items() for key, fen in fetch(alias, query)
    }
    balances["external"] = accounts["external"]
    same("stored_accounts", "each", _moved(balances), _moved(accounts))


def _moved(balances: Mapping[str, int]) -> dict[str, int]:
    return {account: fen for account, fen in balances.items() if fen}


class PowerCut(DatabaseError):
    """What a database raises when it goes away in the middle."""


def fail_at(write: str) -> Callable[..., None]:
    """A step of writing that does its work; then the database goes away."""
    real: Callable[..., None] = getattr(writing._Writer, write)

    def fail(writer: object) -> None:
        real(writer)
        raise PowerCut(write)

    return fail


def applied_events(told: Sequence[Told]) -> list[Event]:
    """The events of a story that were applied."""
    return [event for event, decisions in told if decisions[0].type == "event.applied"]
