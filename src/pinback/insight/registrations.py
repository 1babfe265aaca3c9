"""Let the workers fold the log, and run audits."""

from pinback.insight.auditing import start_requested
from pinback.insight.folding import fold_all
from pinback.kit.jobs import register_job

register_job("fold the log into reports", every_seconds=60, sweep=fold_all)
register_job("audits", every_seconds=5, sweep=start_requested)
