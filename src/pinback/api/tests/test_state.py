"""The state over HTTP: of all shops, of one, of one thing."""

import json

import pytest

from pinback.api.tests.test_engine import EXAMPLES, content, get, operator, post
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("open_market")


def test_the_state_of_one_shop_is_the_part_of_the_whole() -> None:
    cast = Cast()
    headers = operator(cast)
    for path in EXAMPLES:
        content(post("/events", path.with_name(path.name.replace(".decisions", "")).read_bytes(), headers))
    whole = json.loads(content(get("/state", headers)))
    shops = [shop for shop in whole["shops"] if len(whole["shops"]) > 1]
    assert shops
    for shop in shops:
        one = json.loads(content(get(f"/shops/{shop}/state", headers)))
        for part, entries in whole.items():
            expected = {k: v for k, v in entries.items() if k.split("/")[0] == shop}
            assert one[part] == expected
        for part in ("orders", "campaigns", "vouchers"):
            for name, entry in one[part].items():
                rest = name.split("/", 1)[1]
                assert get(f"/shops/{shop}/state/{part}/{rest}", headers).json() == entry
    for name in ("none", "%00", "%14", "%C2%9B"):
        assert get(f"/shops/tea/state/orders/{name}", headers).status_code == 404
