"""Prepared queries over tables that are joined give whole models (`kit.prepared`)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from pinback.accounts.models import Credential, Person
from pinback.kit.ids import new_id
from pinback.kit.prepared import Prepared

NOON = datetime(2026, 11, 10, 4, 0, tzinfo=UTC)


@pytest.mark.usefixtures("market")
def test_a_model_comes_with_those_that_were_selected_with_it() -> None:
    """As a query set makes them: the same rows, the related ones at hand, and none where there is none."""
    person = Person.objects.create(id=new_id(), login="a@example.com", name="Ann", created_at=NOON)
    Credential.objects.create(
        id=new_id(), kind="session", prefix="p", secret_hash="h", person=person, created_at=NOON
    )

    def build(prefix: str) -> QuerySet[Credential]:
        return Credential.objects.select_related("person", "shop").filter(prefix=prefix)

    (made,), (expected,) = Prepared(build).all(prefix="p"), build("p")
    with connection.execute_wrapper(_no_statement):
        pairs = [(made, expected), (made.person, expected.person)]
        assert made.shop is None
    for one, other in pairs:
        mine, its = dict(vars(one)), dict(vars(other))
        states = mine.pop("_state"), its.pop("_state")
        assert mine == its
        assert {(state.adding, state.db) for state in states} == {(False, "default")}


def _no_statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    raise AssertionError(sql)
