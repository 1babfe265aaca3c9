"""The address of a client behind proxies: the right-most one in X-Forwarded-For that is not a proxy's own.

Each proxy adds whom it was called by at the right. What stands left of the last address that a trusted proxy
wrote anybody can have sent: it is never looked at. Without PINBACK_TRUSTED_PROXIES the header means nothing.
"""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Respond = Callable[[HttpRequest], HttpResponse]


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Who asks: the peer itself, unless it is trusted; then whoever it, and those before it, say they were
    asked by, up to the first one that is not trusted. What is no address ends the chain at the proxy that
    said it.
    """
    found = _address_of(peer)
    if found is None or not _is_one_of(found, trusted):
        return peer
    for said in reversed(forwarded_for.split(",")):
        address = _address_of(said)
        if address is None:
            break
        found = address
        if not _is_one_of(found, trusted):
            break
    return str(found)


def _address_of(text: str) -> Address | None:
    """An address as it may be written: with a port, in brackets, an IPv4 one inside an IPv6 one."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_one_of(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


class ProxyMiddleware:
    """Lets `REMOTE_ADDR` be the client's address, for whatever comes after.

    Who is no trusted proxy cannot say either that a request came over https.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look who asks."""
        trusted = settings.PINBACK_TRUSTED_PROXIES
        if trusted:
            peer = request.META.get("REMOTE_ADDR", "")
            address = _address_of(peer)
            if address is None or not _is_one_of(address, trusted):
                request.META.pop("HTTP_X_FORWARDED_PROTO", None)
            forwarded_for = request.META.get("HTTP_X_FORWARDED_FOR", "")
            request.META["REMOTE_ADDR"] = client_address(peer, forwarded_for, trusted)
        return self.get_response(request)
