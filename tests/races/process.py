"""A process that settles with others at once: `python -m tests.races.process ADDRESS < batches.json`."""

import os
import sys

os.environ["DATABASE_URL"] = sys.argv[1]
os.environ["DJANGO_SETTINGS_MODULE"] = "pinback.config.settings"

import django

django.setup()

from tests.races.crowd import main  # noqa: E402 - Django must be set up first

if __name__ == "__main__":
    main()
