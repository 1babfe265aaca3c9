"""What a product may become, and what its terms may be: pure decisions."""

from typing import Literal

ProductStatus = Literal["draft", "on_sale", "off"]
ProductEvent = Literal["offer", "withdraw"]

PRODUCT: dict[tuple[str, str], str] = {
    ("draft", "offer"): "on_sale",
    ("off", "offer"): "on_sale",
    ("on_sale", "withdraw"): "off",
}
"""From status and event to the next status; what is not here cannot happen."""

MOST_SKUS = 50
MOST_PICTURES = 10
MOST_STOCK = 10**9
MOST_PRICE_MINOR = 10**9


def terms_are_wrong(solo_price_minor: int, group_price_minor: int) -> tuple[str, str] | None:
    """The field and code of what is wrong with a variant's prices, in fen; None where nothing is."""
    if not 1 <= solo_price_minor <= MOST_PRICE_MINOR:
        return "solo_price_minor", "bad_price"
    if not 1 <= group_price_minor <= solo_price_minor:
        return "group_price_minor", "group_price_above_solo"
    return None
