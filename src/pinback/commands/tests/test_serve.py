"""`pinback serve`: the real server, from its first line to its end."""

import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.browser.story import ODD_SHOPS, market
from tests.support.pinback import call_pinback, run_pinback
from tests.support.serving import served

pytestmark = pytest.mark.slow


def get(url: str) -> tuple[int, str]:
    """The status and the text at an address."""
    try:
        with urllib.request.urlopen(url, timeout=20) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_stopped(address: str, number: signal.Signals) -> None:
    with served(address) as (url, process):
        status, page = get(url)
        assert status == 200
        assert "No shop yet" in page
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
        with pytest.raises(urllib.error.URLError):
            get(url)


def test_a_killed_server_leaves_nobody_behind(sqlite: str) -> None:
    with served(sqlite) as (url, process):
        assert get(url)[0] == 200
        process.kill()
        process.wait(timeout=20)
        assert process.stdout is not None
        # The worker holds the other end as long as it lives.
        assert process.stdout.read() == b""
        with pytest.raises(urllib.error.URLError):
            get(url)


def test_odd_names_come_through_the_server(sqlite: str, tmp_path: Path) -> None:
    stream = tmp_path / "market.ndjson"
    stream.write_bytes(b"".join(market()))
    call_pinback("settle", stream, database=sqlite)
    from django.urls import reverse

    with served(sqlite) as (url, _process):
        for shop in ODD_SHOPS:
            assert get(url + reverse("shop", kwargs={"shop": shop}))[0] == 200
        assert get(f"{url}/shops/nobody/")[0] == 404


def test_a_taken_port_is_told_in_one_line(sqlite: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = run_pinback("serve", "--port", str(port), "--database", sqlite)
    assert ran.code == 2
    assert ran.line == f"cannot listen at 127.0.0.1:{port}: Address already in use"


def test_a_database_in_memory_cannot_be_served() -> None:
    ran = run_pinback("serve", "--database", ":memory:")
    assert ran.code == 2
    assert "name a file" in ran.line


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "８０"])
def test_a_port_is_a_number(port: str) -> None:
    ran = run_pinback("serve", f"--port={port}")
    assert ran.code == 2
    assert "is not a port" in ran.err
