"""How trusted proxies are named."""

from ipaddress import ip_network

import pytest

from pinback.config.proxies import networks


def test_the_setting_names_addresses_and_networks() -> None:
    assert networks(["127.0.0.1", "10.1.2.3/8", "::1"]) == tuple(
        map(ip_network, ("127.0.0.1/32", "10.0.0.0/8", "::1/128"))
    )
    assert networks([]) == ()


@pytest.mark.parametrize("word", ["nginx", "10.0.0", "10.0.0.0/33", "*"])
def test_what_is_none_is_said_at_the_start(word: str) -> None:
    with pytest.raises(ValueError, match="PINBACK_TRUSTED_PROXIES: "):
        networks([word])
