"""What the tests of webhooks do: news, endpoints, rounds of deliveries."""

from datetime import datetime
from typing import Any

from pinback.api.models import Delivery, Endpoint
from pinback.api.webhooks import actions, delivering
from pinback.kit.ids import public_id
from pinback.kit.outbox import post_within
from pinback.kit.transactions import durable
from tests.support.cast import Cast


class Desk:
    """Endpoints of shops and rounds of the worker, at the cast's time."""

    def __init__(self) -> None:
        self.cast = Cast()

    def endpoint(self, url: str, shop: str = "tea", topics: list[str] | None = None) -> Endpoint:
        """A new endpoint of a shop."""
        owner = self.cast.actor("olive" if shop == "tea" else f"owner-of-{shop}")
        return actions.create(shop, url, topics or [], acting=owner, now=self.cast.now)

    def tell(self, count: int, shop: str = "tea") -> None:
        """So many messages."""
        _tell(count, shop, self.cast.now)

    def round(self, **later: int) -> None:
        """Let time pass, then let a worker do all that is due, to its end."""
        self.cast.later(**later)
        delivering.spread(self.cast.now)
        delivering.begin_turns(self.cast.now)
        delivering.finish()

    def deliveries(self, **having: Any) -> list[Delivery]:
        """The deliveries, by position."""
        return list(Delivery.objects.filter(**having).order_by("endpoint", "position"))

    def status(self, endpoint: Endpoint) -> str:
        """Whether an endpoint is active."""
        return Endpoint.objects.get(pk=endpoint.pk).status

    def replay(self, endpoint: Endpoint, first: int, last: int) -> int:
        """Send a range again."""
        owner = self.cast.actor("olive")
        return actions.replay_range(
            endpoint.shop_name,
            public_id(endpoint.pk),
            first=first,
            last=last,
            acting=owner,
            now=self.cast.now,
        )


@durable
def _tell(count: int, shop: str, now: datetime) -> None:
    for number in range(count):
        post_within(shop, "group.succeeded", f'{{"number":{number}}}', now=now)
