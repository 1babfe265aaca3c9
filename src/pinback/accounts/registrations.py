"""Let the workers send letters."""

from pinback.accounts.actions import forget_letters, send_letters
from pinback.kit.jobs import register_job

register_job("letters", every_seconds=2, sweep=send_letters)
register_job("forget letters", every_seconds=3600, sweep=forget_letters)
