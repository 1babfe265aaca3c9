"""What people are told when something cannot be done: a named refusal, or that there is no such thing.

A refusal ends the transaction it was made in, whole, so it travels as an exception of one type (ADR 0040);
`code` is stable and for programs, `field` names what was wrong, `detail` is for people.
"""

from typing import NamedTuple

from django.utils.functional import Promise


class Refusal(NamedTuple):
    """Why something was refused: a stable code, a text for people, the field it is about (None: none)."""

    code: str
    detail: str | Promise
    field: str | None = None


class Refused(Exception):
    """The action was refused and changed nothing."""

    def __init__(self, code: str, detail: str | Promise, field: str | None = None) -> None:
        super().__init__(code)
        self.refusal = Refusal(code, detail, field)


class Conflict(Refused):
    """The thing was changed by somebody else meanwhile, or its state does not allow this any more."""


class TooSoon(Refused):
    """It was tried too often; `wait_seconds` from now it can be tried again."""

    def __init__(self, detail: str | Promise, *, wait_seconds: int, field: str | None = None) -> None:
        super().__init__("too_many_requests", detail, field)
        self.wait_seconds = wait_seconds


class NotFound(Exception):
    """There is no such thing, or it is none of the actor's business: both look the same."""

    def __init__(self, what: str, name: object = "") -> None:
        super().__init__(f"{what} {name}".strip())
        self.what = what
