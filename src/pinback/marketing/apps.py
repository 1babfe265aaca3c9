"""The Django app of marketing."""

from django.apps import AppConfig


class MarketingConfig(AppConfig):
    """Campaigns, activities and funds."""

    name = "pinback.marketing"
    label = "marketing"
