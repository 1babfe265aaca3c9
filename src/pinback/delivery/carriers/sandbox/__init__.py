"""The sandbox's carrier: its parcels move by the clock, and its notices are signed like any other's."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac

from pinback.delivery.carriers.contract import CarrierWord
from pinback.delivery.carriers.signed import read_signed
from pinback.delivery.models import Parcel

_JOURNEY = (
    (timedelta(hours=12), "moving", "left the sorting centre"),
    (timedelta(days=3), "delivered", "handed to the recipient"),
)


class SandboxCarrier:
    """Delivers everything after three days."""

    name = "sandbox"

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Sequence[CarrierWord]:
        """What a notice says."""
        return read_signed(secret(), headers, body)

    def look(self, parcel: Parcel, *, now: datetime) -> Sequence[CarrierWord]:
        """Where the parcel is by now."""
        return [
            CarrierWord(parcel.tracking, f"journey-{code}", code, text, parcel.shipped_at + after)
            for after, code, text in _JOURNEY
            if parcel.shipped_at + after <= now
        ]


def secret() -> str:
    """The secret of its notices."""
    return str(salted_hmac("pinback.carrier", "sandbox", algorithm="sha256").hexdigest())
