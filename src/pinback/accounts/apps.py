"""The Django app of accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, shops, staff and keys."""

    name = "pinback.accounts"
    label = "accounts"
