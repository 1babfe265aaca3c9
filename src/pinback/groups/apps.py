"""The Django app of groups."""

from django.apps import AppConfig


class GroupsConfig(AppConfig):
    """Groups of buyers."""

    name = "pinback.groups"
    label = "groups"
