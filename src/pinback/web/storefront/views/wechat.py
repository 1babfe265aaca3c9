"""Paying inside WeChat: who pays is asked of WeChat once for each session, then the payment is begun.

WeChat sends the browser back with a code and the `state` that it was sent with. The state stands in a signed
cookie too, with what is to be paid and by whose session: a code that somebody else's browser was given, or
that nobody asked for, is not taken.
"""

import secrets
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from csp.decorators import csp_update
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pinback.accounts.actors import Actor
from pinback.checkout.actions import pay, pay_debt
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from pinback.payments.actions import find_payer
from pinback.payments.models import Payment
from pinback.payments.providers import is_configured
from pinback.web.sessions import visitor_of

COOKIE = "pinback_wechat"
BACK = "/wechat/back"
_SALT = "pinback.web.wechat"
_SECONDS = 600
_BEGIN = {"order": pay, "debt": pay_debt}


def is_inside(request: HttpRequest) -> bool:
    """Whether the browser is WeChat's own."""
    return "MicroMessenger" in request.headers.get("User-Agent", "")


def is_set_up() -> bool:
    """Whether payers inside WeChat can be asked for: WeChat Pay, and the secret of the official account."""
    return is_configured("wechat") and bool(settings.PINBACK_WECHAT["APP_SECRET"])


def can_pay_inside(request: HttpRequest) -> bool:
    """Whether this browser can pay inside WeChat here."""
    return is_inside(request) and is_set_up()


def to_wechat(page: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A page whose form may lead to WeChat: browsers look at where a form is sent on to, too."""

    def shown(request: HttpRequest) -> HttpResponse:
        if not can_pay_inside(request):
            return page(request)
        let = csp_update({"form-action": settings.PINBACK_WECHAT["OPEN_BASE"]})
        return cast(HttpResponse, let(page)(request))

    return shown


def begin(
    kind: str, name: str, method: str, *, acting: Actor, openid: str = "", anew: bool = False
) -> Payment:
    """Begin to pay an order (`kind` order) or what one owes a shop (debt)."""
    return _BEGIN[kind](name, method, acting=acting, now=clock.now(), openid=openid, anew=anew)


def ask_who_pays(kind: str, name: str, acting: Actor) -> HttpResponse:
    """To WeChat, which says who pays and sends the browser to `back`; what is to be paid is kept."""
    state = secrets.token_hex(16)
    response = redirect(_authorize_url(state))
    kept = {"state": state, "kind": kind, "name": name, "session": acting.credential_id}
    response.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=_SALT),
        max_age=_SECONDS,
        path=BACK,
        httponly=True,
        samesite="Lax",
        secure=settings.CSRF_COOKIE_SECURE,
    )
    return response


def _authorize_url(state: str) -> str:
    """Where WeChat says who its user is, silently, and sends the browser back with the `state` and a code."""
    asked = urlencode(
        {
            "appid": settings.PINBACK_WECHAT["APPID"],
            "redirect_uri": settings.PINBACK_PUBLIC_URL + BACK,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
        }
    )
    return f"{settings.PINBACK_WECHAT['OPEN_BASE']}/connect/oauth2/authorize?{asked}#wechat_redirect"


@never_cache
@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """Back from WeChat: begin the payment that was asked for. The state is good once."""
    acting = visitor_of(request).actor
    kept = _kept(request)
    if acting is None or kept is None or kept["session"] != acting.credential_id:
        raise Refused("not_asked", _("This did not begin here. Go to your order, and pay again."))
    openid = find_payer(request.GET.get("code", "")[:512], acting=acting, now=clock.now())
    made = begin(kept["kind"], kept["name"], "wechat", acting=acting, openid=openid, anew=True)
    response = redirect("payment", payment=public_id(made.pk))
    response.delete_cookie(COOKIE, path=BACK, samesite="Lax")
    response["Referrer-Policy"] = "no-referrer"
    return response


def _kept(request: HttpRequest) -> dict[str, Any] | None:
    """What was kept for the state that comes back; None: nothing was."""
    try:
        kept: dict[str, Any] = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=_SECONDS)
    except signing.BadSignature:
        return None
    is_it = constant_time_compare(str(kept["state"]), request.GET.get("state", ""))
    return kept if is_it and request.GET.get("code") else None
