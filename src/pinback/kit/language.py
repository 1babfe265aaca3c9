"""The words people read on the command line, in their language, from the catalog that the pages use too.

Pages go through Django's own translation. This module is for everything that speaks without Django: it needs
the standard library only, and reads the catalog when the first text is asked for. The source has the English.
"""

import gettext as catalogs
import os
from functools import cache
from pathlib import Path

_LOCALE = Path(__file__).resolve().parent.parent / "locale"
_DOMAIN = "django"


def catalog_name() -> str:
    """`zh_Hans` when the environment asks for Chinese, else `en`; the first variable that is set decides.

    The order is gettext's own: LANGUAGE (a list by colons), LC_ALL, LC_MESSAGES, LANG.
    """
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        wanted = os.environ.get(variable, "")
        if wanted:
            return "zh_Hans" if wanted.lower().startswith("zh") else "en"
    return "en"


@cache
def _catalog(name: str) -> catalogs.NullTranslations:
    """The compiled catalog `name`; one that says what it is given where there is none, as for English."""
    return catalogs.translation(_DOMAIN, _LOCALE, [name], fallback=True)


def gettext(message: str) -> str:
    """`message` in the reader's language. Usually imported as `_`."""
    return _catalog(catalog_name()).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """The form of a message that fits `number`, in the reader's language."""
    return _catalog(catalog_name()).ngettext(singular, plural, number)


def pgettext(context: str, message: str) -> str:
    """`message` as it is meant in `context`, in the reader's language."""
    return _catalog(catalog_name()).pgettext(context, message)
