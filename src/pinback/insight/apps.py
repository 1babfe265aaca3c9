"""The Django app of insight: it keeps what only the event log can tell, and the results of audits."""

from django.apps import AppConfig


class InsightConfig(AppConfig):
    """Reports, risk and audits."""

    name = "pinback.insight"
    label = "insight"
