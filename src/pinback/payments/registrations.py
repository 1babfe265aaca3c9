"""Let the workers send what is due, and ask about what nobody told us."""

from pinback.kit.jobs import register_job
from pinback.payments.actions import close_due, forget_payers, query_due, send_due

register_job("money out", every_seconds=5, sweep=send_due)
register_job("payments without news", every_seconds=15, sweep=query_due)
register_job("payments to close", every_seconds=30, sweep=close_due)
register_job("forget payers", every_seconds=3600, sweep=forget_payers)
