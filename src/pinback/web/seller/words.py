"""What statuses say to a shop: what happens next, in the words of those who do it."""

from django.utils.translation import gettext_lazy as _

ROLES = {
    "owner": _("Owner"),
    "marketing": _("Marketing"),
    "service": _("Customer service"),
    "warehouse": _("Warehouse"),
    "finance": _("Finance"),
}
"""By `accounts.models.ROLES`."""
