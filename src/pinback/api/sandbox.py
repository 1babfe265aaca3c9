"""The sandbox's clock: the operator sets it forward, and what is due then happens."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from pinback.accounts.actors import Actor
from pinback.accounts.queries import check_operator
from pinback.api.signing_in import actor_in
from pinback.kit import clock
from pinback.kit.refusals import NotFound

router = Router(tags=["Sandbox"])

_MOST_SECONDS = 366 * 24 * 3600


class Forward(Schema):
    """How far."""

    model_config = ConfigDict(extra="forbid")
    forward_seconds: int = Field(ge=0, le=_MOST_SECONDS, examples=[86400])


class Clock(Schema):
    """What time it is in the sandbox."""

    now: datetime


def _check(actor: Actor) -> None:
    if not settings.PINBACK_SANDBOX:
        raise NotFound("clock")
    check_operator(actor, "clock.set")


@router.get("/sandbox/clock", response=Clock, summary="What time it is in the sandbox")
def show(request: HttpRequest) -> Clock:
    """For the operator of a sandbox, and their keys with `clock.set`."""
    _check(actor_in(request))
    return Clock(now=clock.now())


@router.post("/sandbox/clock", response=Clock, summary="Set the sandbox's clock forward")
def forward(request: HttpRequest, given: Forward) -> Clock:
    """For the operator of a sandbox, and their keys with `clock.set`: time passes for everybody, and workers
    do what is due then.
    """
    _check(actor_in(request))
    clock.set_forward(given.forward_seconds)
    return Clock(now=clock.now())
