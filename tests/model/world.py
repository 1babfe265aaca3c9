"""All that has happened, as plain tables of records, and the figures that follow from them. Money moves
only by `post`, so the balances always add up to 0 (section 8); what is left of a voucher, and who owes
what, is worked out anew each time."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]
Tables = dict[str, Any]
DEFAULT_ZONE = "Asia/Shanghai"


class RefusedError(Exception):
    """The event is refused; the only argument is the refusal code of section 10."""

    @property
    def code(self) -> str:
        """The refusal code."""
        return str(self.args[0])


def new_tables() -> Tables:
    """A world in which nothing has happened yet."""
    return {
        "balances": {},
        "moved": {},
        "debts_paid": {},
        "shops": {},
        "campaigns": {},
        "vouchers": {},
        "orders": {},
        "refunds": {},
        "sales": {},
        "seen": {},
        "latest": None,
    }


def copy_order(order: Record) -> Record:
    """An order apart from the one given, its lines too."""
    return order | {"lines": [dict(line) for line in order["lines"]]}


def copy_tables(world: Tables) -> Tables:
    """The same world, sharing nothing that can change with the one given."""
    return {
        "balances": dict(world["balances"]),
        "moved": dict(world["moved"]),
        "debts_paid": dict(world["debts_paid"]),
        "shops": dict(world["shops"]),
        "campaigns": {key: dict(record) for key, record in world["campaigns"].items()},
        "vouchers": {key: dict(record) for key, record in world["vouchers"].items()},
        "orders": {key: copy_order(record) for key, record in world["orders"].items()},
        "refunds": {key: dict(record) for key, record in world["refunds"].items()},
        "sales": {
            key: {"total": record["total"], "months": dict(record["months"])}
            for key, record in world["sales"].items()
        },
        "seen": dict(world["seen"]),
        "latest": world["latest"],
    }


def post(world: Tables, source: str, target: str, amount: int) -> None:
    """Moves fen between two accounts, and remembers how much ever went that way."""
    if amount < 0:
        raise AssertionError(f"posting of {amount} from {source} to {target}")
    balances, moved = world["balances"], world["moved"]
    balances[source] = balances.get(source, 0) - amount
    balances[target] = balances.get(target, 0) + amount
    moved[source, target] = moved.get((source, target), 0) + amount


def balance(world: Tables, account: str) -> int:
    """What is in an account now."""
    return int(world["balances"].get(account, 0))


def marketing(shop: str) -> str:
    """The account of a shop's marketing balance."""
    return f"shop:{shop}:marketing"


def sales(shop: str) -> str:
    """The account of a shop's sales."""
    return f"shop:{shop}:sales"


def code_key(code: str) -> tuple[str, str, int]:
    """How voucher codes sort: shop, campaign, then n as a number."""
    shop, campaign, number = code.split("/")
    return shop, campaign, int(number)


def funding_shop(code: str) -> str:
    """The shop that paid for the voucher."""
    return code.partition("/")[0]


def zone_of(world: Tables, shop: str) -> str:
    """The name of the shop's time zone; the default for a shop first seen now."""
    return str(world["shops"].get(shop, DEFAULT_ZONE))


def left(world: Tables, code: str) -> int:
    """What a used voucher's owner still has of it (section 6); 0 of one that is not used."""
    voucher = world["vouchers"][code]
    if voucher["status"] != "used":
        return 0
    return int(voucher["amount"] - sum(voucher["taken_back"]) - sum(voucher["recovered"]))


def lost(world: Tables, code: str) -> bool:
    """Whether the order that earned the voucher has lost its eligibility."""
    return bool(world["orders"][world["vouchers"][code]["order"]]["rebate"] != "issued")


def debts(world: Tables) -> dict[tuple[str, str], int]:
    """What each buyer owes each shop, only those above 0, by (shop, buyer)."""
    owed: dict[tuple[str, str], int] = {}
    for code, voucher in world["vouchers"].items():
        rest = left(world, code)
        if rest > 0 and lost(world, code):
            key = (funding_shop(code), voucher["buyer"])
            owed[key] = owed.get(key, 0) + rest
    return owed


def open_refunds(world: Tables, order_key: str) -> int:
    """How many refunds of the order are open."""
    return sum(
        1
        for refund in world["refunds"].values()
        if refund["order"] == order_key and refund["status"] == "open"
    )


def goods_cash(order: Record) -> int:
    """The cash part of the goods still standing (section 4)."""
    return int(sum(line["cash"] for line in order["lines"]))


def share_out(amount: int, weights: list[int]) -> list[int]:
    """Splits in proportion, rounded down; missing fen to the largest remainders, ties to the lower line."""
    total = sum(weights)
    parts = [amount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in by_remainder[: amount - sum(parts)]:
        parts[i] += 1
    return parts
