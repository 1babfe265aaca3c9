"""Who pays inside WeChat, kept for the session that it was found in."""

import logging
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actions import SESSION
from pinback.accounts.actors import Actor
from pinback.kit.refusals import Refused
from pinback.kit.transactions import durable
from pinback.payments.models import WeChatPayer
from pinback.payments.providers.contract import Declined, Unavailable

log = logging.getLogger(__name__)


def find_payer(code: str, *, acting: Actor, now: datetime) -> str:
    """The openid behind the code that WeChat sent the browser of the actor's session back with; it is kept.

    Outside of a transaction, for it asks WeChat. Raises Refused: WeChat does not answer, or not with a payer.
    """
    # Only where somebody pays inside WeChat: its client takes its time to load.
    from pinback.payments.providers.wechat.payer import openid_of

    try:
        openid = openid_of(code)
    except Unavailable as error:
        log.warning("WeChat did not say who pays: %s", error)
        raise Refused("provider_unavailable", _("WeChat does not answer; try again.")) from error
    except Declined as error:
        log.warning("WeChat did not say who pays: %s", error)
        raise Refused(
            "no_payer", _("WeChat did not say who pays. Open the page fully, and try again.")
        ) from error
    _keep(openid, acting, now)
    return openid


@durable
def _keep(openid: str, acting: Actor, now: datetime) -> None:
    assert acting.credential_id is not None
    WeChatPayer.objects.update_or_create(
        session_id=acting.credential_id,
        defaults={
            "person_id": acting.person_id,
            "app": settings.PINBACK_WECHAT["APPID"],
            "openid": openid,
            "at": now,
        },
    )


def payer_known(acting: Actor) -> str:
    """The openid of whoever pays in the actor's session; empty: not known yet."""
    found = WeChatPayer.objects.filter(
        session_id=acting.credential_id or 0, person_id=acting.person_id, app=settings.PINBACK_WECHAT["APPID"]
    ).first()
    return found.openid if found is not None else ""


def forget_payers(now: datetime) -> int:
    """Forget who paid in sessions that are over; a job. Returns how many."""
    return WeChatPayer.objects.filter(at__lt=now - SESSION).delete()[0]
