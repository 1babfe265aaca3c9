"""Reads of parcels. Who may see an order may see its parcels: that is asked in checkout."""

from collections.abc import Iterable, Mapping, Sequence

from pinback.delivery.models import CarrierEvent, Parcel, Receipt


def parcels_of(order_keys: Iterable[str]) -> Mapping[str, Sequence[Parcel]]:
    """The parcels of orders, by order, the first one first."""
    keys = list(order_keys)
    found: dict[str, list[Parcel]] = {key: [] for key in keys}
    for parcel in Parcel.objects.filter(order_key__in=keys).order_by("id"):
        found[parcel.order_key].append(parcel)
    return found


def journey_of(parcel: Parcel) -> Sequence[CarrierEvent]:
    """What the carrier said of a parcel, in the order in which it happened."""
    return list(CarrierEvent.objects.filter(parcel=parcel).order_by("happened_at", "id"))


def receipt_of(order_key: str) -> Receipt | None:
    """When an order counts as received by itself; None before it is shipped."""
    return Receipt.objects.filter(pk=order_key).first()
