"""Wounds of news that nobody misses, and that everybody gets too often: what watches over it."""

import json
from datetime import timedelta

import pytest

from pinback.api.models import Delivery, Endpoint, EngineShop, NewsSweep
from pinback.api.retention import forget_news
from pinback.api.webhooks.repeats import alarm_of_repeats, repeats_of_day
from pinback.api.webhooks.untold import sweep_untold
from pinback.kit import outbox
from pinback.kit.ids import new_id, take_ids
from pinback.kit.jobs import jobs
from pinback.kit.models import Message
from pinback.payments.models import Anomaly
from pinback.rules.reading import parse_line
from pinback.settlement.actions import Incoming, settle
from pinback.settlement.recording import TOPIC
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("open_market")


def swept(cast: Cast) -> int:
    """Two sweeps: the second looks at what the first could see."""
    return sweep_untold(cast.now) + sweep_untold(cast.now)


def settle_silently(shop: str, *orders: str) -> None:
    """Events that come in past the way that tells of them, as a file settled by a command does."""
    placed = [
        {
            "id": f"{order}-placed",
            "type": "order.placed",
            "at": "2026-11-10T04:00:00Z",
            "shop": shop,
            "order": order,
            "buyer": "b",
            "lines": [{"product": "p", "quantity": 1, "unit_price": 100}],
        }
        for order in orders
    ]
    settle([Incoming(n, parse_line(json.dumps(event).encode())) for n, event in enumerate(placed, 1)])


def test_w076_a_sweep_finds_changes_that_told_no_news_and_alarms() -> None:
    """A change without its news was lost for good, and nothing noticed."""
    cast = Cast()
    tea = cast.product()
    assert swept(cast) == 0
    kept = cast.buy("ann", tea)
    lost = cast.buy("bob", tea)
    causes = {f"{lost.key.partition('/')[2]}-{what}" for what in ("placed", "paid", "confirmed")}
    missing = [
        row.pk
        for row in Message.objects.filter(topic=TOPIC)
        if json.loads(row.body.partition("\n")[0])["cause"] in causes
    ]
    assert len(missing) == 3
    Message.objects.filter(pk__in=missing).delete()
    assert swept(cast) == 3
    alarm = Anomaly.objects.get()
    assert alarm.kind == "untold_events"
    assert alarm.detail.startswith("3 events of tea told no news")
    assert kept.key.partition("/")[2] not in alarm.detail
    shown = Caller(cast, "opal").get("/operator/overview").json()
    assert shown["anomalies"] == 1
    # Each is looked at once.
    assert swept(cast) == 0
    assert Anomaly.objects.get().seen == 1


def test_w076_where_all_is_told_there_is_no_alarm() -> None:
    """A sweep that cries for nothing is switched off."""
    cast = Cast()
    cast.campaign()
    swept(cast)
    tea = cast.product(group_size=2)
    opened = cast.buy("ann", tea, kind="open")
    cast.buy("bob", tea, kind="join", group=cast.group_of(opened))
    assert swept(cast) == 0
    assert not Anomaly.objects.exists()
    row = NewsSweep.objects.get()
    assert row.swept_id == row.seen_id > 0


def test_w076_what_is_committed_behind_a_later_id_is_not_jumped_over() -> None:
    """A sweep by id alone would pass over an event whose transaction took its time."""
    cast = Cast()
    swept(cast)
    settle_silently("tea", "first")
    # The first sweep sees the event and leaves it to the next one.
    assert sweep_untold(cast.now) == 0
    assert sweep_untold(cast.now) == 1


def test_w076_only_shops_whose_news_is_followed_are_looked_at() -> None:
    """History that a command brings in for a shop that nobody follows is no loss."""
    cast = Cast()
    swept(cast)
    settle_silently("archive", "a", "b")
    assert swept(cast) == 0
    EngineShop.objects.create(id=new_id(), shop_name="archive", person_id=1, at=cast.now)
    settle_silently("archive", "c")
    assert swept(cast) == 1


def test_w076_news_is_not_forgotten_before_it_was_looked_for() -> None:
    """A clock that is set forward makes all news old: the sweep would cry for what was only forgotten."""
    cast = Cast()
    swept(cast)
    cast.buy("ann", cast.product())
    cast.buy("bob", cast.product())
    outbox.place()
    cast.later(days=40)
    kept = Message.objects.count()
    assert forget_news(cast.now) == 0
    assert swept(cast) == 0
    assert 0 < forget_news(cast.now) < kept
    assert swept(cast) == 0
    assert not Anomaly.objects.exists()


def test_w076_the_workers_sweep() -> None:
    """What nobody runs notices nothing."""
    names = {job.name for job in jobs()}
    assert {"find events without news", "measure repeated news"} <= names


def deliver(cast: Cast, endpoint: Endpoint, count: int, copies: int, *, hours_ago: int = 1) -> None:
    """So many messages were delivered, with so many copies beside them."""
    done = cast.now - timedelta(hours=hours_ago)
    Delivery.objects.bulk_create(
        Delivery(
            id=id_,
            endpoint=endpoint,
            message_id=id_,
            position=number,
            topic="decisions",
            status="delivered",
            tries=2 if number < copies else 1,
            created_at=done,
            done_at=done,
        )
        for number, id_ in enumerate(take_ids(count))
    )


def endpoint_of(cast: Cast, shop: str = "tea") -> Endpoint:
    """An endpoint."""
    return Endpoint.objects.create(
        id=new_id(), shop_name=shop, url="https://x.example/", secret="whsec_x", created_at=cast.now
    )


@pytest.mark.parametrize(
    ("count", "copies", "alarms"),
    [(1_000, 10, 0), (1_000, 11, 1), (100, 9, 0), (100, 10, 1), (3, 3, 0), (1_000, 0, 0)],
)
def test_w081_more_than_one_percent_of_copies_in_a_day_alarms(count: int, copies: int, alarms: int) -> None:
    """Three copies of each were the norm, and nobody measured it."""
    cast = Cast()
    deliver(cast, endpoint_of(cast), count, copies)
    assert alarm_of_repeats(cast.now) == alarms
    assert Anomaly.objects.filter(kind="repeated_news").count() == alarms


def test_w081_the_rate_is_that_of_a_day_and_of_each_endpoint() -> None:
    """One bad receiver is not hidden by the good ones, nor remembered for ever."""
    cast = Cast()
    good, bad = endpoint_of(cast), endpoint_of(cast)
    deliver(cast, good, 900, 0)
    deliver(cast, bad, 100, 20)
    deliver(cast, good, 100, 100, hours_ago=25)
    found = {one.endpoint_id: (one.delivered, one.copies) for one in repeats_of_day(cast.now)}
    assert found == {good.pk: (900, 0), bad.pk: (100, 20)}
    for _hour in range(3):
        alarm_of_repeats(cast.now)
    alarm = Anomaly.objects.get()
    assert (alarm.seen, "20 copies beside 100 messages" in alarm.detail) == (3, True)
    cast.later(hours=25)
    assert alarm_of_repeats(cast.now) == 0


def test_w081_a_copy_is_counted_as_it_is_delivered() -> None:
    """The numbers come from the deliveries themselves."""
    cast = Cast()
    endpoint = endpoint_of(cast)
    outbox.place()
    Delivery.objects.create(
        id=new_id(),
        endpoint=endpoint,
        message_id=1,
        position=1,
        topic="x",
        status="dead",
        tries=8,
        created_at=cast.now,
        done_at=cast.now,
    )
    # What was never taken is no copy of anything.
    assert repeats_of_day(cast.now) == []
