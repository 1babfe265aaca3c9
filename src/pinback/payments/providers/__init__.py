"""The payment providers, each in a folder of its own and alike, and which of them takes which method.

A provider is made when it is first needed: their libraries are heavy, and most processes never pay anything.
"""

from functools import cache
from importlib import import_module

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from pinback.kit.refusals import NotFound, Refused
from pinback.payments.providers.contract import Provider

REAL = {"wechat": "wechat", "debit_card": "card"}
"""The provider of each method where it is configured."""

NAMES = ("sandbox", "wechat", "card")

_WECHAT_NEEDS = ("MCHID", "APPID", "API_V3_KEY", "PRIVATE_KEY", "SERIAL")
_STRIPE_NEEDS = ("SECRET_KEY", "WEBHOOK_SECRET")


def is_configured(name: str) -> bool:
    """Whether a provider can be used here."""
    if name == "wechat":
        return bool(settings.PINBACK_PUBLIC_URL) and all(
            settings.PINBACK_WECHAT[key] for key in _WECHAT_NEEDS
        )
    if name == "card":
        return all(settings.PINBACK_STRIPE[key] for key in _STRIPE_NEEDS)
    return bool(settings.PINBACK_SANDBOX)


def provider_name_for(method: str) -> str:
    """The provider that takes a method. Raises Refused where none does."""
    name = REAL.get(method)
    if name is None:
        raise Refused("unknown_method", _("Pay by WeChat Pay or by debit card."), "method")
    if is_configured(name):
        return name
    if is_configured("sandbox"):
        return "sandbox"
    raise Refused("method_unavailable", _("This way of paying is not set up here."), "method")


def provider_named(name: str) -> Provider:
    """A provider that can be used here. Raises NotFound."""
    if name not in NAMES or not is_configured(name):
        raise NotFound("provider", name)
    return _made(name)


@cache
def _made(name: str) -> Provider:
    provider: Provider = import_module(f"pinback.payments.providers.{name}.provider").make()
    return provider


def forget_providers() -> None:
    """Make providers anew when they are next needed: their settings changed."""
    _made.cache_clear()
