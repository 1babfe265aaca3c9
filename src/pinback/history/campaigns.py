"""Campaigns that run through a history, parsed from `key=value,…` as a command line gives them.

Only what the parsing needs is judged here: a known key, a whole number, a day. Whether the terms are allowed
is for the rules to say (section 2.1).
"""

import re
from dataclasses import dataclass
from datetime import date

from pinback.history.moments import Moment, moment_at, read_moment
from pinback.history.problems import HistoryError
from pinback.kit.language import gettext as _
from pinback.rules.events import ID_PATTERN, LIMIT
from pinback.rules.instants import day_start

DEFAULT_VALID_DAYS = 15
_KEYS = ("threshold", "rebate", "quantity", "funded", "valid_days", "id", "name")
_NEEDED = _KEYS[:4]
_WHOLE = re.compile(r"[0-9]{1,13}")


@dataclass(frozen=True, slots=True)
class HistoryCampaign:
    """A campaign to run through a history; amounts in minor units."""

    id: str
    threshold_minor: int
    rebate_minor: int
    quantity: int
    funded: Moment
    """Created and funded then; it starts at the next local 0:00 (section 2.2)."""
    valid_days: int
    name: str | None

    @property
    def fee_minor(self) -> int:
        """What is paid at the funding (section 2.1)."""
        return self.rebate_minor * self.quantity


def parse_campaign(text: str, time_zone: str) -> HistoryCampaign:
    """Read `threshold=20000,rebate=1000,quantity=500,funded=2010-01-10[,valid_days=15][,id=…][,name=…]`.

    Amounts are minor units. `funded` is a day, which means its 0:00 in `time_zone`, or a local time
    (2010-01-10T12:00). Without `id` the terms and the day make one, the
    same each time. Raises HistoryError with the key.
    """
    given = _pairs(text)
    for key in _NEEDED:
        if key not in given:
            raise _problem(text, _("the key {key} is missing").format(key=key))
    threshold, rebate, quantity = (_whole(text, given, key) for key in _NEEDED[:3])
    if rebate * quantity > LIMIT:
        raise _problem(text, _("rebate times quantity is more than {limit}").format(limit=LIMIT))
    funded = _funded(text, given["funded"], time_zone)
    valid_days = _whole(text, given, "valid_days") if "valid_days" in given else DEFAULT_VALID_DAYS
    own_id = f"c{threshold}-{rebate}-{quantity}-{funded.text[:10]}"
    campaign_id = given.get("id", own_id)
    if re.match(ID_PATTERN, campaign_id) is None:
        raise _problem(text, _("id must be 1 to 64 characters from ! to ~, without /"))
    name = given.get("name")
    if name is not None and len(name) > 500:
        raise _problem(text, _("name is longer than 500 characters"))
    return HistoryCampaign(campaign_id, threshold, rebate, quantity, funded, valid_days, name)


def parse_campaigns(texts: list[str], time_zone: str) -> list[HistoryCampaign]:
    """Read several campaigns; two with one id are refused."""
    found: dict[str, HistoryCampaign] = {}
    for text in texts:
        campaign = parse_campaign(text, time_zone)
        if campaign.id in found:
            raise _problem(text, _("another campaign has the id {id} already").format(id=campaign.id))
        found[campaign.id] = campaign
    return list(found.values())


def _pairs(text: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for part in text.split(","):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if key not in _KEYS:
            known = _("the key {key!r} does not exist; there are: {known}")
            raise _problem(text, known.format(key=key, known=", ".join(_KEYS)))
        if not equals or not value:
            raise _problem(text, _("the key {key} has no value").format(key=key))
        if key in given:
            raise _problem(text, _("the key {key} is given twice").format(key=key))
        given[key] = value
    return given


def _whole(text: str, given: dict[str, str], key: str) -> int:
    value = given[key]
    if _WHOLE.fullmatch(value) is None or int(value) > LIMIT:
        wanted = _("{key} must be a whole number of minor units (20000 for 200.00), not {value!r}")
        if key in ("quantity", "valid_days"):
            wanted = _("{key} must be a whole number, not {value!r}")
        raise _problem(text, wanted.format(key=key, value=value))
    return int(value)


def _funded(text: str, value: str, time_zone: str) -> Moment:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        found = read_moment(value, "iso", time_zone)
    else:
        found = moment_at(day_start(day, time_zone), time_zone) if 2000 <= day.year <= 2099 else None
    if found is None:
        wanted = _("funded must be a day like 2010-01-10, or a time like 2010-01-10T12:00, not {value!r}")
        raise _problem(text, wanted.format(value=value))
    return found


def _problem(text: str, reason: str) -> HistoryError:
    shown = text if len(text) <= 200 else text[:199] + "…"
    return HistoryError(_("campaign {text!r}: {reason}").format(text=shown, reason=reason))
