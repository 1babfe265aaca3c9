"""Notices signed with a secret that carrier and market share: HMAC-SHA256 of the body, Carrier-Signature."""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pinback.delivery.carriers.contract import CarrierWord, Forged
from pinback.rules.instants import parse_instant

HEADER = "Carrier-Signature"
_CODES = ("moving", "delivered", "damaged", "refused", "stuck", "lost")


def signature_of(secret: str, body: bytes) -> str:
    """The signature that a notice with this body carries."""
    return hmac.new(secret.encode(), body, "sha256").hexdigest()


def read_signed(secret: str, headers: Mapping[str, str], body: bytes) -> Sequence[CarrierWord]:
    """The words of a notice, `{"events": [{tracking, number, code, text?, at}]}`; nothing is read before the
    signature holds.
    """
    given = headers.get(HEADER, "")
    if not secret or not hmac.compare_digest(given.encode(), signature_of(secret, body).encode()):
        raise Forged(HEADER)
    told = json.loads(body)
    if not isinstance(told, dict) or not isinstance(told.get("events"), list):
        raise ValueError("`events` is missing")
    return [_word(event) for event in told["events"]]


def _word(event: Any) -> CarrierWord:
    if not isinstance(event, dict):
        raise ValueError("an event is not an object")
    texts = [event.get(name) for name in ("tracking", "number", "code", "at")]
    if not all(isinstance(text, str) and 0 < len(text) <= 100 for text in texts):
        raise ValueError("an event needs `tracking`, `number`, `code` and `at`, each a text")
    if event["code"] not in _CODES:
        raise ValueError(f"`code` is none of {', '.join(_CODES)}")
    at = datetime.fromtimestamp(parse_instant(event["at"]), UTC)
    return CarrierWord(
        event["tracking"], event["number"], event["code"], str(event.get("text", ""))[:500], at
    )
