"""Amounts in texts that are put together before it is known in which language they will be read."""

from django.conf import settings
from django.utils.functional import Promise, lazystr
from django.utils.translation import get_language

from pinback.kit.formats import format_money, locale_of


class _Amount:
    def __init__(self, amount_minor: int) -> None:
        self._amount_minor = amount_minor

    def __str__(self) -> str:
        return format_money(self._amount_minor, settings.PINBACK_CURRENCY, locale_of(get_language() or "en"))


def money(amount_minor: int) -> Promise:
    """An amount in the installation's currency, written when it is shown, in the language of then."""
    return lazystr(_Amount(amount_minor))
