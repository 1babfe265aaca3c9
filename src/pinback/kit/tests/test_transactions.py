"""What is called after a commit opens its own transactions, and its failure is not the transaction's."""

import pytest
from django.db import connection

from pinback.kit.models import SandboxClock
from pinback.kit.transactions import after_commit, assert_open, durable

pytestmark = pytest.mark.usefixtures("open_market")


@durable
def write_row(seconds: int) -> None:
    """Write the one row of the clock."""
    assert_open()
    SandboxClock.objects.update_or_create(id=1, defaults={"offset_seconds": seconds})


def test_a_transaction_after_the_commit_is_a_real_one() -> None:
    @durable
    def act() -> None:
        write_row(1)
        after_commit(lambda: write_row(2))

    act()
    assert SandboxClock.objects.get().offset_seconds == 2


def test_a_failure_after_the_commit_leaves_what_was_committed() -> None:
    def fail() -> None:
        assert not connection.in_atomic_block
        raise RuntimeError("the world is gone")

    @durable
    def act() -> str:
        write_row(1)
        after_commit(fail)
        return "done"

    assert act() == "done"
    assert SandboxClock.objects.get().offset_seconds == 1
