"""What every template may use: the present moment of Pinback's own clock."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from pinback.kit import clock


def now(request: HttpRequest) -> dict[str, Any]:
    """`now`, asked for once for a page, and only by one that uses it."""
    return {"now": SimpleLazyObject(clock.now)}
