"""Letting in staff and programs, and where news is sent: made, changed, ended, each refusal at its place."""

import re
from typing import Any

import pytest
from django.test import Client

from pinback.accounts.models import Credential, Staff
from pinback.api.models import Delivery, Endpoint
from pinback.api.webhooks import delivering
from pinback.api.webhooks.sending import Outcome
from pinback.kit import clock
from pinback.kit.ids import new_id, public_id
from tests.support.browsing import browser, text
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

HOSTILE = '"><script>alert(1)</script>'
HOOK = "https://shop.example/hook"


@pytest.fixture
def olive(cast: Cast) -> Client:
    return browser(cast, "olive")


def role_of(cast: Cast, name: str) -> str | None:
    found = Staff.objects.filter(person=cast.person(name), shop=cast.shops["tea"]).first()
    return None if found is None else found.role


# --- staff -----------------------------------------------------------------------------------------------


def test_somebody_is_let_in_changed_and_removed(cast: Cast, olive: Client) -> None:
    cast.person("nina")
    given = {"login": "nina@example.com", "role": "service"}
    assert olive.post("/seller/tea/staff/", given).status_code == 302
    assert "Nina works for the shop now." in text(olive.get("/seller/tea/staff/"))
    page = f"/seller/tea/staff/{public_id(cast.person('nina').pk)}/"
    assert olive.post(page, {"role": "finance"}).status_code == 302
    assert role_of(cast, "nina") == "finance"
    olive.get("/seller/tea/staff/")
    assert "sees nothing of the shop any more, at once" in text(olive.get(page))
    assert olive.post(page).status_code == 302
    assert role_of(cast, "nina") is None


@pytest.mark.parametrize(
    ("login", "said"),
    [
        ("nobody@example.com", "Nobody is registered with this."),
        ("walt@example.com", "They work for the shop already."),
        ("", "This field is required."),
        (HOSTILE, "Nobody is registered with this."),
    ],
)
def test_who_cannot_be_let_in_is_told_at_the_field(cast: Cast, olive: Client, login: str, said: str) -> None:
    answer = olive.post("/seller/tea/staff/", {"login": login, "role": "service"})
    assert answer.status_code == 422
    assert said in text(answer).partition('id="id_login_error"')[2]
    assert HOSTILE not in text(answer)


def test_the_last_owner_cannot_go(cast: Cast, olive: Client) -> None:
    page = f"/seller/tea/staff/{public_id(cast.person('olive').pk)}/"
    assert "This is you" in text(olive.get(page))
    demoted = olive.post(page, {"role": "finance"})
    assert demoted.status_code == 422
    assert "A shop needs an owner" in text(demoted)
    assert "A shop needs an owner" in text(olive.post(page))
    assert role_of(cast, "olive") == "owner"
    assert olive.post(page, {"role": "king"}).status_code == 422


def test_names_of_staff_are_text(cast: Cast, olive: Client) -> None:
    person = cast.person("walt")
    person.name = HOSTILE
    person.save()
    for path in ("/seller/tea/staff/", f"/seller/tea/staff/{public_id(person.pk)}/"):
        assert HOSTILE not in text(olive.get(path))


# --- keys ------------------------------------------------------------------------------------------------


def test_a_keys_secret_is_shown_once(cast: Cast, olive: Client) -> None:
    given = {"name": HOSTILE, "scopes": ["orders.read", "shop.read"], "until": ""}
    made = olive.post("/seller/tea/keys/new", given)
    assert made.headers["Cache-Control"] == "no-store"
    found = re.search(r"pbk_[\w-]+", text(made))
    assert found is not None
    secret = found[0]
    assert HOSTILE not in text(made)
    key = Credential.objects.get(kind="key")
    assert key.scopes == ["orders.read", "shop.read"]
    listed = text(olive.get("/seller/tea/keys/"))
    assert secret not in listed
    assert key.prefix in listed
    assert "never" in listed
    assert HOSTILE not in listed
    bearer = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/v1/shops/tea/orders", headers=bearer).status_code == 200
    assert ">never<" not in text(olive.get("/seller/tea/keys/"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"scopes": []}, "Choose at least one thing that it may do."),
        ({"scopes": ["staff.write"]}, "Select a valid choice."),
        ({"name": ""}, "This field is required."),
        ({"until": "2020-01-01"}, "This moment has passed."),
        ({"until": "soon"}, "Enter a valid date."),
    ],
)
def test_a_key_that_cannot_be_made_says_why(olive: Client, given: dict[str, Any], said: str) -> None:
    answer = olive.post("/seller/tea/keys/new", {"name": "Stock", "scopes": ["shop.read"], **given})
    assert answer.status_code == 422
    assert said in text(answer)
    assert not Credential.objects.filter(kind="key").exists()


def test_a_key_is_revoked_after_it_is_asked_for(olive: Client) -> None:
    made = olive.post("/seller/tea/keys/new", {"name": "Stock", "scopes": ["orders.read"]})
    secret = re.search(r"pbk_[\w-]+", text(made))
    assert secret is not None
    path = f"/seller/tea/keys/{public_id(Credential.objects.get(kind='key').pk)}/revoke"
    assert "let in no more" in text(olive.get(path))
    assert olive.post(path).status_code == 302
    assert "Revoked" in text(olive.get("/seller/tea/keys/"))
    bearer = {"Authorization": f"Bearer {secret[0]}"}
    assert Client().get("/api/v1/shops/tea/orders", headers=bearer).status_code == 401


# --- webhooks --------------------------------------------------------------------------------------------


