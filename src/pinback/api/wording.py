"""What is wrong with a field, in the reader's language. The code stays as it is, for programs."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

_WORDS = {
    "missing": _("This is needed."),
    "extra_forbidden": _("This is not known here."),
    "string_type": _("This must be a text."),
    "string_too_short": _("At least {min_length} characters."),
    "string_too_long": _("At most {max_length} characters."),
    "string_pattern_mismatch": _("This must have the form {pattern}."),
    "int_type": _("This must be a whole number."),
    "int_parsing": _("This must be a whole number."),
    "int_from_float": _("This must be a whole number."),
    "bool_type": _("This must be true or false."),
    "bool_parsing": _("This must be true or false."),
    "list_type": _("This must be a list."),
    "dict_type": _("This must be an object."),
    "model_type": _("This must be an object."),
    "model_attributes_type": _("This must be an object."),
    "too_short": _("At least {min_length} of them."),
    "too_long": _("At most {max_length} of them."),
    "greater_than": _("This must be more than {gt}."),
    "greater_than_equal": _("This must be at least {ge}."),
    "less_than": _("This must be less than {lt}."),
    "less_than_equal": _("This must be at most {le}."),
    "literal_error": _("This must be one of: {expected}."),
    "enum": _("This must be one of: {expected}."),
    "datetime_parsing": _("This must be an instant, such as 2026-11-11T10:00:00+08:00."),
    "datetime_from_date_parsing": _("This must be an instant, such as 2026-11-11T10:00:00+08:00."),
    "datetime_type": _("This must be an instant, such as 2026-11-11T10:00:00+08:00."),
    "timezone_aware": _("This needs its offset from UTC, such as +08:00."),
    "date_from_datetime_parsing": _("This must be a day, such as 2026-11-11."),
    "date_parsing": _("This must be a day, such as 2026-11-11."),
    "url_parsing": _("This must be an address, such as https://shop.example/hook."),
}
"""By the type of pydantic's error; those with names in braces are filled from its context."""


def worded(error: Mapping[str, Any]) -> str:
    """The words for an error of pydantic's; its own where there are none of ours."""
    words = _WORDS.get(error["type"])
    if words is None:
        return str(error["msg"])
    try:
        return str(words).format(**error.get("ctx", {}))
    except (KeyError, IndexError, ValueError):
        return str(error["msg"])
