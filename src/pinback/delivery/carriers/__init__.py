"""The carriers, which all offer the same. Any other name may be typed by a shop, and is not followed.

A carrier that posts signed notices is set up by PINBACK_CARRIERS, `name=secret` by commas.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings

from pinback.delivery.carriers.contract import Carrier, CarrierWord
from pinback.delivery.carriers.sandbox import SandboxCarrier
from pinback.delivery.carriers.signed import read_signed
from pinback.delivery.models import Parcel


class PostingCarrier:
    """A carrier that tells by signed notices, and is never asked."""

    def __init__(self, name: str, secret: str) -> None:
        self.name = name
        self._secret = secret

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Sequence[CarrierWord]:
        """What a notice says."""
        return read_signed(self._secret, headers, body)

    def look(self, parcel: Parcel, *, now: datetime) -> Sequence[CarrierWord]:  # noqa: ARG002
        """Nothing: it tells by itself."""
        return ()


def carrier_named(name: str) -> Carrier | None:
    """The carrier of that name; None for one that is not followed."""
    if name == SandboxCarrier.name and settings.PINBACK_SANDBOX:
        return SandboxCarrier()
    secret = settings.PINBACK_CARRIERS.get(name)
    return PostingCarrier(name, secret) if secret else None
