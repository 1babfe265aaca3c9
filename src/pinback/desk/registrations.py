"""Settle compensations that arrived, and act on deadlines and arrived refunds."""

from pinback.desk import actions
from pinback.desk.actions import compensating
from pinback.desk.queries import COMPENSATION
from pinback.kit.jobs import register_job
from pinback.payments.purposes import settle_out_for

settle_out_for(COMPENSATION, confirmed=compensating.confirmed, failed=compensating.failed)
register_job("act on deadlines of cases", every_seconds=30, sweep=actions.act_on_deadlines)
register_job("close cases whose money arrived", every_seconds=30, sweep=actions.settle_arrived)
