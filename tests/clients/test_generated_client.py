"""A client generated from the API's description: it imports, its types hold, and it tells the whole story."""

import importlib
import os
import pkgutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from ninja import Schema

from pinback.api.app import ROUTERS, api
from tests.clients.conftest import OPERATOR, PACKAGE

STORY = Path(__file__).with_name("story.py")
THEIR_FAULT = ("__exit__", "__aexit__")
"""The generator's own text of `client.py` hands these on in a way that strict types do not admit."""

pytestmark = pytest.mark.slow


@pytest.fixture
def importable(generated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The generated package can be imported, and is forgotten afterwards."""
    monkeypatch.syspath_prepend(generated)
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_every_module_of_it_imports(importable: None) -> None:
    package = importlib.import_module(PACKAGE)
    found = [module.name for module in pkgutil.walk_packages(package.__path__, f"{PACKAGE}.")]
    for name in found:
        importlib.import_module(name)
    operations = [
        operation for methods in api.get_openapi_schema()["paths"].values() for operation in methods
    ]
    endpoints = [name for name in found if name.startswith(f"{PACKAGE}.api.") and name.count(".") == 3]
    assert len(endpoints) == len(operations)


def test_its_types_hold_and_so_do_those_of_a_program_that_uses_it(generated: Path) -> None:
    said = strict_types(generated, generated / PACKAGE, STORY)
    assert [line for line in said if not any(part in line for part in THEIR_FAULT)] == []


def test_a_wrong_type_in_a_program_is_seen(generated: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(f"from {PACKAGE}.models import LineIn\nLineIn(sku='s', quantity='two')\n")
    assert any("program.py:2" in line and "arg-type" in line for line in strict_types(generated, program))


def strict_types(generated: Path, *programs: Path) -> list[str]:
    """What mypy says, at its strictest, of programs that use the generated package."""
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--explicit-package-bases"),
            *("--config-file", os.devnull, "--cache-dir", str(generated / "cache"), *map(str, programs)),
        ],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        cwd=generated,
        env={**os.environ, "MYPYPATH": str(generated)},
    )
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    return ran.stdout.splitlines()


def test_the_whole_story(importable: None, server: str) -> None:
    from tests.clients.story import tell

    told = tell(server, OPERATOR)
    assert told.vouchers == ["available", "reclaimed"]
    assert told.status == "refunded"
    assert (told.sales_minor, told.marketing_minor) == (10_000, 1_000)
    assert told.lines == [
        ("order.received", 10_000),
        ("order.received", 10_000),
        ("refund.succeeded", 1_000),
        ("refund.succeeded", -10_000),
    ]
    assert told.differences == 0


def test_no_two_shapes_have_one_name() -> None:
    modules = [import_module(f"pinback.api.{name}") for name in ROUTERS]
    described = set(api.get_openapi_schema()["components"]["schemas"])
    classes = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Schema) and value.__name__ in described
    }
    names = Counter(shape.__name__ for shape in classes)
    assert [name for name, times in names.items() if times > 1] == []
