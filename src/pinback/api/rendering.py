"""How answers are written: JSON by msgspec, many times quicker than by an encoder in Python."""

from typing import Any

import msgspec
from django.http import HttpRequest
from django.utils.functional import Promise
from ninja.renderers import BaseRenderer


class Json(BaseRenderer):
    """Writes what models and texts come to; instants in UTC end in `Z`."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:  # noqa: ARG002
        """The answer as bytes."""
        return _encoder.encode(data)


def _written(value: object) -> str:
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"{type(value)} is not for JSON")


_encoder = msgspec.json.Encoder(enc_hook=_written)
