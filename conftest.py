"""What all tests share: the two databases, empty at the start of each test that asks for one.

`database` runs a test on SQLite and on PostgreSQL and is the alias to use. PostgreSQL is looked for at
PINBACK_TEST_POSTGRES; where none answers its tests are skipped, and the summary says so. With
PINBACK_REQUIRE_POSTGRES=1 (CI) that is a failure.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import hypothesis
import psycopg
import pytest

from tests.support.databases import POSTGRES_URL, alias_of, default_has, private_database, when_admitted

pytest_plugins = ["tests.support.division"]

# How long an example takes is the machine's affair: a busy one failed tests of which nothing was wrong.
hypothesis.settings.register_profile("calm", deadline=None)
hypothesis.settings.load_profile("calm")


def pytest_configure(config: pytest.Config) -> None:
    """Django is set up before any test module is imported: in memory, no file of the machine is touched."""
    config.addinivalue_line("markers", "slow: takes seconds; left out of `make quick`")
    config.addinivalue_line("markers", "postgres: needs PostgreSQL; left out of `make quick`")
    config.addinivalue_line("markers", "browser: drives a real browser; left out of `make quick`")
    os.environ["DATABASE_URL"] = ":memory:"
    os.environ["PINBACK_ALLOWED_HOSTS"] = "testserver,127.0.0.1,localhost"
    # Tests ask often; those of the rate set one.
    os.environ["PINBACK_RATE"] = "0"
    os.environ["DJANGO_SETTINGS_MODULE"] = "pinback.config.settings"
    import django

    django.setup()
    from django.conf import settings

    from pinback.kit.registrations import register_all

    # Before a test registers something of its own, which the first use would replace otherwise.
    register_all()
    # A hasher that is slow on purpose would only make the tests slow.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    _come_again_to_a_full_server()


def _come_again_to_a_full_server() -> None:
    """A test that PostgreSQL refuses because others hold all of its connections waits instead of failing."""
    from django.db.backends.postgresql.base import DatabaseWrapper

    connect = DatabaseWrapper.get_new_connection

    def connect_when_admitted(self: DatabaseWrapper, parameters: dict[str, Any]) -> Any:
        return when_admitted(lambda: connect(self, parameters))

    DatabaseWrapper.get_new_connection = connect_when_admitted  # type: ignore[method-assign,assignment]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes do not make the name of a test: packed ones hold the time, and xdist wants the same names in
    all of its processes.
    """
    plain = isinstance(val, bytes) and len(val) < 60 and val.isascii() and val.decode("ascii").isprintable()
    return argname if isinstance(val, bytes) and not plain else None


def postgres_answers() -> bool:
    """Whether a PostgreSQL for tests answers."""
    try:
        when_admitted(lambda: psycopg.connect(POSTGRES_URL, connect_timeout=5)).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture(scope="session")
def sqlite_alias(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The alias of a migrated SQLite file."""
    folder = tmp_path_factory.mktemp("shared")
    with private_database("sqlite", folder, migrated=True) as url, alias_of(url, name="sqlite") as alias:
        yield alias


@pytest.fixture(scope="session")
def postgres_alias(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The alias of a migrated PostgreSQL database."""
    if not postgres_answers():
        message = f"no PostgreSQL answers at {POSTGRES_URL} (PINBACK_TEST_POSTGRES)"
        if os.environ.get("PINBACK_REQUIRE_POSTGRES") == "1":
            pytest.fail(message)
        pytest.skip(message)
    folder = tmp_path_factory.mktemp("shared")
    with private_database("postgres", folder, migrated=True) as url, alias_of(url, name="postgres") as alias:
        yield alias


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    """The alias of an empty database; the test runs once on each kind."""
    alias: str = request.getfixturevalue(f"{request.param}_alias")
    empty(alias)
    return alias


@pytest.fixture
def postgres_database(postgres_alias: str) -> str:
    """The alias of an empty PostgreSQL database."""
    empty(postgres_alias)
    return postgres_alias


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def market(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty market as the default database, on each kind; what a test writes is taken back at its end.

    For tests in one thread. Transactions are real to what is tested, but nothing of them is ever committed.
    """
    from django.db import transaction

    alias: str = request.getfixturevalue(f"{request.param}_alias")
    with as_default(alias):
        # Tests of the heart leave behind what they settled.
        empty("default")
        atomic = transaction.atomic()
        # As in Django's own TestCase: durable transactions may stand inside the one of the test.
        atomic._from_testcase = True  # type: ignore[attr-defined]  # noqa: SLF001
        with atomic:
            yield alias
            transaction.set_rollback(True)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def open_market(request: pytest.FixtureRequest) -> Iterator[str]:
    """Like `market`, for tests with threads, servers and `after_commit`: what is written is committed, and
    deleted when the test is over.
    """
    alias: str = request.getfixturevalue(f"{request.param}_alias")
    with as_default(alias):
        empty("default")
        try:
            yield alias
        finally:
            empty("default")


def as_default(alias: str) -> AbstractContextManager[None]:
    """Let `default` be the database of another alias, in all threads."""
    from django.db import connections

    return default_has(connections.settings[alias])


def empty(alias: str) -> None:
    """Delete all rows of Pinback's tables."""
    from django.db import connections

    connection = connections[alias]
    with connection.cursor() as cursor:
        # Few tables have rows, and to ask is much quicker than to delete nothing.
        cursor.execute(_which_have_rows())
        filled = [table for (table,) in cursor.fetchall()]
        if filled and connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(filled)}")
        else:
            for table in filled:
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - our own tables


@cache
def _which_have_rows() -> str:
    """Asks for all tables at once: every test asks."""
    from django.apps import apps

    tables = [model._meta.db_table for model in apps.get_models() if model.__module__.startswith("pinback.")]
    return " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables)  # noqa: S608 - our own tables


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly which tests did not run."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.write_sep("!", f"{len(skipped)} tests were SKIPPED", red=True)