def added(olive: Client) -> str:
    """The page of a new endpoint."""
    assert olive.post("/seller/tea/webhooks/new", {"url": HOOK}).status_code == 200
    return f"/seller/tea/webhooks/{public_id(Endpoint.objects.get().pk)}/"


def delivery(status: str, position: int = 1, answer: str = "") -> Delivery:
    return Delivery.objects.create(
        id=new_id(),
        endpoint=Endpoint.objects.get(),
        message_id=new_id(),
        position=position,
        topic="decisions",
        status=status,
        tries=8,
        last_answer=answer,
        created_at=clock.now(),
        done_at=clock.now(),
    )


def test_an_endpoints_secret_is_shown_once(olive: Client) -> None:
    made = olive.post("/seller/tea/webhooks/new", {"url": HOOK, "topics": ["decisions"]})
    endpoint = Endpoint.objects.get()
    assert endpoint.secret in text(made)
    assert made.headers["Cache-Control"] == "no-store"
    page = f"/seller/tea/webhooks/{public_id(endpoint.pk)}/"
    assert endpoint.secret not in text(olive.get(page))
    assert endpoint.secret not in text(olive.get("/seller/tea/webhooks/"))
    again = text(olive.post(f"{page}act", {"act": "secret"}))
    assert endpoint.secret not in again
    endpoint.refresh_from_db()
    assert endpoint.secret in again
    assert "The old secret signs beside it for a day" in again


@pytest.mark.parametrize("url", ["ftp://shop.example/", "https://user@shop.example/", HOSTILE, ""])
def test_an_address_that_cannot_be_used_is_refused_at_the_field(olive: Client, url: str) -> None:
    answer = olive.post("/seller/tea/webhooks/new", {"url": url})
    assert answer.status_code == 422
    assert 'id="id_url_error"' in text(answer)
    assert HOSTILE not in text(answer)
    assert not Endpoint.objects.exists()


def test_an_endpoint_is_changed_and_a_stale_page_overwrites_nothing(olive: Client) -> None:
    page = added(olive)
    given = {"url": "https://other.example/hook", "topics": ["decisions"], "version": 1}
    assert olive.post(page, given).status_code == 302
    stale = olive.post(page, given | {"url": HOOK})
    assert stale.status_code == 422
    assert "It was changed meanwhile" in text(stale)
    assert Endpoint.objects.get().url == "https://other.example/hook"
    wrong = olive.post(page, {"url": "http://", "version": 2})
    assert wrong.status_code == 422


def test_an_endpoint_is_paused_resumed_and_deleted(olive: Client) -> None:
    page = added(olive)
    olive.post(f"{page}act", {"act": "pause"})
    assert Endpoint.objects.get().status == "paused"
    assert "Paused" in text(olive.get("/seller/tea/webhooks/"))
    olive.post(f"{page}act", {"act": "resume"})
    assert Endpoint.objects.get().status == "active"
    assert olive.post(f"{page}act", {"act": "explode"}).status_code == 404
    assert "Nothing is sent there any more" in text(olive.get(f"{page}delete"))
    assert olive.post(f"{page}delete").status_code == 302
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome(True, "200 fine"), "It took the test: 200 fine"),
        (Outcome(False, "500 <b>"), "It did not take"),
    ],
)
def test_a_test_says_how_it_was_answered(
    olive: Client, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, said: str
) -> None:
    page = added(olive)
    sent: list[tuple[str, bytes, Any]] = []

    def answer(url: str, body: bytes, headers: Any, *, sandbox: bool) -> Outcome:
        sent.append((url, body, headers))
        return outcome

    monkeypatch.setattr(delivering, "send", answer)
    olive.post(f"{page}test")
    shown = text(olive.get(page))
    assert said in shown
    assert "500 <b>" not in shown
    ((url, body, headers),) = sent
    assert url == HOOK
    assert b'"topic":"test"' in body
    assert headers["webhook-signature"].startswith("v1,")
    assert not Delivery.objects.exists()


def test_the_log_shows_what_became_of_each_delivery(olive: Client) -> None:
    page = added(olive)
    delivery("delivered", 1, "200 ok")
    delivery("dead", 2, HOSTILE)
    every = text(olive.get(page))
    assert "200 ok" in every
    assert "8 / 8" in every
    assert HOSTILE not in every
    dead = text(olive.get(f"{page}?status=dead"))
    assert "200 ok" not in dead
    assert "Given up" in dead
    assert "No delivery is in this state." in text(olive.get(f"{page}?status=waiting"))


def test_deliveries_are_sent_again(olive: Client) -> None:
    page = added(olive)
    one, dead = delivery("delivered", 1), [delivery("dead", place) for place in (2, 3)]
    olive.post(f"{page}replay", {"delivery": public_id(one.pk)})
    assert Delivery.objects.get(pk=one.pk).status == "waiting"
    assert {row.status for row in Delivery.objects.filter(pk__in=[row.pk for row in dead])} == {"dead"}
    olive.post(f"{page}replay", {"given_up": "yes"})
    assert "2 messages are sent again." in text(olive.get(page))
    assert set(Delivery.objects.values_list("status", "tries")) == {("waiting", 0)}
    olive.post(f"{page}replay", {"first": "x", "last": ""})
    assert "Write two positions" in text(olive.get(page))
    olive.post(f"{page}replay", {"first": "900000", "last": "900001"})
    assert "0 messages are sent again." in text(olive.get(page))
    assert olive.post(f"{page}replay", {"delivery": "nothing"}).status_code == 404
