"""A running market, and the client that is generated from its own description."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.pinback import run_pinback
from tests.support.serving import served

OPERATOR = ("opal@example.com", "opal keeps the market tidy")
PACKAGE = "pinback_client"
CONFIG = f"""\
package_name_override: {PACKAGE}
content_type_overrides:
  application/x-ndjson: application/octet-stream
  image/svg+xml: application/octet-stream
post_hooks: []
"""
"""Lines of JSON and pictures are bytes for this generator; it does not know these types by name."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `pinback serve` with an empty market, whose operator is OPERATOR."""
    database = f"sqlite:///{tmp_path_factory.mktemp('market')}/pinback.sqlite3"
    login, password = OPERATOR
    made = run_pinback(
        "operator", login, "--password", "--database", database, stdin=f"{password}\n".encode()
    )
    assert made.code == 0, made.err
    with served(database) as (address, _process):
        yield address


@pytest.fixture(scope="module")
def generated(server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that has the generated package; the generator had nothing to complain about."""
    folder = tmp_path_factory.mktemp("client")
    document, config = folder / "openapi.json", folder / "generator.yaml"
    document.write_bytes(requests.get(f"{server}/api/v1/openapi.json", timeout=30).content)
    config.write_text(CONFIG)
    given = {"--path": document, "--config": config, "--output-path": folder / PACKAGE, "--meta": "none"}
    words = [str(word) for pair in given.items() for word in pair]
    ran = subprocess.run(
        [str(Path(sys.executable).parent / "openapi-python-client"), "generate", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = ran.stdout + ran.stderr
    assert ran.returncode == 0, said
    assert "WARNING" not in said, said
    return folder
