"""What people keep of lists: filters by name and looks, each their own, within limits."""

import pytest

from pinback.accounts.actions import MOST_FILTERS, keep_filter, keep_look, remove_filter
from pinback.accounts.actors import Actor
from pinback.accounts.models import ListLook, SavedFilter
from pinback.accounts.queries import filters_of, look_of
from pinback.kit.ids import public_id
from pinback.kit.refusals import NotFound, Refused
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

ORDERS = "seller-orders"


@pytest.fixture
def cast(market: str) -> Cast:
    return Cast()


def kept(acting: Actor, list_name: str = ORDERS, shop: str = "tea") -> list[tuple[str, str]]:
    return [(one.name, one.query) for one in filters_of(acting, list_name, shop)]


def test_a_filter_is_kept_for_one_person_list_and_shop(cast: Cast) -> None:
    cast.open_shop("oil", {"olive": "owner"})
    olive, walt = cast.actor("olive"), cast.actor("walt")
    keep_filter(ORDERS, "tea", "To ship", "work=to_ship", acting=olive)
    keep_filter(ORDERS, "tea", "  Late \n ones ", "work=trouble", acting=olive)
    assert kept(olive) == [("To ship", "work=to_ship"), ("Late ones", "work=trouble")]
    assert kept(walt) == []
    assert kept(olive, "seller-products") == []
    assert kept(olive, shop="oil") == []


def test_the_same_name_again_replaces_what_it_stood_for(cast: Cast) -> None:
    olive = cast.actor("olive")
    first = keep_filter(ORDERS, "tea", "Mine", "work=to_ship", acting=olive)
    again = keep_filter(ORDERS, "tea", "Mine", "work=unpaid", acting=olive)
    assert again.pk == first.pk
    assert kept(olive) == [("Mine", "work=unpaid")]


@pytest.mark.parametrize(
    ("name", "query", "code"),
    [
        ("", "work=to_ship", "required"),
        (" \t ", "work=to_ship", "required"),
        ("x" * 41, "work=to_ship", "too_long"),
        ("a\u202eb", "work=to_ship", "bad_name"),
        ("a\x00b", "work=to_ship", "bad_name"),
        ("Fine", "", "no_filter"),
        ("Fine", "q=" + "x" * 499, "too_long"),
    ],
)
def test_what_is_refused_keeps_nothing(cast: Cast, name: str, query: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        keep_filter(ORDERS, "tea", name, query, acting=cast.actor("olive"))
    assert refused.value.refusal.code == code
    assert not SavedFilter.objects.exists()


def test_there_are_at_most_so_many_and_room_comes_back(cast: Cast) -> None:
    olive = cast.actor("olive")
    made = [keep_filter(ORDERS, "tea", f"F{n}", f"q={n}", acting=olive) for n in range(MOST_FILTERS)]
    with pytest.raises(Refused) as refused:
        keep_filter(ORDERS, "tea", "One more", "q=x", acting=olive)
    assert refused.value.refusal.code == "too_many"
    keep_filter(ORDERS, "tea", "F3", "q=changed", acting=olive)
    keep_filter("seller-products", "tea", "Another list", "q=x", acting=olive)
    assert remove_filter(public_id(made[0].pk), acting=olive) == "F0"
    keep_filter(ORDERS, "tea", "One more", "q=x", acting=olive)
    assert len(kept(olive)) == MOST_FILTERS


def test_nobody_reaches_what_another_keeps(cast: Cast) -> None:
    mine = public_id(keep_filter(ORDERS, "tea", "Mine", "work=to_ship", acting=cast.actor("olive")).pk)
    for name in ("walt", "opal", "zoe"):
        with pytest.raises(NotFound):
            remove_filter(mine, acting=cast.actor(name))
    for nothing in ("0000000000001", "no id"):
        with pytest.raises(NotFound):
            remove_filter(nothing, acting=cast.actor("olive"))
    assert kept(cast.actor("olive")) == [("Mine", "work=to_ship")]


def test_strangers_and_keys_have_no_lists(cast: Cast) -> None:
    key = Actor(cast.person("olive").pk, key_shop_id=cast.shops["tea"].pk, scopes=frozenset({"orders.read"}))
    for acting in (cast.actor("zoe"), key):
        with pytest.raises(NotFound):
            keep_filter(ORDERS, "tea", "Mine", "work=to_ship", acting=acting)
    with pytest.raises(NotFound):
        keep_look(ORDERS, is_compact=True, columns=None, acting=key)
    with pytest.raises(NotFound):
        keep_filter("operator-people", "", "Mine", "q=ann", acting=cast.actor("olive"))
    assert keep_filter("operator-people", "", "Mine", "q=ann", acting=cast.actor("opal")).shop_name == ""
    assert not ListLook.objects.exists()


def test_a_look_is_kept_for_one_person_and_list(cast: Cast) -> None:
    olive, walt = cast.actor("olive"), cast.actor("walt")
    assert look_of(olive, ORDERS) is None
    keep_look(ORDERS, is_compact=True, columns=["paid"], acting=olive)
    keep_look(ORDERS, is_compact=False, columns=["paid", "rebate"], acting=olive)
    keep_look("seller-products", is_compact=True, columns=None, acting=olive)
    orders, products = look_of(olive, ORDERS), look_of(olive, "seller-products")
    assert orders is not None
    assert products is not None
    assert (orders.is_compact, orders.columns) == (False, ["paid", "rebate"])
    assert (products.is_compact, products.columns) == (True, None)
    assert look_of(walt, ORDERS) is None
    assert ListLook.objects.count() == 2
