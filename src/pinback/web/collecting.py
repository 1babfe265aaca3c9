"""Which static files are collected."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class CollectedFilesConfig(StaticFilesConfig):
    """All but the sources of packages' bundles, and a second viewer of the API's description that no page
    shows: together they were a tenth of what is installed.
    """

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "*.map", "redoc*"]  # noqa: RUF012 - as Django has it
