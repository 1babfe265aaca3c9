"""Every route of the API, tried by those it is not for.

Paths are found in the API's own description, so a new route is tried from its first day. A path parameter is
filled by name from `FILL`; one that is missing there fails the test.
"""

import hashlib
import json
import re
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from pinback.accounts.actions import make_key, revoke_key, start_session
from pinback.api.app import api
from pinback.kit import clock
from pinback.kit.ids import public_id
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

PUBLIC = {
    "post /people",
    "post /password-links",
    "post /session",
    "get /shops/{shop}",
    "get /products",
    "get /products/{product}",
    "get /products/{product}/groups",
    "get /products/{product}/reviews",
    "get /groups/{group}",
    "post /pay/wechat/notify",
    "post /pay/card/notify",
    "get /standards",
    "get /activities",
    "get /activities/{activity}",
    "get /links/{link}",
    "get /links/{link}/qr.svg",
    "post /links/{link}/visits",
    "get /shops/{shop}/counters",
    "post /carriers/{carrier}/notify",
}
"""What everybody may ask for without signing in."""

IDS = [
    "activity",
    "address",
    "anomaly",
    "audit",
    "campaign",
    "case",
    "delivery",
    "endpoint",
    "event",
    "group",
    "id_",
    "key",
    "link",
    "money_out",
    "order",
    "parcel",
    "payment",
    "payout",
    "person",
    "picture",
    "product",
    "session",
    "sku",
    "buyer",
]
FILL: dict[str, str] = {
    **dict.fromkeys(IDS, "0000000000001"),
    "shop": "tea",
    "provider": "sandbox",
    "number": "1",
    "kind": "buyer",
    "carrier": "sandbox",
}
"""A value for every path parameter."""

NOT_COUNTED = {"accounts_attempt", "accounts_credential"}
"""Tables that note who came."""


def _routes() -> list[tuple[str, str]]:
    paths = api.get_openapi_schema()["paths"]
    return sorted((method, path.removeprefix("/api/v1")) for path, on in paths.items() for method in on)


def _filled(path: str, cast: Cast, product: str, order: str) -> str:
    known = {**FILL, "product": product, "order": order, "person": public_id(cast.person("walt").pk)}
    return re.sub(r"{(\w+)}", lambda found: known[found[1]], path)


def _digest() -> str:
    rows = hashlib.sha256()
    for model in sorted(apps.get_models(), key=lambda model: model._meta.db_table):
        if model.__module__.startswith("pinback.") and model._meta.db_table not in NOT_COUNTED:
            rows.update(repr(sorted(map(repr, model._default_manager.values_list()))).encode())
    return rows.hexdigest()


def _tokens(cast: Cast) -> dict[str, str]:
    cast.open_shop("silk", {"sun": "owner"})
    found = {name: start_session(cast.person(name), now=cast.now) for name in ("ann", "sun")}
    acting = cast.actor("olive")
    key, found["revoked key"] = make_key(
        "tea", name="x", scopes=["orders.read"], expires_at=None, acting=acting, now=cast.now
    )
    revoke_key("tea", key.pk, acting=acting, now=cast.now)
    return {"nobody": "", **found}


def _ask(method: str, path: str, token: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return getattr(Client(raise_request_exception=False), method)(
        f"/api/v1{path}",
        data=None if method == "get" else json.dumps({}),
        content_type="application/json",
        headers=headers,
    )


def test_every_path_parameter_can_be_filled() -> None:
    named = {name for _, path in _routes() for name in re.findall(r"{(\w+)}", path)}
    assert named <= set(FILL)


@pytest.mark.slow
def test_those_a_route_is_not_for_get_nothing_and_change_nothing() -> None:
    cast = Cast()
    goods = cast.product(group_size=2)
    order = public_id(cast.buy("bob", goods).pk)
    tokens = _tokens(cast)
    wrong = []
    before = _digest()
    with clock.held_at(cast.now):
        for method, path in _routes():
            if f"{method} {path}" in PUBLIC:
                continue
            asked = _filled(path, cast, public_id(goods.pk), order)
            for who, token in tokens.items():
                status = _ask(method, asked, token).status_code
                outside = who in {"nobody", "revoked key"}
                named = any(part in path for part in ("{shop}", "{order}", "/operator/"))
                if status >= 500 or (outside and status != 401) or (named and status < 400):
                    wrong.append((who, method, path, status))
    assert wrong == []
    assert _digest() == before
