"""A market in which there is one of everything, on SQLite: what is tried here is the same on any database."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import transaction

from conftest import as_default, empty

if TYPE_CHECKING:
    from tests.access.world import World


@pytest.fixture
def world(sqlite_alias: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> "Iterator[World]":
    """The world of tests/access; what a test writes is taken back at its end."""
    # Models can be imported only now.
    from tests.access.world import World

    with as_default(sqlite_alias):
        empty("default")
        atomic = transaction.atomic()
        # As in Django's own TestCase: durable transactions may stand inside the one of the test.
        atomic._from_testcase = True  # type: ignore[attr-defined]
        with atomic:
            made = World()
            monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path)
            _complete(made)
            yield made
            transaction.set_rollback(True)


def _complete(world: "World") -> None:
    """What only pages need: a fee being paid, an endpoint of the operator, the order of the parcel."""
    from pinback.api.models import Endpoint
    from pinback.delivery.models import Parcel
    from pinback.kit.ids import id_of, new_id, public_id
    from pinback.marketing.actions import pay

    cast = world.cast
    fee = pay("tea", world.names["campaign"], "wechat", acting=cast.actor("mary"), now=cast.now)
    own = Endpoint.objects.create(
        id=new_id(), shop_name="", url="https://o.example/hook", secret="whsec_b3du", created_at=cast.now
    )
    parcel = Parcel.objects.get(pk=id_of(world.names["parcel"]))
    world.names |= {
        "fee": public_id(fee.pk),
        "token": "of-no-link",
        "own endpoint": public_id(own.pk),
        "shipped": parcel.order_key.partition("/")[2],
    }
