"""Writes of payments: what others start and send, what providers say, what the operator decides."""

from pinback.payments.actions.anomalies import report_within
from pinback.payments.actions.byhand import pay_by_hand, resolve_anomaly, retry_out
from pinback.payments.actions.payers import find_payer, forget_payers, payer_known
from pinback.payments.actions.sending import pay_out_within, send_due, try_to_send
from pinback.payments.actions.starting import (
    close_due,
    close_open_within,
    prepare,
    prepare_started,
    start_within,
)
from pinback.payments.actions.taking import query_due, take_notice

__all__ = [
    "close_due",
    "close_open_within",
    "find_payer",
    "forget_payers",
    "pay_by_hand",
    "pay_out_within",
    "payer_known",
    "prepare",
    "prepare_started",
    "query_due",
    "report_within",
    "resolve_anomaly",
    "retry_out",
    "send_due",
    "start_within",
    "take_notice",
    "try_to_send",
]
