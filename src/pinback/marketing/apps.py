"""The Django app of marketing: the taker of campaign fees, and its jobs."""

from django.apps import AppConfig


class MarketingConfig(AppConfig):
    """Campaigns, activities and funds."""

    name = "pinback.marketing"
    label = "marketing"
