"""Reads the decision feed as a customer would: each event is answered once, and settled at most once."""

from typing import Any

from simulation.auditing.records import Fields, demand

VERDICTS = ("event.applied", "event.duplicate", "event.refused")
CODES = (
    "bad_event", "event_conflict", "unknown_campaign", "unknown_order", "unknown_refund", "already_exists",
    "bad_terms", "amount_mismatch", "wrong_state", "voucher_unavailable", "voucher_too_large", "whole_only",
    "over_refund", "not_owed",
)  # fmt: skip
EFFECTS = (
    "campaign.scheduled", "refund.settled", "rebate.decided", "order.closed", "voucher.issued",
    "voucher.changed", "campaign.ended", "debt.changed",
)  # fmt: skip
_DEFAULTS: dict[str, Fields] = {
    "shop.opened": {"timezone": "Asia/Shanghai"},
    "campaign.created": {"valid_days": 15},
    "order.placed": {"discount": 0, "postage": 0},
}


def content(event: Fields) -> Fields:
    """What of an event counts: its fields, with the defaults filled in."""
    return _DEFAULTS.get(event["type"], {}) | event


def voucher_place(code: str) -> tuple[str, str, int]:
    """How vouchers sort in the feed: by shop, by campaign, then by number."""
    shop, campaign, number = code.split("/")
    return shop, campaign, int(number)


class Feed:
    """The ids and contents that were applied so far, and the verdict on each answer."""

    def __init__(self) -> None:
        self.applied: dict[str, Fields] = {}

    def read(self, event: Fields, decisions: list[Fields], *, placed: bool = True) -> str:
        """The verdict: applied, duplicate, or the code of the refusal. Faults: `feed`, `settled once`.

        Not `placed`: others settled at the same time, and the refusal may have come before what was read.
        """
        key = f"{event['shop']}/{event['id']}"
        demand("feed", bool(decisions), f"{key} got no answer", key)
        first, *effects = decisions
        demand("feed", first["type"] in VERDICTS, f"{key} is answered first with {first['type']}", key)
        for decision in decisions:
            named = (decision["cause"], decision["shop"], decision["at"])
            demand(
                "feed", named == (event["id"], event["shop"], event["at"]), f"{key}: {named} answers it", key
            )
        demand(
            "feed", not effects or first["type"] == VERDICTS[0], f"{key} has effects: {first['type']}", key
        )
        self._effects_in_order(key, effects)
        return self._verdict(key, content(event), first, placed)

    def _effects_in_order(self, key: str, effects: list[Fields]) -> None:
        demand("feed", all(effect["type"] in EFFECTS for effect in effects), f"{key}: two verdicts", key)
        places: list[tuple[int, Any]] = []
        for effect in effects:
            code = effect.get("voucher") if effect["type"].startswith("voucher.") else None
            places.append((EFFECTS.index(effect["type"]), voucher_place(code) if code else ("", "", 0)))
        demand("feed", places == sorted(places), f"{key}: its decisions are not in their order", key)

    def _verdict(self, key: str, told: Fields, first: Fields, placed: bool) -> str:
        known = self.applied.get(key)
        verdict = str(first["type"]).removeprefix("event.")
        if verdict == "applied":
            demand("settled once", known is None, f"{key} is applied again", key)
            self.applied[key] = told
            return verdict
        if verdict == "duplicate":
            demand("settled once", known == told, f"{key} is called a duplicate of {known}", key)
            return verdict
        code = str(first["code"])
        demand("feed", code in CODES and bool(first["detail"]), f"{key} is refused as {code!r}", key)
        demand("feed", code != "bad_event", f"{key} is well-formed: {first['detail']}", key)
        conflict = known is not None and known != told
        if code == "event_conflict":
            demand("settled once", conflict, f"{key} is called a conflict with {known}", key)
        elif placed:
            demand("settled once", known is None, f"{key} was applied, and is now refused as {code}", key)
        return code
