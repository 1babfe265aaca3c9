"""Events in, decisions out, over HTTP: the same bytes as `pinback settle`, who may, and the feed."""

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from pinback.accounts.actions import hash_of
from pinback.accounts.models import Credential
from pinback.api import engine, news, receiving
from pinback.kit.ids import new_id
from pinback.kit.models import Message
from pinback.rules.decisions import written
from pinback.rules.reading import lines_of, parse_line
from pinback.settlement import actions, recording
from pinback.settlement.actions import Incoming
from tests.support.calling import Caller
from tests.support.cast import Cast
from tests.support.settling import incoming
from tests.support.steady import steady_stream

pytestmark = pytest.mark.usefixtures("market")

EXAMPLES = sorted((Path(__file__).parents[4] / "tests" / "examples").glob("*.decisions.ndjson"))


def key(cast: Cast, shop: str | None, scopes: list[str], person: str = "olive") -> dict[str, str]:
    """The header of a key of a shop (None: of the operator)."""
    secret = f"pbk_{new_id()}"[::-1] + "x"
    Credential.objects.create(
        id=new_id(),
        kind="key",
        prefix=secret[:12],
        secret_hash=hash_of(secret),
        scopes=scopes,
        shop=cast.shops[shop] if shop else None,
        person=cast.person(person),
        created_at=cast.now,
    )
    return {"Authorization": f"Bearer {secret}"}


def operator(cast: Cast) -> dict[str, str]:
    return key(cast, None, ["events.write", "decisions.read"], "opal")


def post(path: str, body: bytes, headers: dict[str, str], **more: str) -> Any:
    """POST lines; the whole answer."""
    return Client().post(f"/api/v1{path}", data=body, content_type=engine.NDJSON, headers={**headers, **more})


def get(path: str, headers: dict[str, str], **more: str) -> Any:
    return Client().get(f"/api/v1{path}", headers={**headers, **more})


