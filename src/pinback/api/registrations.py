"""Let the workers deliver webhooks, see that no news is lost or repeated, and forget what is old."""

from pinback.api import retention
from pinback.api.webhooks.delivering import deliver_due
from pinback.api.webhooks.repeats import alarm_of_repeats
from pinback.api.webhooks.untold import sweep_untold
from pinback.kit.jobs import register_job

register_job("deliver webhooks", every_seconds=1, sweep=deliver_due)
register_job("find events without news", every_seconds=300, sweep=sweep_untold)
register_job("measure repeated news", every_seconds=3_600, sweep=alarm_of_repeats)
register_job("forget answers", every_seconds=3_600, sweep=retention.forget_answers)
register_job("forget deliveries", every_seconds=3_600, sweep=retention.forget_deliveries)
register_job("forget news", every_seconds=3_600, sweep=retention.forget_news)
