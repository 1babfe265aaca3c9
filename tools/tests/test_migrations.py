"""What a table gets right after it was created it is created with, unless something else came between."""

from django.db import models
from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel, RunSQL
from django.db.migrations.operations.base import Operation

from tools.migrations import folded

KEY = [("id", models.BigIntegerField(primary_key=True))]


def shop() -> CreateModel:
    return CreateModel(
        "Shop", [*KEY, ("size", models.IntegerField())], options={"constraints": [check("old")]}
    )


def staff() -> CreateModel:
    return CreateModel("Staff", [*KEY, ("shop", models.ForeignKey("x.Shop", models.CASCADE))])


def check(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=models.Q(size__gt=0), name=name)


def named(operation: Operation, what: str) -> list[str]:
    assert isinstance(operation, CreateModel)
    return [one.name for one in operation.options.get(what, [])]


def test_indexes_and_checks_are_the_tables_own() -> None:
    index = models.Index(fields=["size"], name="size")
    first, second = folded(
        [shop(), staff(), AddIndex("shop", index), AddConstraint("Shop", check("one")),
         AddConstraint("shop", check("two"))], "x"
    )  # fmt: skip
    assert named(first, "constraints") == ["old", "one", "two"]
    assert named(first, "indexes") == ["size"]
    assert second.options == {}  # type: ignore[attr-defined]


def test_nothing_goes_past_what_it_may_be_about() -> None:
    for between in (AddField("shop", "colour", models.IntegerField()), RunSQL("SELECT 1")):
        operations = [shop(), between, AddConstraint("shop", check("one"))]
        assert folded(operations, "x") == operations


def test_a_table_of_an_earlier_migration_is_left_alone() -> None:
    operations = [staff(), AddConstraint("shop", check("one"))]
    assert folded(operations, "x") == operations
