"""Take the fees of campaigns, give old drafts up, forget visitors."""

from pinback.kit.jobs import register_job
from pinback.marketing import actions
from pinback.payments.purposes import take_in_for

take_in_for("campaign", actions.take_fee)
register_job("give old drafts up", every_seconds=3600, sweep=actions.abandon_old)
register_job("forget visitors", every_seconds=3600, sweep=actions.forget_visits)
