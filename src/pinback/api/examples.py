"""Whole bodies of the main writes, for the API's description: by operation a name, a few words, the body."""

from typing import Any

_PRODUCT = "0c1z5k8m2q4r6"
_LINES = [{"sku": "0c1z5k8m2q4r7", "quantity": 1}]
_HOME = {
    "recipient": "王芳",
    "phone": "13800138000",
    "region": "上海市 徐汇区",
    "street": "漕溪北路 1 号",
}

EXAMPLES: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "accounts_register": {
        "buyer": (
            "somebody with a phone",
            {"login": "13800138000", "name": "王芳", "password": "three words and a tree"},
        ),
    },
    "accounts_sign_in": {
        "buyer": ("the same", {"login": "13800138000", "password": "three words and a tree"}),
    },
    "accounts_add_address": {"home": ("the address to take first", {**_HOME, "is_default": True})},
    "shops_open_shop": {"tea": ("a shop", {"name": "tea", "title": "Tea house"})},
    "shops_add_staff": {
        "warehouse": ("somebody who ships", {"login": "walt@example.com", "role": "warehouse"}),
    },
    "shops_make_key": {
        "stock": ("a key that reads orders", {"name": "stock keeping", "scopes": ["orders.read"]}),
    },
    "catalog_create": {
        "oolong": (
            "a product with one variant, cheaper for a group of three",
            {
                "title": "Oolong, spring harvest",
                "group_size": 3,
                "postage_minor": 800,
                "skus": [
                    {"name": "500 g", "solo_price_minor": 5900, "group_price_minor": 4900, "stock": 100}
                ],
            },
        ),
    },
    "catalog_adjust_stock": {"more": ("twenty have come in", {"delta": 20})},
    "checkout_quote": {
        "open": (
            "opening a group, with the voucher that serves best",
            {"product": _PRODUCT, "lines": _LINES, "kind": "open", "voucher": "best"},
        ),
    },
    "checkout_place": {
        "open": (
            "opening a group",
            {"product": _PRODUCT, "lines": _LINES, "kind": "open", "address": _HOME},
        ),
        "join": (
            "joining a group; another one if it is full, to an address that is kept",
            {
                "product": _PRODUCT,
                "lines": _LINES,
                "kind": "join",
                "group": "0c1z5k8m2q4r8",
                "if_full": "other",
                "address": "0c1z5k8m2q4r9",
            },
        ),
    },
    "checkout_pay": {"wechat": ("with WeChat Pay", {"method": "wechat"})},
    "payments_decide_payment": {"paid": ("it is paid", {"outcome": "paid"})},
    "delivery_ship": {"parcel": ("one parcel", {"carrier": "sf-express", "tracking": "SF1234567890"})},
    "desk_open_case": {
        "units": (
            "the money of one unit; the goods go back",
            {
                "scope": "units",
                "lines": [{"line": 1, "units": 1}],
                "kind": "return_and_refund",
                "reason": "damaged",
                "text": "The lid is broken.",
            },
        ),
        "whole": (
            "all of the money",
            {"scope": "whole", "kind": "refund_only", "reason": "not_arrived"},
        ),
    },
    "desk_refuse": {"reason": ("with what the buyer is told", {"reason": "The parcel came back unopened."})},
    "marketing_create": {
        "autumn": (
            "100 vouchers of ¥30, each for ¥200 paid",
            {"threshold_minor": 20000, "rebate_minor": 3000, "quantity": 100, "name": "Autumn tea"},
        ),
    },
    "marketing_pay": {"wechat": ("with WeChat Pay", {"method": "wechat"})},
    "links_share": {"product": ("a product", {"kind": "product", "target": _PRODUCT})},
    "funds_request_payout": {
        "sales": ("¥1000 of what was sold", {"account": "sales", "amount_minor": 100000})
    },
    "goodwill_review": {"praise": ("of the first line", {"line": 1, "stars": 5, "text": "Smells of May."})},
    "hooks_create": {
        "decisions": (
            "what was decided",
            {"url": "https://shop.example/pinback", "topics": ["decisions"]},
        ),
    },
    "sandbox_forward": {"day": ("one day", {"forward_seconds": 86400})},
}
