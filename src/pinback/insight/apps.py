"""The Django app of insight: it keeps a few figures that only the event log can tell, and the audits'
results.
"""

from django.apps import AppConfig


class InsightConfig(AppConfig):
    """Reports, risk and audits."""

    name = "pinback.insight"
    label = "insight"
