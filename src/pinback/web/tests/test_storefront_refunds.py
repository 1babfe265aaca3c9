"""Refunds as buyers ask for them: the split before, the case after, and nobody else's business."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from PIL import Image

from pinback.checkout.models import Order
from pinback.delivery import actions as delivery
from pinback.desk import actions as desk
from pinback.desk.models import Case, CasePhoto
from pinback.kit import clock
from pinback.kit.ids import public_id
from tests.support.browsing import SCRIPT, browser, text
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


@pytest.fixture
def cast(market: str, tmp_path: Path) -> Iterator[Cast]:
    with override_settings(MEDIA_ROOT=tmp_path):
        yield Cast(now=clock.now())


def bought(cast: Cast, *, is_received: bool = False, **wish: Any) -> Order:
    order = cast.buy("ann", cast.product(title="Oolong"), **wish)
    if is_received:
        id_ = public_id(order.pk)
        delivery.ship("tea", id_, carrier="sandbox", tracking="T1", acting=cast.actor("walt"), now=cast.now)
        delivery.receive("tea", id_, acting=cast.actor("ann"), now=cast.now)
    return order


def path_of(order: Order) -> str:
    return f"/orders/{public_id(order.pk)}/refund"


def ask(client: Client, order: Order, **given: Any) -> Any:
    asked = {"kind": "refund_only", "scope": "whole", "reason": "damaged", "apply": "1", **given}
    return client.post(path_of(order), asked)


def photo(name: str = "cup.png") -> SimpleUploadedFile:
    data = BytesIO()
    Image.new("RGB", (8, 8)).save(data, "PNG")
    return SimpleUploadedFile(name, data.getvalue(), "image/png")


def test_the_split_is_shown_before_one_asks(cast: Cast) -> None:
    cast.campaign(threshold=5_000, rebate=1_000)
    order = bought(cast, quantity=2)
    ann = browser(cast, "ann")
    assert f'href="{path_of(order)}"' in text(ann.get(f"/orders/{public_id(order.pk)}/"))
    page = text(ann.get(path_of(order)))
    assert "¥120.00" in page
    assert "earned is taken back" in page
    assert not Case.objects.exists()


def test_the_split_follows_what_is_chosen(cast: Cast) -> None:
    order = bought(cast, quantity=3, is_received=True)
    ann = browser(cast, "ann")
    part = {"HX-Request": "true"}
    units = text(
        ann.get(path_of(order), {"scope": "units", "kind": "refund_only", "units_1": "1"}, headers=part)
    )
    assert "<html" not in units
    assert "¥60.00" in units
    given = {"scope": "amount", "kind": "refund_only", "amount": "12.34"}
    assert "¥12.34" in text(ann.get(path_of(order), given, headers=part))
    given["amount"] = "999"
    assert "form-error" in text(ann.get(path_of(order), given, headers=part))
    shown = text(
        ann.post(path_of(order), {"scope": "units", "kind": "refund_only", "units_1": "2", "show": "1"})
    )
    assert "¥120.00" in shown
    assert not Case.objects.exists()


def test_a_request_with_photos_becomes_a_case(cast: Cast) -> None:
    order = bought(cast, is_received=True)
    ann = browser(cast, "ann")
    asked = ask(ann, order, text=SCRIPT, photos=[photo(), photo()])
    case = Case.objects.get()
    assert asked.headers["Location"] == f"/cases/{public_id(case.pk)}/"
    page = text(ann.get(asked.headers["Location"]))
    assert "The shop is deciding" in page
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page
    assert page.count('alt="Photo') == CasePhoto.objects.count() == 2
    assert ann.get(path_of(order)).headers["Location"] == asked.headers["Location"]
    assert "Oolong" in text(ann.get("/cases/"))
    part = {"HX-Request": "true"}
    live = ann.get(asked.headers["Location"], {"was": "waiting_for_shop"}, headers=part)
    assert "<html" not in text(live)
    assert "HX-Refresh" not in live.headers
    desk.agree(public_id(case.pk), acting=cast.actor("sam"), now=cast.now)
    live = ann.get(asked.headers["Location"], {"was": "waiting_for_shop"}, headers=part)
    assert live.headers["HX-Refresh"] == "true"


def test_what_is_wrong_is_told_at_its_field(cast: Cast) -> None:
    order = bought(cast, is_received=True)
    ann = browser(cast, "ann")
    refused = ask(ann, order, reason="", text="It is broken")
    assert refused.status_code == 422
    assert "It is broken" in text(refused)
    refused = ask(ann, order, photos=[SimpleUploadedFile("x.png", b"no picture", "image/png")])
    assert refused.status_code == 422
    assert "no JPEG, PNG or WebP" in text(refused)
    assert ask(ann, order, scope="units").status_code == 422
    assert ask(ann, order, scope="amount", amount="9999").status_code == 422
    assert not Case.objects.exists()


def test_leaving_a_group_is_a_refund_of_everything(cast: Cast) -> None:
    order = bought(cast, kind="open")
    ann = browser(cast, "ann")
    assert "You leave the group" in text(ann.get(path_of(order)))
    ask(ann, order)
    assert Case.objects.get().state == "refunding"


def test_a_return_goes_back_with_its_number(cast: Cast) -> None:
    order = bought(cast, is_received=True)
    ann = browser(cast, "ann")
    path = ask(ann, order, kind="return_and_refund").headers["Location"]
    desk.agree(public_id(Case.objects.get().pk), acting=cast.actor("sam"), now=cast.now)
    assert "Send the goods back" in text(ann.get(path))
    missing = ann.post(f"{path}act", {"act": "send_back", "carrier": "sf-express", "tracking": ""})
    assert missing.status_code == 422
    assert "sf-express" in text(missing)
    ann.post(f"{path}act", {"act": "send_back", "carrier": "sf-express", "tracking": SCRIPT[:60]})
    page = text(ann.get(path))
    assert "on their way back" in page
    assert SCRIPT not in page
    desk.confirm_return(public_id(Case.objects.get().pk), acting=cast.actor("sam"), now=cast.now)
    cast.send_money()
    page = text(ann.get(path))
    assert "What came back" in page
    assert "¥60.00" in page


def test_what_the_shop_refuses_the_platform_decides(cast: Cast) -> None:
    order = bought(cast, is_received=True)
    ann = browser(cast, "ann")
    path = ask(ann, order).headers["Location"]
    desk.refuse(public_id(Case.objects.get().pk), SCRIPT, acting=cast.actor("sam"), now=cast.now)
    page = text(ann.get(path))
    assert "Ask the platform to decide" in page
    assert SCRIPT not in page
    ann.post(f"{path}act", {"act": "escalate"})
    assert "The platform is deciding" in text(ann.get(path))
    ann.post(f"{path}act", {"act": "photos", "photos": [photo()]})
    assert CasePhoto.objects.count() == 1
    ann.post(f"{path}act", {"act": "withdraw"})
    assert "You withdrew it" in text(ann.get(path))


def test_a_case_is_its_buyers_alone(cast: Cast) -> None:
    order = bought(cast, is_received=True)
    path = ask(browser(cast, "ann"), order).headers["Location"]
    for name in ("bob", "sam", "opal"):
        other = browser(cast, name)
        assert other.get(path_of(order)).status_code == 404
        assert ask(other, order).status_code == 404
        assert other.get(path).status_code == 404
        assert other.post(f"{path}act", {"act": "withdraw"}).status_code == 404
    for visited in (path_of(order), path, "/cases/"):
        assert browser(cast).get(visited).headers["Location"].startswith("/sign-in?next=")
    assert Case.objects.get().state == "waiting_for_shop"


def test_an_unpaid_order_has_nothing_to_refund(cast: Cast) -> None:
    order = cast.place("ann", cast.product())
    answer = browser(cast, "ann").get(path_of(order))
    assert answer.headers["Location"] == f"/orders/{public_id(order.pk)}/"
