"""Every id has an address of its own, and no two share one."""

import pytest
from django.urls import Resolver404, resolve, reverse

IDS = [
    "retail", ".", "..", "...", "~", "~.", "~~", "100%", "%2F", "a?b", "a#b", "a&b=c", "a;b", "<b>", '"', "'",
    "\\", "a:b", "{{x}}", "W" * 64,
]  # fmt: skip


@pytest.mark.parametrize("shop", IDS)
def test_an_id_survives_its_address(shop: str) -> None:
    address = reverse("shop", kwargs={"shop": shop})
    assert "/../" not in address
    assert "/./" not in address
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(address)
    assert not parts.query
    assert not parts.fragment
    assert resolve(unquote(parts.path)).kwargs == {"shop": shop}


def test_addresses_are_all_different() -> None:
    assert len({reverse("shop", kwargs={"shop": shop}) for shop in IDS}) == len(IDS)


@pytest.mark.parametrize(
    "path", ["/shops/~a/", "/shops/" + "W" * 65 + "/", "/shops/a b/", "/shops/店/", "/shops/./"]
)
def test_what_is_no_id_has_no_page(path: str) -> None:
    with pytest.raises(Resolver404):
        resolve(path)
