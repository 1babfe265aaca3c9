"""What comes in, before any operation sees it: JSON that this API can keep, or a word on what is wrong.

Databases keep no NUL in a text, UTF-8 has no lone surrogates, and numbers end at 64 bits. Whoever sends such
a thing is told where it stands.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

MOST_INTEGER = 2**63 - 1
_DEEPEST = 32

Path = tuple[str | int, ...]


class NotKept(ValidationError):
    """Values that cannot be kept; `errors` says which, as a validation does."""


def is_text(value: str) -> bool:
    """Whether a text can be kept: without NUL, and made of characters only."""
    if value.isascii():
        return "\x00" not in value
    return "\x00" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def unkept(value: Any, at: Path) -> Iterator[tuple[Path, str, str]]:
    """(place, code, words) of whatever cannot be kept in a value that JSON can say."""
    if isinstance(value, str):
        if not is_text(value):
            yield at, "text_characters", _("A text has no NUL and no half characters.")
    elif isinstance(value, int):
        if not -MOST_INTEGER <= value <= MOST_INTEGER:
            yield at, "integer_size", _("A whole number has at most 64 bits.")
    elif isinstance(value, dict | list):
        if len(at) > _DEEPEST:
            yield at, "too_deep", _("This is nested too deeply.")
        else:
            yield from _unkept_parts(value, at)


def _unkept_parts(value: "dict[str, Any] | list[Any]", at: Path) -> Iterator[tuple[Path, str, str]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for name, part in parts:
        if isinstance(name, str) and not is_text(name):
            yield from unkept(name, (*at, "name"))
        else:
            yield from unkept(part, (*at, name))


def check_kept(value: Any, source: str) -> None:
    """Raises NotKept with everything in a value that cannot be kept."""
    errors = [{"type": code, "loc": (source, *at), "msg": words} for at, code, words in unkept(value, ())]
    if errors:
        raise NotKept(errors)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


class StrictParser(Parser):
    """Reads bodies and queries. Raises HttpError 400 and 415, and NotKept."""

    def parse_body(self, request: HttpRequest) -> Any:
        """An `application/json` body."""
        if request.content_type != "application/json":
            raise HttpError(415, _("Content-Type: application/json is what this takes."))
        try:
            found = json.loads(request.body, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise HttpError(400, _("This is no JSON: {reason}").format(reason=error)) from error
        check_kept(found, "body")
        return found

    def parse_querydict(
        self, data: "MultiValueDict[str, Any]", list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        """The parts of a query or of a form."""
        found: dict[str, Any] = super().parse_querydict(data, list_fields, request)
        source = "form" if data is request.POST else "query"
        check_kept({name: value for name, value in found.items() if isinstance(value, str | list)}, source)
        return found
