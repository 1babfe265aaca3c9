"""Sends one request to an address that a shop chose, for a bounded time: to the public internet only, in a
sandbox to this machine too.

The name is resolved once, every address it has is checked, and the connection goes to a checked one: a name
that changes its mind between check and use leads nowhere. Redirects are not followed.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from threading import Event, Timer
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from pinback.kit.refusals import Refused

CONNECT_SECONDS = 5
ANSWER_SECONDS = 10
_SHOWN_BYTES = 200
_LONGEST_URL = 500


class Outcome(NamedTuple):
    """How a try ended: whether it was taken (2xx), and what to show of it."""

    taken: bool
    answer: str


class Unreachable(Exception):
    """The address cannot be used, or nobody answers there."""


def checked_url(url: str, *, sandbox: bool) -> str:
    """The address as it is kept. Raises Refused `bad_url`: a sandbox takes http and this machine, others
    only https to the public internet. Names are looked up when something is sent: it takes time, and
    the answer is another one a moment later.
    """
    try:
        parts = urlsplit(url)
        _check_parts(parts, sandbox=sandbox)
        _check_literal(parts.hostname or "", sandbox=sandbox)
    except ValueError as error:
        text = _("This address cannot be used: {reason}")
        raise Refused("bad_url", text.format(reason=error), "url") from None
    return url


def _check_parts(parts: SplitResult, *, sandbox: bool) -> None:
    if parts.scheme != "https" and not (sandbox and parts.scheme == "http"):
        raise ValueError("it must begin with https://")
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("it must be a host and a path, without user and fragment")
    if not parts.geturl().isascii() or any(c <= " " for c in parts.geturl()):
        raise ValueError("it must be plain ASCII")
    if len(parts.geturl()) > _LONGEST_URL or parts.port == 0:
        raise ValueError("it is too long, or has no port that can be")


def _check_literal(hostname: str, *, sandbox: bool) -> None:
    try:
        public = _may_be_called(hostname, sandbox=sandbox)
    except ValueError:
        if sandbox:
            return
        # Not numbers. "2130706433" and "0x7f.1" are, to some; a name of the internet ends in letters.
        public = "." in hostname and hostname.rstrip(".").rpartition(".")[2].isalpha()
        public = public and not hostname.rstrip(".").endswith((".local", ".internal", ".localhost"))
    if not public:
        raise ValueError("it leads into a private network")


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _addresses(parts: SplitResult, *, sandbox: bool) -> list[str]:
    """The addresses of its host, all of which may be called. Raises Unreachable."""
    try:
        found = socket.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"no such host ({type(error).__name__})") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not all(_may_be_called(address, sandbox=sandbox) for address in addresses):
        raise Unreachable("it leads into a private network")
    return addresses


def _may_be_called(address: str, *, sandbox: bool) -> bool:
    """Whether it is public; a sandbox calls this machine too, but nothing around it, such as the service of
    a cloud that tells the machine's secrets.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if sandbox and ip.is_loopback:
        return True
    embedded = [ip]
    if isinstance(ip, ipaddress.IPv6Address):
        embedded += [inner for inner in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if inner]
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            embedded.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    return all(each.is_global and not each.is_multicast for each in embedded)


def send(url: str, body: bytes, headers: Mapping[str, str], *, sandbox: bool) -> Outcome:
    """POST `body`; never raises, whatever is at the address. Takes at most 15 seconds and the look-up."""
    try:
        parts = urlsplit(url)
        _check_parts(parts, sandbox=sandbox)
        connection = _connected(parts, _addresses(parts, sandbox=sandbox))
    except (Unreachable, OSError, ValueError) as error:
        return Outcome(False, _shown(error))
    # A time-out of a socket is for each read: this one is for all of them, however slowly it drips.
    over = Event()
    watch = Timer(ANSWER_SECONDS, _cut, (connection.sock, over))
    watch.daemon = True
    watch.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {**headers, "Host": parts.netloc})
        answer = connection.getresponse()
        shown = answer.read(_SHOWN_BYTES).decode("utf-8", "replace")
        printable = "".join(c if c.isprintable() else " " for c in shown)
        if over.is_set():
            return Outcome(False, f"no whole answer in {ANSWER_SECONDS} seconds")
        return Outcome(200 <= answer.status < 300, f"{answer.status} {printable}".strip())
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Outcome(False, _shown(error))
    finally:
        watch.cancel()
        connection.close()


def _connected(parts: SplitResult, addresses: list[str]) -> http.client.HTTPConnection:
    """A connection to one of these addresses, under the name of the host."""
    hostname = parts.hostname or ""
    plain = socket.create_connection((addresses[0], _port(parts)), timeout=CONNECT_SECONDS)
    try:
        if parts.scheme == "https":
            plain = ssl.create_default_context().wrap_socket(plain, server_hostname=hostname)
        plain.settimeout(ANSWER_SECONDS)
    except BaseException:
        plain.close()
        raise
    connection = http.client.HTTPConnection(hostname, _port(parts))
    connection.sock = plain
    return connection


def _cut(plain: socket.socket, over: Event) -> None:
    over.set()
    with contextlib.suppress(OSError):
        plain.shutdown(socket.SHUT_RDWR)


def _shown(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
