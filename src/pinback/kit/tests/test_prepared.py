"""Prepared queries give what the queries themselves give, compiled once; inserts write what `save` writes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from pinback.kit.ids import new_id
from pinback.kit.models import Change
from pinback.kit.prepared import Prepared, insert, insert_new

NOON = datetime(2026, 11, 10, 4, 0, tzinfo=UTC)


def _changes(number: int) -> list[Change]:
    made = [
        Change(
            id=new_id(),
            subject=f"thing{place % 2}",
            subject_id=place,
            before="a",
            after="b",
            at=NOON + timedelta(hours=place),
            note="' %s ?" if place else "",
        )
        for place in range(number)
    ]
    for row in made:
        insert(row)
    return made


@pytest.mark.usefixtures("market")
def test_a_prepared_query_gives_the_rows_of_the_query_for_each_value() -> None:
    """Texts, integers, moments, also such as a statement could trip over."""
    _changes(12)

    def build(subject: str, least: int, since: datetime) -> QuerySet[Change]:
        found = Change.objects.filter(subject=subject, subject_id__gte=least, at__gt=since)
        return found.exclude(note="").order_by("-id")

    prepared = Prepared(build)
    asked: list[tuple[Any, ...]] = [
        ("thing0", 0, NOON),
        ("thing1", 3, NOON + timedelta(hours=4, microseconds=5)),
        ("it's %s", 1, NOON),
    ]
    for subject, least, since in asked:
        values = {"subject": subject, "least": least, "since": since}
        expected = [vars(row) for row in build(**values)]
        got = [vars(row) for row in prepared.all(**values)]
        for row in (*expected, *got):
            row.pop("_state")
        assert got == expected
        first = prepared.first(**values)
        assert (first and first.pk) == (expected[0]["id"] if expected else None)


@pytest.mark.usefixtures("market")
def test_lists_are_prepared_for_their_length() -> None:
    """None, some, and more than are worth a statement."""
    made = _changes(12)
    prepared = Prepared(lambda ids: Change.objects.filter(pk__in=ids).order_by("id"))
    for ids in ([], [made[3].pk], [made[2].pk, made[5].pk], [made[7].pk, made[1].pk], [c.pk for c in made]):
        assert [row.pk for row in prepared.all(ids=ids)] == sorted(ids)


@pytest.mark.usefixtures("market")
def test_values_come_as_values() -> None:
    """Flat, and as tuples, converted as Django does."""
    made = _changes(3)
    flat = Prepared(lambda pk: Change.objects.filter(pk=pk).values_list("at", flat=True))
    pairs = Prepared(lambda pk: Change.objects.filter(pk=pk).values_list("subject_id", "at"))
    assert flat.all(pk=made[2].pk) == [NOON + timedelta(hours=2)]
    assert pairs.all(pk=made[1].pk) == [(1, NOON + timedelta(hours=1))]


@pytest.mark.usefixtures("market")
def test_a_query_is_built_once_for_a_shape_of_values() -> None:
    """Asked ten times with lists of two lengths, it is built twice."""
    built = []

    def build(ids: list[int]) -> QuerySet[Change]:
        built.append(len(ids))
        return Change.objects.filter(pk__in=ids)

    prepared = Prepared(build)
    for number in range(10):
        prepared.all(ids=[number] * (1 + number % 2))
    assert built == [1, 2]


@pytest.mark.usefixtures("market")
def test_a_value_that_the_query_does_not_hold_is_refused() -> None:
    """It was looked at while the query was built: the statement would hold for one value alone."""
    with pytest.raises(AssertionError, match="not in the query"):
        Prepared(lambda pk: Change.objects.filter(pk=int(pk) % 7)).all(pk=5)
    with pytest.raises(AssertionError, match="true or false"):
        Prepared(lambda wanted: Change.objects.filter(note=wanted)).all(wanted=True)


@pytest.mark.usefixtures("market")
def test_an_inserted_row_is_the_one_that_was_given_and_comes_once() -> None:
    """Read again it is the same; a second one with its id is refused, and takes nothing else with it."""
    (row,) = _changes(1)
    again = Change.objects.get(pk=row.pk)
    assert {name: value for name, value in vars(again).items() if name != "_state"} == {
        name: value for name, value in vars(row).items() if name != "_state"
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(row)
    row.note = "changed"
    row.save()
    assert Change.objects.get(pk=row.pk).note == "changed"


@pytest.mark.usefixtures("market")
def test_a_row_that_is_there_is_left_as_it_is() -> None:
    """Who inserts it again hears that it is no news, and the transaction goes on."""
    (row,) = _changes(1)
    again = Change(id=row.pk, subject="other", subject_id=1, before="", after="", at=NOON)
    assert not insert_new(again)
    assert Change.objects.get().subject == "thing0"
    again.pk = new_id()
    assert insert_new(again)
    assert Change.objects.count() == 2
