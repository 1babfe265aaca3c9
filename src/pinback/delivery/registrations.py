"""Follow parcels, and receive what nobody receives."""

from pinback.delivery import actions
from pinback.kit.jobs import register_job

register_job("follow parcels", every_seconds=60, sweep=actions.look_due)
register_job("receive what nobody received", every_seconds=60, sweep=actions.receive_due)
