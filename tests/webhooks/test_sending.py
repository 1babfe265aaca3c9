"""Where webhooks may go: outside a sandbox to https addresses of the public internet only, never further."""

import socket
import threading
from typing import Any

import pytest

from pinback.api.webhooks import sending
from pinback.api.webhooks.sending import checked_url, send
from pinback.kit.refusals import Refused

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "192.168.0.1",
    "172.16.9.9",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "[::1]",
    "[fd00::1]",
    "[fe80::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "localhost",
    "intranet",
    "printer.local",
    "2130706433",
    "0x7f.1",
]


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_are_refused_outside_a_sandbox(host: str) -> None:
    with pytest.raises(Refused) as refused:
        checked_url(f"https://{host}/hook", sandbox=False)
    assert refused.value.refusal.code == "bad_url"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000/hook", "http://[::1]/", "http://localhost/", "http://hooks/"]
)
def test_a_sandbox_takes_this_machine_too(url: str) -> None:
    assert checked_url(url, sandbox=True) == url


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "100.100.100.200", "[fd00:ec2::254]", "10.1.2.3", "[fe80::1]"]
)
def test_a_sandbox_does_not_take_what_is_around_it(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cloud tells a machine's secrets to whoever asks from it, and anybody may open a shop."""
    with pytest.raises(Refused):
        checked_url(f"http://{host}/latest", sandbox=True)
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: pytest.fail("called"))
    outcome = send(f"http://{host}/latest", b"{}", {}, sandbox=True)
    assert not outcome.taken
    assert "private network" in outcome.answer


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "ftp://shop.example/",
        "https://user:secret@shop.example/",
        "https://shop.example/#part",
        "https:///nowhere",
        "https://shop.example:0/",
        "https://shop.example:99999/",
        "https://shop.example/a b",
        "https://shop.example/\r\nHost: other",
        "nothing",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(Refused):
        checked_url(url, sandbox=False)


def test_public_ones_are_taken() -> None:
    for url in ("https://shop.example/hook?x=1", "https://8.8.8.8:8443/", "https://[2606:4700::1]/"):
        assert checked_url(url, sandbox=False) == url


def test_a_name_that_leads_into_a_private_network_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolved(*args: Any, **kwargs: Any) -> list[Any]:
        entries = [("8.8.8.8", 443), ("10.0.0.1", 443)]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", entry) for entry in entries]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: pytest.fail("called"))
    outcome = send("https://shop.example/", b"{}", {}, sandbox=False)
    assert not outcome.taken
    assert "private network" in outcome.answer


def test_it_connects_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name means something else a moment later: it is not asked again."""
    answers = iter(["8.8.8.8", "127.0.0.1"])
    called = []

    def resolved(*args: Any, **kwargs: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 443))]

    def connecting(address: Any, **kwargs: Any) -> None:
        called.append(address)
        raise OSError("not from here")

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr(socket, "create_connection", connecting)
    assert not send("https://shop.example/", b"{}", {}, sandbox=False).taken
    assert called == [("8.8.8.8", 443)]


@pytest.mark.slow
def test_a_receiver_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each read is quick, the answer never ends."""
    monkeypatch.setattr(sending, "ANSWER_SECONDS", 1)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        stop = threading.Event()

        def drip() -> None:
            accepted, _ = server.accept()
            with accepted:
                accepted.sendall(b"HTTP/1.1 200 OK\r\n")
                while not stop.wait(0.1):
                    try:
                        accepted.sendall(b"X-More: yes\r\n")
                    except OSError:
                        break

        thread = threading.Thread(target=drip)
        thread.start()
        outcome = send(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, sandbox=True)
        stop.set()
        thread.join()
    assert not outcome.taken


def test_nobody_there_is_no_error() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        assert not send(url, b"{}", {}, sandbox=True).taken
