"""Who pays inside WeChat: the `openid` of a payer, by WeChat's OAuth with the silent scope `snsapi_base`.

A browser inside WeChat was sent to WeChat and came back with a code, which is good once, for five minutes,
and only together with the secret of the official account.
"""

import requests
from django.conf import settings

from pinback.payments.providers.contract import Declined, Unavailable

_TIMEOUT_SECONDS = (5, 10)
_BUSY = {-1, 45009, 45011}


def openid_of(code: str) -> str:
    """The openid behind a code. Raises Unavailable; Declined: the code is used, over, or none, or it is of a
    visitor without an account, who can pay nothing.
    """
    asked = {
        "appid": settings.PINBACK_WECHAT["APPID"],
        "secret": settings.PINBACK_WECHAT["APP_SECRET"],
        "code": code,
        "grant_type": "authorization_code",
    }
    address = f"{settings.PINBACK_WECHAT['API_BASE']}/sns/oauth2/access_token"
    try:
        answer = requests.get(address, params=asked, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
        said = answer.json() if answer.status_code == requests.codes.ok else None
    except (requests.RequestException, ValueError) as error:
        # Not with the error's own text, nor as its cause: the address that it tells has the secret in it.
        raise Unavailable(type(error).__name__) from None
    if not isinstance(said, dict):
        raise Unavailable(f"status {answer.status_code}")
    if said.get("errcode") in _BUSY:
        raise Unavailable(f"errcode {said['errcode']}")
    openid = said.get("openid")
    if not isinstance(openid, str) or not openid or said.get("is_snapshotuser"):
        raise Declined(f"errcode {said.get('errcode')}, a visitor: {bool(said.get('is_snapshotuser'))}")
    return openid
