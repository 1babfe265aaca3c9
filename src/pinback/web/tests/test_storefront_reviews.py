"""Reviews as buyers write and read them, and the compensation that a shop gives."""

import pytest

from pinback.checkout.models import Order
from pinback.delivery import actions as delivery
from pinback.desk import actions as desk
from pinback.desk.models import Review
from pinback.kit.ids import public_id
from tests.support.browsing import SCRIPT, browser, text
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


def received(cast: Cast, buyer: str = "ann") -> Order:
    order = cast.buy(buyer, cast.product(title="Oolong"))
    id_ = public_id(order.pk)
    delivery.ship("tea", id_, carrier="sandbox", tracking=f"T{id_}", acting=cast.actor("walt"), now=cast.now)
    delivery.receive("tea", id_, acting=cast.actor(buyer), now=cast.now)
    return order


def page_of(order: Order) -> str:
    return f"/orders/{public_id(order.pk)}/"


def test_a_review_is_written_once_and_read_by_everybody(cast: Cast) -> None:
    order = received(cast)
    ann = browser(cast, "ann")
    assert "Write a review" in text(ann.get(page_of(order)))
    wrong = ann.post(f"{page_of(order)}review", {"line": "1", "text": "Fine"})
    assert wrong.status_code == 422
    assert "Fine" in text(wrong)
    said = ann.post(f"{page_of(order)}review", {"line": "1", "stars": "4", "text": f"Good {SCRIPT}"})
    assert said.headers["Location"] == page_of(order)
    page = text(ann.get(page_of(order)))
    assert "Your review" in page
    assert SCRIPT not in page
    assert ann.get(f"{page_of(order)}review").headers["Location"] == page_of(order)
    stranger = browser(cast)
    product = public_id(order.product_id)
    for path in (f"/p/{product}/", f"/p/{product}/reviews", "/s/tea/", "/s/tea/reviews"):
        page = text(stranger.get(path))
        assert "4 of 5 stars" in page, path
        assert SCRIPT not in page
        assert "Ann" not in page


def test_what_was_not_received_cannot_be_reviewed(cast: Cast) -> None:
    order = cast.buy("ann", cast.product())
    ann = browser(cast, "ann")
    assert "Write a review" not in text(ann.get(page_of(order)))
    ann.post(f"{page_of(order)}review", {"line": "1", "stars": "5"})
    assert not Review.objects.exists()


def test_a_review_is_the_buyers_alone(cast: Cast) -> None:
    order = received(cast)
    for name in ("bob", "sam", "opal"):
        other = browser(cast, name)
        assert other.get(f"{page_of(order)}review").status_code == 404
        assert other.post(f"{page_of(order)}review", {"line": "1", "stars": "1"}).status_code == 404
    assert browser(cast).get(f"{page_of(order)}review").headers["Location"].startswith("/sign-in?next=")
    assert not Review.objects.exists()


def test_the_next_page_comes_without_its_surroundings(cast: Cast) -> None:
    goods = cast.product()
    assert "No reviews yet" in text(browser(cast).get(f"/p/{public_id(goods.pk)}/reviews"))
    part = text(browser(cast).get(f"/p/{public_id(goods.pk)}/reviews", headers={"HX-Request": "true"}))
    assert "<html" not in part


def test_compensation_is_seen_on_the_order(cast: Cast) -> None:
    order = received(cast)
    desk.compensate(
        public_id(order.pk), 500, reason="late", apology=SCRIPT, acting=cast.actor("olive"), now=cast.now
    )
    page = text(browser(cast, "ann").get(page_of(order)))
    assert "makes it up to you" in page
    assert "¥5.00" in page
    assert SCRIPT not in page