def content(answer: Any) -> bytes:
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def event(kind: str, id_: str, shop: str, **fields: Any) -> bytes:
    return (
        json.dumps({"id": id_, "type": kind, "at": "2026-11-01T10:00:00Z", "shop": shop, **fields}).encode()
        + b"\n"
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_bytes_are_those_of_settle(path: Path) -> None:
    cast = Cast()
    events = path.with_name(path.name.replace(".decisions", "")).read_bytes()
    with path.open("rb") as file:
        expected = [{**json.loads(line), "detail": ""} for line in file]
    numbered = lines_of(events.splitlines(True))
    would, _ = actions.preview([Incoming(number, parse_line(line)) for number, line in numbered])
    got = content(post("/events", events, operator(cast)))
    assert got == b"".join(written(decision) + b"\n" for of_one in would for decision in of_one)
    assert [{**json.loads(line), "detail": ""} for line in got.splitlines()] == expected


def test_a_stream_is_settled_in_slices_and_answered_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = Cast()
    monkeypatch.setattr(engine, "MOST_EVENTS", 200)
    sizes = []
    settled = recording.settle_and_tell

    def counting(batch: Any, **more: Any) -> Any:
        sizes.append(len(batch))
        return settled(batch, **more)

    monkeypatch.setattr(engine, "settle_and_tell", counting)
    stream = steady_stream(3, 700)
    answer = post("/events", stream, operator(cast))
    assert answer.streaming
    got = content(answer)
    assert len(sizes) >= 3
    assert set(sizes[:-1]) == {200}
    again, _ = actions.preview(incoming(stream))
    assert [decision.type for (decision, *_) in again] == ["event.duplicate"] * len(again)
    assert len(got.splitlines()) >= len(again)
    feed = content(get("/decisions?limit=1000", operator(cast), Accept=engine.NDJSON)).splitlines()
    applied = [line for line in got.splitlines() if json.loads(line)["type"] == "event.applied"]
    assert [line for line in feed if json.loads(line)["type"] == "event.applied"][-len(applied) :] == applied


def test_packed_bodies_are_read_within_bounds() -> None:
    cast = Cast()
    headers = operator(cast)
    packed = gzip.compress(event("shop.opened", "e", "one")) + gzip.compress(event("shop.opened", "e", "two"))
    lines = content(post("/events", packed, headers, **{"Content-Encoding": "gzip"})).splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["event.applied"] * 2
    bomb = gzip.compress(b" " * 30_000_000)
    assert post("/events", bomb, headers, **{"Content-Encoding": "gzip"}).status_code == 413
    assert post("/events", b"no gzip", headers, **{"Content-Encoding": "gzip"}).status_code == 400
    assert post("/events", b"x", headers, **{"Content-Encoding": "br"}).status_code == 415


def test_a_body_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = Cast()
    monkeypatch.setattr(receiving, "MOST_BYTES", 1000)
    assert post("/events", b" " * 1001, operator(cast)).status_code == 413


def test_an_endless_line_is_one_refused_event(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = Cast()
    monkeypatch.setattr(receiving, "_LONGEST_LINE", 300)
    body = b"{" + b"x" * 1000 + b"\n" + event("shop.opened", "e", "one")
    lines = [json.loads(line) for line in content(post("/events", body, operator(cast))).splitlines()]
    assert [(line["type"], line.get("line")) for line in lines] == [
        ("event.refused", 1),
        ("event.applied", None),
    ]


def test_who_may_bring_events() -> None:
    cast = Cast()
    cast.open_shop("oil", {"otto": "owner"})
    line = event("order.placed", "e", "tea", order="o", buyer="b", lines=[])
    own = key(cast, "tea", ["events.write"])
    assert post("/shops/tea/events", line, {}).status_code == 401
    assert post("/shops/tea/events", line, key(cast, "tea", ["shop.read"])).status_code == 403
    assert post("/shops/tea/events", line, key(cast, "oil", ["events.write"], "otto")).status_code == 404
    assert post("/shops/tea/events", line, own).status_code == 403, "not admitted by the operator"
    assert post("/events", line, own).status_code == 404
    assert post("/events", line, key(cast, None, ["events.write"], "olive")).status_code == 404
    for name, status in (("olive", 404), ("opal", 200)):
        assert Caller(cast, name).put("/engine/shops/tea", {}).status_code == status
    assert post("/shops/tea/events", line, own).status_code == 200
    assert Caller(cast, "opal").delete("/engine/shops/tea").status_code == 204
    assert post("/shops/tea/events", line, own).status_code == 403


def test_a_shop_speaks_for_itself_alone() -> None:
    cast = Cast()
    Caller(cast, "opal").put("/engine/shops/tea", {})
    body = (
        event("campaign.created", "c", "tea", campaign="c", threshold=100, rebate=10, quantity=10)
        + event("campaign.created", "c", "oil", campaign="c", threshold=100, rebate=10, quantity=10)
        + event("clock.ticked", "t", "tea")
        + b"nothing\n"
    )
    answer = content(post("/shops/tea/events", body, key(cast, "tea", ["events.write"])))
    lines = [json.loads(line) for line in answer.splitlines()]
    assert [line["type"] for line in lines] == ["event.applied"] + ["event.refused"] * 3
    assert [(line["cause"], line["shop"], line["line"]) for line in lines[1:]] == [
        ("c", "oil", 2),
        ("t", "tea", 3),
        (None, None, 4),
    ]


def test_the_feed_is_read_on_from_its_cursor() -> None:
    cast = Cast()
    headers = operator(cast)
    body = b"".join(event("clock.ticked", f"t{n}", f"s{n % 2}") for n in range(10))
    answered = content(post("/events", body, headers))
    got, after = b"", json.loads(content(get("/decisions?limit=1", headers)))["next"]
    while True:
        answer = get(f"/decisions?after={after}&limit=3", headers, Accept=engine.NDJSON)
        if not content(answer):
            break
        got += content(answer)
        after = int(answer[news.NEXT])
    assert got == answered
    one = json.loads(content(get("/shops/s1/decisions", headers)))
    assert [item["data"][0]["cause"] for item in one["items"]] == ["t1", "t3", "t5", "t7", "t9"]
    assert get("/shops/tea/decisions", key(cast, "tea", ["shop.read"])).status_code == 403
    assert get("/decisions", key(cast, "tea", ["decisions.read"])).status_code == 404


def test_a_cursor_whose_news_is_gone_is_told() -> None:
    cast = Cast()
    headers = operator(cast)
    content(post("/events", b"".join(event("clock.ticked", f"t{n}", "s") for n in range(5)), headers))
    content(get("/decisions", headers))
    Message.objects.filter(position__lte=4).delete()
    assert get("/decisions?after=2", headers).json()["code"] == "cursor_too_old"
    assert get("/decisions?after=4", headers).status_code == 200
    assert get("/decisions", headers).status_code == 200


@pytest.mark.slow
def test_waiting_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = Cast()
    headers = operator(cast)
    after = json.loads(content(get("/decisions?limit=1000", headers)))["next"]
    assert get(f"/decisions?after={after}&wait=21", headers).status_code == 422
    assert json.loads(content(get(f"/decisions?after={after}&wait=1", headers)))["items"] == []
    for _ in range(news.MOST_WAITERS):
        assert news._waiters.acquire(blocking=False)
    try:
        monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("no place to wait in"))
        assert get(f"/decisions?after={after}&wait=20", headers).status_code == 200
    finally:
        for _ in range(news.MOST_WAITERS):
            news._waiters.release()
