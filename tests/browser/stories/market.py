"""The market over its API, for what a story begins with and is not about: people, a shop, a campaign."""

import itertools
import json
import urllib.error
import urllib.request
from functools import cache
from random import Random
from typing import Any

import requests

from pinback.demo.drawing import draw
from tests.support.pinback import run_pinback

PASSWORD = "correct horse battery"
HOME = {"recipient": "Ann", "phone": "13800138000", "region": "上海市 徐汇区", "street": "衡山路 1 号"}
OPERATOR = "opal@example.com"
_numbers = itertools.count(1)


@cache
def _drawn() -> bytes:
    return draw("tin", 0.36, Random(3))


class Market:
    """A served sandbox; every story has people and shops of its own in it."""

    def __init__(self, url: str, database: str) -> None:
        self.url = url.rstrip("/")
        ran = run_pinback(
            *("operator", OPERATOR, "--password", "--database", database), stdin=PASSWORD.encode() + b"\n"
        )
        assert ran.code == 0, ran.err

    def ask(self, method: str, path: str, body: Any = None, *, token: str = "") -> Any:
        """An answer of the API; an AssertionError with what it said where it refuses."""
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from error
        return json.loads(text) if text else None

    def login(self, name: str) -> str:
        """A login that nobody has yet."""
        return f"{name}{next(_numbers)}@example.com"

    def person(self, name: str, *, language: str = "en") -> str:
        """The login of a new person."""
        login = self.login(name)
        given = {"login": login, "name": name.capitalize(), "password": PASSWORD, "language": language}
        self.ask("POST", "/people", given)
        return login

    def token(self, login: str) -> str:
        """The secret of a new session."""
        answer = self.ask("POST", "/session", {"login": login, "password": PASSWORD})
        return str(answer["token"])

    def shop(self, title: str) -> "Shop":
        """A new shop with its owner."""
        owner = self.person("olive")
        token = self.token(owner)
        name = f"shop-{next(_numbers)}"
        self.ask("POST", "/shops", {"name": name, "title": title}, token=token)
        return Shop(self, name, owner, token)

    def pay(self, path: str, token: str) -> None:
        """Pay what stands at a path, in the sandbox."""
        begun = self.ask("POST", f"{path}/payment", {"method": "wechat"}, token=token)
        payment = self.ask("GET", f"/payments/{begun['payment']}", token=token)
        self.ask("POST", f"/sandbox/payments/{payment['number']}", {"outcome": "paid"}, token=token)

    def buy(self, product: str, buyer: str) -> str:
        """A unit of a product, bought alone and paid by who has the session: the order."""
        sku = self.ask("GET", f"/products/{product}")["skus"][0]["sku"]
        wish = {"product": product, "lines": [{"sku": sku, "quantity": 1}], "kind": "solo", "address": HOME}
        order = str(self.ask("POST", "/orders", wish, token=buyer)["order"])
        self.pay(f"/orders/{order}", buyer)
        return order

    def ask_back(self, order: str, buyer: str) -> str:
        """Ask for the money of a whole order: the case."""
        asked = {"kind": "refund_only", "scope": "whole", "reason": "damaged", "text": "Broken 碎了"}
        return str(self.ask("POST", f"/orders/{order}/cases", asked, token=buyer)["case"])

    def forward(self, *, hours: int) -> None:
        """Let time pass in the sandbox."""
        token = self.token(OPERATOR)
        self.ask("POST", "/sandbox/clock", {"forward_seconds": hours * 3600}, token=token)


class Shop:
    """A shop, as its owner acts over the API."""

    def __init__(self, market: Market, name: str, owner: str, token: str) -> None:
        self.market, self.name, self.owner, self.token = market, name, owner, token

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """An answer to the owner, below the shop's address."""
        return self.market.ask(method, f"/shops/{self.name}{path}", body, token=self.token)

    def product(
        self,
        title: str,
        *,
        group_size: int = 3,
        price: int = 9_900,
        solo: int = 12_900,
        has_picture: bool = True,
    ) -> str:
        """A product on sale, its id; prices in fen."""
        sku = {"name": "500 g", "solo_price_minor": solo, "group_price_minor": price, "stock": 200}
        made = self.ask(
            "POST",
            "/products",
            {"title": title, "group_size": group_size, "postage_minor": 600, "skus": [sku]},
        )
        if has_picture:
            self._picture(made["product"])
        offer = f"/products/{made['product']}/offer"
        self.ask("POST", offer, {"version": made["version"]})
        return str(made["product"])

    def _picture(self, product: str) -> None:
        """What it looks like: a page with its picture is another page than one without."""
        sent = requests.post(
            f"{self.market.url}/api/v1/shops/{self.name}/products/{product}/pictures",
            files={"file": ("tea.png", _drawn())},
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=30,
        )
        assert sent.status_code == 201, sent.text

    def campaign(self, *, threshold: int = 5_000, rebate: int = 800, quantity: int = 50) -> str:
        """A campaign that is paid and runs: its id. Midnight passes."""
        terms = {"threshold_minor": threshold, "rebate_minor": rebate, "quantity": quantity, "valid_days": 30}
        made = self.ask("POST", "/campaigns", {"name": "Autumn", **terms})
        self.market.pay(f"/shops/{self.name}/campaigns/{made['campaign']}", self.token)
        self.market.forward(hours=24)
        return str(made["campaign"])
