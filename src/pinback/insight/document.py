"""A report as plain values for JSON: every figure, sums too; shares are left to whoever reads it."""

from typing import Any

from msgspec import Struct


def document(figures: object) -> Any:
    """`figures` with each of its records as a dictionary, amounts in minor units."""
    if isinstance(figures, Struct):
        named = {name: document(getattr(figures, name)) for name in figures.__struct_fields__}
        sums = {name: getattr(figures, name) for name in _properties(type(figures))}
        return named | {name: value for name, value in sums.items() if isinstance(value, int)}
    if isinstance(figures, list | tuple):
        return [document(part) for part in figures]
    return figures


def _properties(record: type) -> list[str]:
    return [name for name, value in vars(record).items() if isinstance(value, property)]
