"""The policy on partial refunds (section 5.3): fixed in a database at its first use."""

from django.db import IntegrityError, connections, transaction

from pinback.rules.records import Policy
from pinback.settlement.dialects import dialect_of
from pinback.settlement.models import Setting


class OtherPolicy(Exception):
    """The database was begun under another policy."""

    def __init__(self, fixed: Policy, wanted: Policy) -> None:
        super().__init__(
            f"this database settles with partial refund policy {fixed!r}; it cannot become {wanted!r}"
        )
        self.fixed = fixed
        self.wanted = wanted


def fix_policy(wanted: Policy | None, *, using: str = "default") -> Policy:
    """The policy of the database; fixed now as `wanted` (else `any`) if this is its first use.

    Raises OtherPolicy if another one is wanted than the one that is fixed.
    """
    fixed = fixed_policy(using)
    if fixed is None:
        try:
            with transaction.atomic(using):
                Setting.objects.using(using).create(id=1, partial_refund=wanted or "any")
        except IntegrityError:
            pass  # Another process was first; its policy is read below.
        fixed = fixed_policy(using)
        assert fixed is not None, connections[using].settings_dict["NAME"]
    check_policy(fixed, wanted)
    return fixed


def check_policy(fixed: Policy, wanted: Policy | None) -> None:
    """Raise OtherPolicy if another policy is wanted than the one that is fixed."""
    if wanted is not None and wanted != fixed:
        raise OtherPolicy(fixed, wanted)


def fixed_policy(using: str) -> Policy | None:
    """The policy of the database; None before its first use."""
    rows = dialect_of(connections[using]).fetch("SELECT partial_refund FROM settlement_setting WHERE id = 1")
    return rows[0][0] if rows else None
