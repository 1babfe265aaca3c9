"""The seller's refunds: the queue by deadline, what a decision comes to, and each decision once."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from PIL import Image

from pinback.delivery import actions as delivery
from pinback.desk import actions as desk
from pinback.desk.models import Case
from pinback.kit import clock
from pinback.kit.ids import public_id
from tests.support.browsing import browser, text
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

HOSTILE = "<img src=x onerror=alert(1)>"
QUEUE = "/seller/tea/refunds/"


@pytest.fixture
def cast(market: str, tmp_path: Path) -> Iterator[Cast]:
    with override_settings(MEDIA_ROOT=tmp_path):
        yield Cast(now=clock.now())


def asked(cast: Cast, buyer: str = "ann", *, is_received: bool = False, **terms: Any) -> Case:
    order = public_id(cast.buy(buyer, cast.product()).pk)
    if is_received:
        delivery.ship("tea", order, carrier="sandbox", tracking="T1", acting=cast.actor("walt"), now=cast.now)
        delivery.receive("tea", order, acting=cast.actor(buyer), now=cast.now)
    return desk.open_case(order, desk.Asked(**terms), acting=cast.actor(buyer), now=cast.now)


def photo() -> bytes:
    data = BytesIO()
    Image.new("RGB", (8, 8)).save(data, "PNG")
    return data.getvalue()


def test_an_empty_queue_says_what_will_be_there(cast: Cast) -> None:
    assert "Nothing waits for you." in text(browser(cast, "sam").get(QUEUE))


def test_the_nearest_deadline_comes_first_and_is_open(cast: Cast) -> None:
    late, soon = asked(cast, "ann"), asked(cast, "bob")
    Case.objects.filter(pk=soon.pk).update(deadline_at=cast.later(hours=1))
    page = text(browser(cast, "sam").get(QUEUE))
    at = {case.pk: page.index(f"case={public_id(case.pk)}") for case in (late, soon)}
    assert at[soon.pk] < at[late.pk]
    assert f'action="{QUEUE}{public_id(soon.pk)}"' in page
    other = text(browser(cast, "sam").get(QUEUE, {"case": public_id(late.pk)}))
    assert f'action="{QUEUE}{public_id(late.pk)}"' in other


def test_consequences_are_shown_to_the_fen_before_one_decides(cast: Cast) -> None:
    cast.campaign(threshold=5_000, rebate=1_000)
    case = asked(cast, text=HOSTILE, reason="damaged")
    desk.add_photo(public_id(case.pk), photo(), acting=cast.actor("ann"), now=cast.now)
    page = text(browser(cast, "sam").get(QUEUE))
    assert "Refund ¥60.00" in page
    assert "Voucher taken back" in page
    assert "¥10.00" in page
    assert "never counted as sold" in page
    assert 'alt="Photo 1"' in page
    assert HOSTILE not in page
    case.refresh_from_db()
    assert case.state == "waiting_for_shop"


def test_agreeing_sends_the_money_and_goes_on_to_the_next(cast: Cast) -> None:
    first, second = asked(cast, "ann"), asked(cast, "bob")
    sam = browser(cast, "sam")
    path = f"{QUEUE}{public_id(first.pk)}"
    done = sam.post(path, {"act": "agree"})
    assert done.headers["Location"] == f"{QUEUE}?state=waiting_for_shop&case={public_id(second.pk)}"
    assert sam.post(path, {"act": "agree"}).status_code == 302
    cast.later(minutes=1)
    cast.send_money()
    page = text(sam.get(QUEUE, {"case": public_id(first.pk)}))
    assert "What the refund came to" in page
    assert "The money has arrived" in page
    assert sam.post(path, {"act": "refuse", "saved": "no"}).status_code == 409


def test_a_refusal_needs_a_reason_which_is_at_hand_the_next_time(cast: Cast) -> None:
    first, second = asked(cast, "ann"), asked(cast, "bob")
    sam = browser(cast, "sam")
    path = f"{QUEUE}{public_id(first.pk)}"
    missing = sam.post(path, {"act": "refuse"})
    assert missing.status_code == 422
    assert "Say why: choose a reason or write one." in text(missing)
    assert f'action="{path}"' in text(missing)
    own = f"It was whole. {HOSTILE}"
    assert sam.post(path, {"act": "refuse", "saved": "x", "own": own}).status_code == 302
    first.refresh_from_db()
    assert (first.state, first.shop_reason) == ("refused", own)
    page = text(sam.get(QUEUE, {"case": public_id(second.pk)}))
    assert HOSTILE not in page
    assert "It was whole. &lt;img" in page
    assert 'data-number="1"' in page


def test_a_refusal_is_taken_back_by_agreeing(cast: Cast) -> None:
    case = asked(cast)
    sam = browser(cast, "sam")
    path = f"{QUEUE}{public_id(case.pk)}"
    done = sam.post(path, {"act": "refuse", "saved": "", "own": "The wrong key."}, follow=True)
    assert "You can still agree" in text(done)
    page = text(sam.get(QUEUE, {"case": public_id(case.pk)}))
    assert "Agree after all" in page
    assert "Refund ¥60.00" in page
    assert 'data-key="r"' not in page
    assert sam.post(path, {"act": "agree"}).status_code == 302
    case.refresh_from_db()
    assert case.state == "refunding"


def test_other_remedies_are_one_step_away_while_the_request_is_open(cast: Cast) -> None:
    case = asked(cast)
    order = case.order_key.partition("/")[2]
    sam = browser(cast, "sam")
    path = f"/seller/tea/orders/{order}/"
    assert f'href="{path}#compensate"' in text(sam.get(QUEUE))
    given = {"reason": "late", "apology": "Sorry", "suggested": 300}
    assert sam.post(f"{path}compensate", given).status_code == 302
    case.refresh_from_db()
    assert case.state == "waiting_for_shop"
    cast.later(minutes=1)
    cast.send_money()
    page = text(sam.get(QUEUE))
    assert "Less what was paid to make up before" in page
    assert "Refund ¥57.00" in page


def test_a_return_is_agreed_then_received(cast: Cast) -> None:
    case = asked(cast, is_received=True, kind="return_and_refund")
    id_ = public_id(case.pk)
    sam = browser(cast, "sam")
    page = text(sam.get(QUEUE))
    assert "Agree to the return" in page
    assert "no longer count as sold" in page
    sam.post(f"{QUEUE}{id_}", {"act": "agree"})
    desk.send_back(id_, "SF", "SF9", acting=cast.actor("ann"), now=cast.now)
    page = text(sam.get(QUEUE, {"state": "returning"}))
    assert "The goods are back" in page
    assert "SF9" in page
    sam.post(f"{QUEUE}{id_}", {"act": "confirm_return"})
    case.refresh_from_db()
    assert case.state == "refunding"


def test_a_case_of_another_shop_is_not_there(cast: Cast) -> None:
    cast.open_shop("silk", {"sun": "owner"})
    case = asked(cast)
    path = f"/seller/silk/refunds/{public_id(case.pk)}"
    sun = browser(cast, "sun")
    assert sun.post(path, {"act": "agree"}).status_code == 404
    assert sun.get("/seller/silk/refunds/", {"case": public_id(case.pk)}).status_code == 404
    assert browser(cast, "walt").post(f"{QUEUE}{public_id(case.pk)}", {"act": "agree"}).status_code == 403
    case.refresh_from_db()
    assert case.state == "waiting_for_shop"
