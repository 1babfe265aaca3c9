"""When a credential was used last is shown, also of who is refused."""

import pytest
from django.test import Client

from pinback.accounts.actions import start_session
from pinback.accounts.models import Credential
from tests.support.cast import Cast


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "one"}])
def test_a_write_that_is_refused_is_a_use(open_market: str, key: dict[str, str]) -> None:
    cast = Cast()
    token = start_session(cast.person("ann"), now=cast.now)
    answer = Client().post(
        "/api/v1/orders/0000000000000/cancel", headers={"Authorization": f"Bearer {token}", **key}
    )
    assert answer.status_code == 404
    assert Credential.objects.get(person=cast.person("ann")).last_used_at is not None
