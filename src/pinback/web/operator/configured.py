"""What is configured here, for the operator to read: names and values; of secrets, whether they are set."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import django
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from pinback import __version__
from pinback.accounts.queries import letters, sends_mail
from pinback.payments.providers import is_configured


class Setting(NamedTuple):
    """A variable of the environment, and what holds; `is_secret`: only whether there is one is told."""

    name: str
    label: Any
    value: Any
    is_secret: bool = False


class Section(NamedTuple):
    """Settings that belong together."""

    label: Any
    rows: Sequence[Setting]


def configuration() -> Sequence[Section]:
    """What holds, by what it is about."""
    return [
        Section(_("This installation"), _installation()),
        Section(_("The market"), _market()),
        Section(_("Mail"), _mail()),
        Section(_("WeChat Pay"), _wechat()),
        Section(_("Debit cards, through Stripe"), _stripe()),
    ]


def _yes(value: object) -> str:
    return _("yes") if value else _("no")


def _installation() -> Sequence[Setting]:
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(connection.vendor, connection.vendor)
    return [
        Setting("", _("Version"), f"Pinback {__version__}, Django {django.get_version()}"),
        Setting("DATABASE_URL", _("Database"), kind),
        Setting("PINBACK_PUBLIC_URL", _("Where the world reaches it"), settings.PINBACK_PUBLIC_URL),
        Setting("PINBACK_ALLOWED_HOSTS", _("Hosts"), ", ".join(settings.ALLOWED_HOSTS)),
        Setting("PINBACK_TRUSTED_ORIGINS", _("Trusted origins"), ", ".join(settings.CSRF_TRUSTED_ORIGINS)),
        Setting(
            "PINBACK_TRUSTED_PROXIES",
            _("Trusted proxies"),
            ", ".join(str(network) for network in settings.PINBACK_TRUSTED_PROXIES),
        ),
        Setting("PINBACK_HTTPS", _("HTTPS only"), _yes(settings.SECURE_SSL_REDIRECT)),
        Setting("PINBACK_DEBUG", _("Error pages for developers"), _yes(settings.DEBUG)),
        Setting("PINBACK_SECRET_KEY", _("Secret key"), settings.SECRET_KEY, is_secret=True),
        Setting("PINBACK_RATE", _("API requests a minute"), settings.PINBACK_RATE),
    ]


def _market() -> Sequence[Setting]:
    return [
        Setting("PINBACK_SANDBOX", _("Sandbox"), _yes(settings.PINBACK_SANDBOX)),
        Setting("PINBACK_CURRENCY", _("Currency"), settings.PINBACK_CURRENCY),
        Setting("PINBACK_PAY_MINUTES", _("Minutes to pay an order"), settings.PINBACK_PAY_MINUTES),
        Setting("PINBACK_RECEIVE_DAYS", _("Days until it counts as received"), settings.PINBACK_RECEIVE_DAYS),
        Setting("PINBACK_NEWS_DAYS", _("Days that news is kept"), settings.PINBACK_NEWS_DAYS),
        Setting("PINBACK_CARRIERS", _("Carriers that post notices"), ", ".join(settings.PINBACK_CARRIERS)),
    ]


def _mail() -> Sequence[Setting]:
    waiting, given_up = letters()
    return [
        Setting("", _("Can be used"), _yes(sends_mail())),
        Setting("EMAIL_URL", _("How it goes out"), settings.EMAIL_URL, is_secret=True),
        Setting("PINBACK_MAIL_FROM", _("From"), settings.DEFAULT_FROM_EMAIL),
        Setting("PINBACK_CONTACT", _("Whom people ask who cannot get in"), settings.PINBACK_CONTACT),
        Setting("", _("Letters that wait"), waiting),
        Setting("", _("Letters given up, in the last week"), given_up),
    ]


def _wechat() -> Sequence[Setting]:
    known = settings.PINBACK_WECHAT
    return [
        Setting("", _("Can be used"), _yes(is_configured("wechat"))),
        Setting("PINBACK_WECHAT_MCHID", _("Merchant"), known["MCHID"]),
        Setting("PINBACK_WECHAT_APPID", _("App"), known["APPID"]),
        Setting("PINBACK_WECHAT_SERIAL", _("Serial number of the certificate"), known["SERIAL"]),
        Setting("PINBACK_WECHAT_API_V3_KEY", _("Key of notices"), known["API_V3_KEY"], is_secret=True),
        Setting("PINBACK_WECHAT_PRIVATE_KEY", _("Private key"), known["PRIVATE_KEY"], is_secret=True),
        Setting(
            "PINBACK_WECHAT_APP_SECRET",
            _("Secret of the official account"),
            known["APP_SECRET"],
            is_secret=True,
        ),
        Setting("PINBACK_WECHAT_BASE", _("Address"), known["BASE"]),
    ]


def _stripe() -> Sequence[Setting]:
    known = settings.PINBACK_STRIPE
    return [
        Setting("", _("Can be used"), _yes(is_configured("card"))),
        Setting("PINBACK_STRIPE_PUBLISHABLE_KEY", _("What browsers are given"), known["PUBLISHABLE_KEY"]),
        Setting("PINBACK_STRIPE_SECRET_KEY", _("Secret key"), known["SECRET_KEY"], is_secret=True),
        Setting(
            "PINBACK_STRIPE_WEBHOOK_SECRET", _("Key of notices"), known["WEBHOOK_SECRET"], is_secret=True
        ),
        Setting("PINBACK_STRIPE_BASE", _("Address"), known["BASE"]),
    ]
