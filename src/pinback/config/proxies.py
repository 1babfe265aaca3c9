"""Reads which proxies are trusted, PINBACK_TRUSTED_PROXIES."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network


def networks(words: Iterable[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks as networks. Raises ValueError for a word that is neither."""
    found = []
    for word in words:
        try:
            found.append(ip_network(word, strict=False))
        except ValueError as error:
            raise ValueError(f"PINBACK_TRUSTED_PROXIES: {word} is no address and no network") from error
    return tuple(found)
