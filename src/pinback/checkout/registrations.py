"""Take the money of orders and debts, settle refunds that arrived, and sweep what is due."""

from pinback.checkout import actions, refunds
from pinback.kit.jobs import register_job
from pinback.payments.purposes import settle_out_for, take_in_for

take_in_for("order", actions.take_order, is_of_order=True)
take_in_for("debt", actions.take_debt)
settle_out_for(refunds.PURPOSE, confirmed=refunds.confirmed, failed=refunds.failed)
register_job("close orders that were not paid", every_seconds=10, sweep=actions.close_due)
register_job("fail groups that are over", every_seconds=10, sweep=actions.fail_due_groups)
register_job("send expired vouchers home", every_seconds=60, sweep=actions.tick_if_due)
register_job("close orders settled elsewhere", every_seconds=60, sweep=actions.close_settled_elsewhere)
