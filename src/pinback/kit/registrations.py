"""What apps tell the rooms below them: their jobs, and who takes money in. Each app with something to tell
has a module `registrations`, which registers as it is imported.

They are imported when somebody first asks, not when Django starts: `pinback settle` needs none of them.
"""

from functools import cache

from django.utils.module_loading import autodiscover_modules


@cache
def register_all() -> None:
    """Import the registrations of all apps, in the order of the settings; once."""
    autodiscover_modules("registrations")
