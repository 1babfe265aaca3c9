"""Whose address counts behind proxies: nobody can speak for somebody else."""

from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client, override_settings

from pinback.accounts.models import Attempt
from pinback.checkout.models import Order
from pinback.kit.ids import public_id
from pinback.web.proxies import client_address
from tests.support.calling import Caller
from tests.support.cast import Cast

PROXIES = tuple(map(ip_network, ("127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8")))


@pytest.mark.parametrize(
    ("peer", "header", "client"),
    [
        # Nobody in between.
        ("203.0.113.9", "", "203.0.113.9"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("", "203.0.113.9", ""),
        # Who is not trusted speaks for nobody.
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("203.0.113.9", "127.0.0.1", "203.0.113.9"),
        # One proxy, several.
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9,10.0.0.3 ,10.0.0.2", "203.0.113.9"),
        # What the client sent itself stands at the left.
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "127.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "10.0.0.5, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        # All of them ours: the first one asked.
        ("127.0.0.1", "10.0.0.7, 10.0.0.8", "10.0.0.7"),
        # What is no address ends it at the proxy that said so.
        ("127.0.0.1", "203.0.113.9, unknown", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9, , 10.0.0.2", "10.0.0.2"),
        ("127.0.0.1", "<script>, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "999.1.1.1", "127.0.0.1"),
        ("127.0.0.1", "10.0.0", "127.0.0.1"),
        # Spellings.
        ("127.0.0.1", "203.0.113.9:41234", "203.0.113.9"),
        ("127.0.0.1", "[2001:db8::9]:41234", "2001:db8::9"),
        ("127.0.0.1", "2001:DB8::0009", "2001:db8::9"),
        ("::ffff:127.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("::1", "203.0.113.9", "203.0.113.9"),
        ("fd00::7", "2001:db8::9, fd00::8", "2001:db8::9"),
    ],
)
def test_the_right_most_address_that_is_not_trusted(peer: str, header: str, client: str) -> None:
    assert client_address(peer, header, PROXIES) == client


def test_nobody_is_trusted_unless_it_is_said() -> None:
    assert client_address("127.0.0.1", "203.0.113.9", ()) == "127.0.0.1"


@override_settings(PINBACK_TRUSTED_PROXIES=PROXIES)
@pytest.mark.usefixtures("market")
def test_an_order_keeps_the_clients_address() -> None:
    cast = Cast()
    tea = cast.product()
    sku = public_id(cast.sku(tea).pk)
    body: dict[str, Any] = {
        "product": public_id(tea.pk),
        "lines": [{"sku": sku, "quantity": 1}],
        "kind": "solo",
        "address": {
            "recipient": "Ann",
            "phone": "+8613800138000",
            "region": "上海 徐汇",
            "street": "Road 1",
        },
    }
    answer = Caller(cast, "ann").post("/orders", body, **{"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    assert answer.status_code == 201, answer.content
    assert Order.objects.get().client_address == "203.0.113.9"


def _guess(path: str, guess: dict[str, str], peer: str, header: str) -> None:
    more: Any = {"content_type": "application/json"} if path.startswith("/api/") else {}
    Client().post(path, guess, REMOTE_ADDR=peer, headers={"X-Forwarded-For": header}, **more)


@override_settings(PINBACK_TRUSTED_PROXIES=PROXIES)
@pytest.mark.usefixtures("market")
@pytest.mark.parametrize("path", ["/api/v1/session", "/sign-in"])
def test_guessers_are_counted_by_their_own_address_whatever_they_send(path: str) -> None:
    Cast()
    guess = {"login": "ann@example.com", "password": "not it at all"}
    for number in range(3):
        _guess(path, guess, "10.0.0.2", f"198.51.100.{number}, 203.0.113.9")
    _guess(path, guess, "198.51.100.77", "203.0.113.9")
    addresses = list(Attempt.objects.order_by("id").values_list("address", flat=True))
    assert set(addresses) == {"203.0.113.9", "198.51.100.77"}


@override_settings(
    PINBACK_TRUSTED_PROXIES=PROXIES,
    SECURE_SSL_REDIRECT=True,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
)
@pytest.mark.usefixtures("market")
def test_only_a_trusted_proxy_says_that_it_was_https() -> None:
    said: Any = {"HTTP_X_FORWARDED_PROTO": "https"}
    through = Client().get("/api/v1/openapi.json", REMOTE_ADDR="10.0.0.2", **said)
    past_it = Client().get("/api/v1/openapi.json", REMOTE_ADDR="203.0.113.9", **said)
    assert (through.status_code, past_it.status_code) == (200, 301)
