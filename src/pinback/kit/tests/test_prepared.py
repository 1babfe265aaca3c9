"""Prepared queries give what the queries themselves give, compiled once; inserts write what `save` writes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.db.transaction import TransactionManagementError
from django.test import override_settings

from pinback.kit.ids import new_id
from pinback.kit.models import Change
from pinback.kit.prepared import More, Prepared, Update
from pinback.kit.rows import insert, insert_new

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


@pytest.mark.usefixtures("market")
def test_an_update_writes_new_values_to_the_rows_that_are_found() -> None:
    """Values of every kind, more than there was, None, and how many rows there were; no other row changes."""
    made = _changes(4)
    update = Update(lambda pk, note: Change.objects.filter(pk=pk, note=note))
    later = NOON + timedelta(days=3)
    new = {"subject_id": More(-7), "after": "it's %s", "at": later, "person_id": None}
    assert update.run(new, pk=made[2].pk, note="' %s ?") == 1
    assert update.run(new, pk=made[2].pk, note="another") == 0
    assert update.run({"subject_id": 40}, pk=made[3].pk, note="' %s ?") == 1
    assert update.run({"person_id": 5}, pk=made[3].pk, note="' %s ?") == 1
    rows = list(Change.objects.order_by("id").values_list("subject_id", "after", "at", "person_id"))
    assert rows == [
        (0, "b", NOON, None),
        (1, "b", NOON + timedelta(hours=1), None),
        (-5, "it's %s", later, None),
        (40, "b", NOON + timedelta(hours=3), 5),
    ]


@pytest.mark.usefixtures("market")
def test_who_watches_statements_sees_all_of_them() -> None:
    """A query, an insertion and an update, as Django writes them; with what they would give unseen."""
    seen = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql.split(maxsplit=1)[0])
        return execute(sql, params, many, context)

    prepared = Prepared(lambda pk: Change.objects.filter(pk=pk))
    update = Update(lambda pk: Change.objects.filter(pk=pk))
    with connection.execute_wrapper(watch):
        (row,) = _changes(1)
        assert update.run({"note": "seen"}, pk=row.pk) == 1
        assert [found.note for found in prepared.all(pk=row.pk)] == ["seen"]
    assert seen == ["INSERT", "UPDATE", "SELECT"]


def _go_on_after_a_failure(row: Change, prepared: Prepared[Change]) -> None:
    try:
        insert(row)
    except IntegrityError:
        prepared.all(pk=row.pk)


@pytest.mark.usefixtures("market")
def test_a_broken_transaction_takes_no_statement_more() -> None:
    """What failed inside has to be taken back first, as with Django's own cursors."""
    prepared = Prepared(lambda pk: Change.objects.filter(pk=pk))
    (row,) = _changes(1)
    with pytest.raises(TransactionManagementError), transaction.atomic():
        _go_on_after_a_failure(row, prepared)
    assert len(prepared.all(pk=row.pk)) == 1


@pytest.mark.usefixtures("market")
def test_statements_need_not_be_prepared_on_the_server() -> None:
    """Behind a pooler that gives connections on nothing is kept for one, and all is the same."""
    for is_kept in (False, True):
        before = _kept_by_the_server()
        with override_settings(PINBACK_PREPARED_STATEMENTS=is_kept):
            made = _changes(2)
            prepared = Prepared(lambda pk, note: Change.objects.filter(pk=pk, note=note))
            assert [row.pk for row in prepared.all(pk=made[0].pk, note="")] == [made[0].pk]
            update = Update(lambda pk, before: Change.objects.filter(pk=pk, before=before))
            assert update.run({"note": "", "after": "c"}, pk=made[1].pk, before="a") == 1
            assert [row.after for row in prepared.all(pk=made[1].pk, note="")] == ["c"]
        assert (_kept_by_the_server() > before) == (is_kept and connection.vendor == "postgresql")


def _kept_by_the_server() -> int:
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        return int(cursor.fetchone()[0])
