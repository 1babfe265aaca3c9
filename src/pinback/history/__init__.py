"""Order history: a shop's past orders and refunds, from CSV or Parquet by a mapping, as events to settle.

Start at `events.history_events`; `mapping` says what a file means, `report` what became of it.
"""

from pinback.history.campaigns import HistoryCampaign, parse_campaign, parse_campaigns
from pinback.history.events import Event, history_events
from pinback.history.mapping import Mapping, parse_mapping, read_mapping
from pinback.history.problems import HistoryError
from pinback.history.report import Example, HistoryReport, Oddity, Reason, Tally, reason_text
from pinback.history.rows import Progress

__all__ = [
    "Event",
    "Example",
    "HistoryCampaign",
    "HistoryError",
    "HistoryReport",
    "Mapping",
    "Oddity",
    "Progress",
    "Reason",
    "Tally",
    "history_events",
    "parse_campaign",
    "parse_campaigns",
    "parse_mapping",
    "read_mapping",
    "reason_text",
]
