"""Invents the next plausible event of a stream by looking at the world that the model has reached: it aims
at the places where rules meet (limits, ties, expiry to the second, vouchers in every status) and now and
then just beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

from tests.model.oracle import Oracle
from tests.model.reading import Event
from tests.model.world import Record, Tables, code_key, debts, funding_shop, goods_cash

HOUR = 3600
DAY = 24 * HOUR
ODD_NIGHTS = (
    ("America/St_Johns", "2010-11-05"), ("America/St_Johns", "2011-03-11"),
    ("America/Havana", "2026-10-30"), ("America/Havana", "2026-03-06"), ("Asia/Beirut", "2026-03-27"),
    ("Asia/Beirut", "2026-10-22"), ("America/Asuncion", "2023-09-29"), ("America/Asuncion", "2024-03-22"),
    ("America/Sao_Paulo", "2018-11-02"), ("America/Sao_Paulo", "2018-02-16"),
    ("Pacific/Apia", "2011-12-28"), ("Asia/Pyongyang", "2015-08-13"), ("Asia/Pyongyang", "2018-05-03"),
    ("Africa/Cairo", "2026-04-22"), ("Africa/Cairo", "2026-10-28"), ("Asia/Gaza", "2016-03-24"),
    ("Australia/Lord_Howe", "2026-04-03"), ("America/Scoresbysund", "2026-03-27"),
    ("Asia/Tehran", "2021-03-20"), ("America/Goose_Bay", "2010-11-05"), ("Pacific/Fakaofo", "2011-12-28"),
    ("Asia/Amman", "2022-02-23"), ("Atlantic/Azores", "2026-10-23"), ("Africa/Casablanca", "2026-02-13"),
    ("Asia/Shanghai", "2026-11-09"), ("Europe/London", "2026-10-23"), ("America/New_York", "2026-10-30"),
    ("Antarctica/Casey", "2020-03-06"), ("Asia/Shanghai", "2000-01-01"),
    ("America/New_York", "2099-10-01"),
)  # fmt: skip
ZONES = sorted(
    {zone for zone, _ in ODD_NIGHTS} | {"Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kathmandu", "UTC"}
)
PAID = ("paid", "confirmed", "shipped", "received")


class Author:
    """Writes a story of a few shops and buyers."""

    def __init__(self, rng: Random, oracle: Oracle) -> None:
        self.rng = rng
        self.oracle = oracle
        self.serial = 0
        self.shops = ["S", "T", "a~1", "S2"][: rng.randint(2, 4)]
        self.buyers = ["b", "c", "B", "buyer.4"][: rng.randint(2, 4)]
        zone, day = rng.choice(ODD_NIGHTS)
        self.zones = {self.shops[0]: zone}
        for shop in self.shops[1:]:
            if rng.random() < 0.7:
                self.zones[shop] = rng.choice([zone, *ZONES])
        self.now = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) + rng.randrange(2 * DAY)
        self.told: list[Event] = []

    @property
    def world(self) -> Tables:
        """What has happened so far."""
        return self.oracle.world

    def opening(self) -> Iterator[Event]:
        """The shops that announce their zone."""
        for shop, zone in self.zones.items():
            yield self.event("shop.opened", shop, timezone=zone)

    def next_event(self) -> Event:
        """Some event; time passes before it."""
        self.pass_time()
        while True:
            tell = self.rng.choices(self.ways, weights=self.weights)[0]
            found = tell(self)
            if found is not None:
                return self.late(found)

    def event(self, kind: str, shop: str, **fields: Any) -> Event:
        """An event with an id of its own, at the present moment unless told otherwise."""
        self.serial += 1
        event_id = f"e{self.serial}" if self.rng.random() < 0.97 else f"e{self.rng.randint(1, self.serial)}"
        return {"id": event_id, "type": kind, "at": self.now, "shop": shop} | fields

    def pass_time(self) -> None:
        """Mostly a little, sometimes a day, sometimes to a moment that matters or just beside it."""
        dice = self.rng.random()
        if dice < 0.45:
            return
        if dice < 0.85:
            self.now += self.rng.randrange(HOUR)
        elif dice < 0.975:
            self.now += self.rng.randrange(6 * HOUR)
        else:
            self.now += self.rng.randrange(DAY)
        moments = [moment for moment in self.moments() if self.now < moment < self.now + 2 * DAY]
        if moments and self.rng.random() < 0.04:
            self.now = min(moments) + self.rng.choice((-1, 0, 0, 1))

    def moments(self) -> list[int]:
        """Instants at which something becomes true."""
        starts = [c["starts_at"] for c in self.world["campaigns"].values() if c["starts_at"] is not None]
        ends = [v["expires_at"] for v in self.world["vouchers"].values() if v["status"] != "used"]
        return starts + ends

    def late(self, event: Event) -> Event:
        """The event, which now and then arrives late or carries an exact moment."""
        dice = self.rng.random()
        if dice < 0.04:
            return event | {"at": event["at"] - self.rng.randrange(3 * DAY)}
        if dice < 0.06:
            near = [m for m in self.moments() if abs(m - self.now) < 4 * DAY]
            return event | {"at": self.rng.choice(near) + self.rng.choice((-1, 0, 1))} if near else event
        return event

    def pick(self, records: list[str]) -> str | None:
        """One of the keys, the newest more often."""
        if not records:
            return None
        return self.rng.choice(records[-8:] if self.rng.random() < 0.6 else records)

    def pick_order(self, *statuses: str, loose: float = 0.04) -> tuple[str, Record] | None:
        """An order in one of the statuses, or now and then in any."""
        orders = self.world["orders"]
        anyone = self.rng.random() < loose
        key = self.pick([k for k, o in orders.items() if anyone or o["status"] in statuses])
        return None if key is None else (key, orders[key])

    def about(self, kind: str, key: str, **fields: Any) -> Event:
        """An event about an order; rarely of another shop or an order that does not exist."""
        shop, order = key.split("/")
        if self.rng.random() < 0.008:
            shop = self.rng.choice(self.shops)
        if self.rng.random() < 0.004:
            order += "x"
        return self.event(kind, shop, order=order, **fields)

    def open_shop(self) -> Event | None:
        """Mostly refused."""
        shop = self.rng.choice([*self.shops, f"n{self.serial}"])
        return self.event("shop.opened", shop, timezone=self.rng.choice(ZONES))

    def create_campaign(self) -> Event | None:
        """A small campaign; often of the same rebate as another, so that they tie."""
        shop = self.rng.choice(self.shops)
        alive = [c for c in self.world["campaigns"].values() if c["shop"] == shop and c["status"] != "ended"]
        if len(alive) >= 3 and self.rng.random() < 0.9:
            return None
        threshold = self.rng.choice((100, 100, 200, 333, 999, 2000, 5000, 20, 19, 1))
        rebate = max(1, threshold * self.rng.choice((5, 10, 10, 33, 50, 100)) // 100)
        if alive and self.rng.random() < 0.4:
            rebate = self.rng.choice(alive)["rebate"]
        fields = {"threshold": threshold, "rebate": rebate, "quantity": self.rng.choice((10, 10, 11, 12))}
        if self.rng.random() < 0.08:
            name = self.rng.choice(list(fields))
            fields[name] = self.rng.choice(
                (0, -1, 9, threshold + 1, threshold // 20, threshold // 20 - 1, 10**12)
            )
        fields["valid_days"] = self.rng.choice((1, 1, 2, 2, 3, 5, 7, 15))
        if self.rng.random() < 0.06:
            fields["valid_days"] = self.rng.choice((0, -1, 365, 366))
        if self.rng.random() < 0.02:
            fields |= {"threshold": 10**12, "rebate": 10**12, "quantity": self.rng.choice((10, 10**12))}
        elif self.rng.random() < 0.02:
            fields |= {"threshold": 10**11, "rebate": 10**11 + self.rng.choice((0, 0, -1)), "quantity": 10}
        campaign = f"c{self.serial}" if self.rng.random() < 0.96 or not alive else alive[0]["id"]
        extra = {"name": self.rng.choice(("满减", "a\u0000", "x"))} if self.rng.random() < 0.2 else {}
        return self.event("campaign.created", shop, campaign=campaign, **fields, **extra)

    def pick_campaign(self, *statuses: str) -> Record | None:
        """A campaign in one of the statuses, or now and then in any."""
        anyone = self.rng.random() < 0.06
        campaigns = self.world["campaigns"]
        key = self.pick([k for k, c in campaigns.items() if anyone or c["status"] in statuses])
        return None if key is None else campaigns[key]

    def fund_campaign(self) -> Event | None:
        """Mostly the exact fee."""
        campaign = self.pick_campaign("draft")
        if campaign is None:
            return None
        amount = campaign["rebate"] * campaign["quantity"] + self.rng.choice((0,) * 18 + (1, -1))
        method = self.rng.choice(("wechat", "debit_card"))
        name = campaign["id"] if self.rng.random() < 0.95 else "nothing"
        return self.event("campaign.funded", campaign["shop"], campaign=name, amount=amount, method=method)

    def stop_campaign(self) -> Event | None:
        """Any campaign, so that some are stopped before they start."""
        campaign = self.pick_campaign("funded")
        if campaign is None:
            return None
        name = campaign["id"] if self.rng.random() < 0.8 else "nothing"
        return self.event("campaign.stopped", campaign["shop"], campaign=name)

    def pick_voucher(self, buyer: str) -> str | None:
        """A voucher that the buyer can use, or now and then one that cannot be used."""
        vouchers = self.world["vouchers"]
        if self.rng.random() < 0.03:
            strange: list[str] = ["", "S/c1", "S/c1/0", "S/c1/01", "no/such/1", *vouchers]
            return self.rng.choice(strange)
        anyone = self.rng.random() < 0.05
        return self.pick([
            code
            for code, voucher in vouchers.items()
            if anyone or (voucher["buyer"] == buyer and voucher["status"] == "available")
        ])  # fmt: skip

    def place_order(self) -> Event | None:
        """An order whose goods cash aims at a threshold, with or without discount, voucher and postage."""
        shop, buyer = self.rng.choice(self.shops), self.rng.choice(self.buyers)
        code = self.pick_voucher(buyer) if self.rng.random() < 0.6 else None
        worth = self.world["vouchers"][code]["amount"] if code in self.world["vouchers"] else 0
        target = self.target(shop)
        lines = self.order_lines(target + worth)
        goods = sum(line["quantity"] * line["unit_price"] for line in lines)
        fields: Event = {"buyer": buyer, "lines": lines} | self.extras(goods, worth, target)
        if code is not None:
            fields["voucher"] = code
        order = f"o{self.serial}"
        if self.world["orders"] and self.rng.random() < 0.02:
            shop, order = self.rng.choice(list(self.world["orders"])).split("/")
        found = self.event("order.placed", shop, order=order, **fields)
        if code in self.world["vouchers"] and self.rng.random() < 0.08:
            found["at"] = self.world["vouchers"][code]["expires_at"] + self.rng.choice((-1, 0, 1))
        return found

    def extras(self, goods: int, worth: int, target: int) -> Event:
        """A discount that leaves the target, none, or one at a limit; and postage."""
        discounts = [max(0, goods - target - worth)] * 10 + [0] * 5 + [goods, goods - 1]
        discounts += [max(0, goods - worth - more) for more in (-1, 0, 1, 2)][: self.rng.randint(0, 4)]
        fields = {"discount": self.rng.choice(discounts)}
        dice = self.rng.random()
        if dice < 0.4:
            fields["postage"] = self.rng.choice((0, 1, 7, 12, 100))
        elif dice < 0.42:
            fields["postage"] = 10**12 - goods + self.rng.choice((0, 1))
        return fields

    def target(self, shop: str) -> int:
        """Goods cash at, just below or above a threshold of the shop."""
        campaigns = [
            c for c in self.world["campaigns"].values() if c["shop"] == shop and c["status"] == "funded"
        ]
        if not campaigns or self.rng.random() < 0.1:
            return self.rng.randint(1, 3000)
        threshold = int(self.rng.choice(campaigns)["threshold"])
        return max(1, threshold + self.rng.choice((-1, 0, 0, 1, 1, 2, 10, threshold, threshold * 3)))

    def order_lines(self, worth: int) -> list[Event]:
        """One to five lines of at least this worth together, some of them free."""
        if self.rng.random() < 0.015:
            worth = self.rng.choice((10**12 - 5, 10**11, 10**12 - 10**4))
        lines = []
        for _ in range(self.rng.choice((0, 0, 1, 2, 3))):
            price = self.rng.choice((0, 0, 1, 3, 7, 33, 100, worth // 3))
            lines.append({"quantity": self.rng.choice((1, 1, 2, 3, 7)), "unit_price": price})
        rest = max(1, worth - sum(line["quantity"] * line["unit_price"] for line in lines))
        quantity = self.rng.choice((1, 2, 3, 3, 7))
        lines.append({"quantity": quantity, "unit_price": -(-rest // quantity)})
        self.rng.shuffle(lines)
        return [{"product": self.rng.choice(("p", "q", "P", "r-1"))} | line for line in lines]

    def pay_order(self) -> Event | None:
        """Mostly the exact amount."""
        found = self.pick_order("placed")
        if found is None:
            return None
        key, order = found
        extra = {"method": "微信"} if self.rng.random() < 0.1 else {}
        return self.about(
            "order.paid", key, amount=order["due"] + self.rng.choice((0,) * 25 + (1, -1)), **extra
        )

    def confirm_order(self) -> Event | None:
        """A deal is made; sometimes exactly when a campaign starts, or a second before."""
        found = self.pick_order("paid")
        if found is None:
            return None
        event = self.about("order.confirmed", found[0])
        starts = [
            c["starts_at"]
            for c in self.world["campaigns"].values()
            if c["shop"] == event["shop"] and c["starts_at"] is not None
        ]
        if starts and self.rng.random() < 0.06:
            event["at"] = self.rng.choice(starts) + self.rng.choice((-1, 0))
        return event

    def move_order(self, kind: str, *statuses: str) -> Event | None:
        """An event that says no more than which order it is about."""
        found = self.pick_order(*statuses)
        return None if found is None else self.about(kind, found[0])

    def ship_order(self) -> Event | None:
        """Noted only."""
        return self.move_order("order.shipped", "confirmed")

    def receive_order(self) -> Event | None:
        """Now it is a sale."""
        return self.move_order("order.received", "confirmed", "shipped")

    def cancel_order(self) -> Event | None:
        """Sometimes with a locked voucher, around its expiry."""
        orders = self.world["orders"]
        holding = [k for k, o in orders.items() if o["status"] == "placed" and o["used_voucher"] is not None]
        key = self.pick(holding) if self.rng.random() < 0.6 else None
        found = (
            self.move_order("order.cancelled", "placed")
            if key is None
            else self.about("order.cancelled", key)
        )
        if found is not None and self.rng.random() < 0.2:
            found["reason"] = self.rng.choice(("too late", "", "不要了"))
        return found

    def order_to_refund(self) -> tuple[str, Record] | None:
        """Often one whose voucher was used, or that used one, or that is pending."""
        orders = self.world["orders"]
        paid = {key: order for key, order in orders.items() if order["status"] in PAID}
        earned = [k for k, o in paid.items() if o["earned"] is not None]
        used = [k for k, o in paid.items() if o["used_voucher"] is not None]
        waiting = [k for k, o in paid.items() if o["rebate"] == "pending"]
        away = [
            k for k in earned if self.world["vouchers"][paid[k]["earned"]]["status"] in ("used", "locked")
        ]
        key = self.pick(self.rng.choice((earned, used, waiting, waiting, away, away, list(paid))))
        if key is None or self.rng.random() < 0.03:
            return self.pick_order(*PAID, loose=0.3)
        return key, orders[key]

    def refund_id(self, key: str) -> str:
        """A refund of this order that was closed or is open, a new one, or one that is taken."""
        refunds = self.world["refunds"]
        mine = [k for k, r in refunds.items() if r["order"] == key and r["status"] != "succeeded"]
        dice = self.rng.random()
        if mine and dice < 0.5:
            return self.name_of(self.rng.choice(mine))
        if refunds and dice > 0.96:
            return self.name_of(self.rng.choice(list(refunds)))
        return f"r{self.serial}"

    def name_of(self, key: str) -> str:
        """The id in a key with its shop."""
        return key.partition("/")[2]

    def request_refund(self) -> Event | None:
        """Opens a refund, perhaps again, perhaps beside another."""
        early = self.rng.random() < 0.35
        found = self.pick_order("paid") if early else self.order_to_refund()
        if found is None:
            return None
        event = self.about("refund.requested", found[0], refund=self.refund_id(found[0]))
        return event | {"reason": "bad"} if self.rng.random() < 0.1 else event

    def close_refund(self) -> Event | None:
        """Mostly an open one."""
        refunds = self.world["refunds"]
        anyone = self.rng.random() < 0.08
        key = self.pick([k for k, r in refunds.items() if anyone or r["status"] == "open"])
        if key is None:
            return None
        name = self.name_of(key) if self.rng.random() < 0.98 else "nothing"
        return self.about("refund.closed", refunds[key]["order"], refund=name)

    def refund_order(self) -> Event | None:
        """Pays a refund of any kind and size."""
        found = self.order_to_refund()
        if found is None:
            return None
        key, order = found
        kinds = (self.bare, self.by_units, self.by_units, self.by_amount, self.by_amount)
        fields = self.rng.choice(kinds)(order)
        if order["status"] == "paid" and self.rng.random() < 0.6:
            fields = self.everything(order)
        if self.rng.random() < 0.3:
            left = order["postage"]
            fields["postage"] = self.rng.choice((0, left, left, left // 2, left + 1, max(0, left - 1)))
        return self.about("refund.succeeded", key, refund=self.refund_id(key), **fields)

    def bare(self, order: Record) -> Event:
        """All that is left."""
        return {}

    def everything(self, order: Record) -> Event:
        """All that is left, named in one of the three ways."""
        units = [{"line": i, "quantity": line["units"]} for i, line in enumerate(order["lines"], start=1)]
        self.rng.shuffle(units)
        return dict(self.rng.choice(({}, {"lines": units}, {"amount": goods_cash(order)})))

    def a_little(self, order: Record) -> Event:
        """So little cash that a used voucher leaves a debt; enough to fall below the threshold."""
        code = order["earned"]
        spare = goods_cash(order) - self.world["vouchers"][code]["threshold"] if code is not None else 0
        enough = spare + 1 if self.oracle.policy == "threshold" and spare >= 0 else 1
        return {"amount": min(goods_cash(order), enough + self.rng.choice((0, 0, 1, 5)))}

    def by_units(self, order: Record) -> Event:
        """Some units of some lines, seldom more than there are."""
        lines = []
        for number, line in enumerate(order["lines"], start=1):
            if self.rng.random() < 0.5 and line["units"]:
                most = line["units"] + (self.rng.random() < 0.03)
                lines.append({"line": number, "quantity": self.rng.randint(1, most)})
        if not lines or self.rng.random() < 0.02:
            lines.append({"line": len(order["lines"]) + (self.rng.random() < 0.3), "quantity": 1})
        self.rng.shuffle(lines)
        return {"lines": lines}

    def by_amount(self, order: Record) -> Event:
        """Some cash: around what is left, around the threshold, or a few fen."""
        left = goods_cash(order)
        code = order["earned"]
        spare = left - self.world["vouchers"][code]["threshold"] if code is not None else left // 2
        choices = (1, left, left - 1, left + 1, spare, spare, spare + 1, left // 3, left // 2, 0)
        return {"amount": max(0, self.rng.choice(choices))}

    def compensate(self) -> Event | None:
        """At, below or above the limit."""
        found = self.pick_order("confirmed", "shipped", "received")
        if found is None:
            return None
        room = found[1]["cash"] - found[1]["refunded"] - found[1]["compensated"]
        amount = max(1, self.rng.choice((1, 5, room // 2, room, room - 1, room + 1)))
        return self.about("compensation.paid", found[0], amount=amount)

    def pay_debt(self) -> Event | None:
        """All of a debt, a part, or more than is owed."""
        owed = debts(self.world)
        if not owed or self.rng.random() < 0.05:
            return self.event(
                "debt.paid", self.rng.choice(self.shops), buyer=self.rng.choice(self.buyers), amount=1
            )
        shop, buyer = self.rng.choice(list(owed))
        debt = owed[shop, buyer]
        amount = max(1, self.rng.choice((debt, debt - 1, 1, debt // 2, debt // 3, debt + 1)))
        return self.event("debt.paid", shop, buyer=buyer, amount=amount)

    def tick(self) -> Event | None:
        """The clock, often exactly at the end of a voucher or a second before."""
        event = self.event("clock.ticked", self.rng.choice(self.shops))
        ends = [
            v["expires_at"] for v in self.world["vouchers"].values() if v["status"] in ("available", "frozen")
        ]
        near = [end for end in ends if end <= self.now + DAY]
        if near and self.rng.random() < 0.7:
            event["at"] = self.rng.choice(near) + self.rng.choice((-1, 0, 0, 1))
        return event

    def release_tangle(self) -> Event | None:
        """Refunds the source order of a voucher that is locked or used, or what an unconfirmed order used."""
        vouchers, orders = self.world["vouchers"], self.world["orders"]
        away = [c for c in sorted(vouchers, key=code_key) if vouchers[c]["held_by"] is not None]
        code = self.pick(away)
        if code is None:
            return None
        key = self.rng.choice((vouchers[code]["order"], vouchers[code]["held_by"]))
        if orders[key]["status"] not in PAID:
            return None
        kinds = (self.everything, self.bare, self.by_amount, self.by_units, self.a_little, self.a_little)
        fields = kinds[0 if orders[key]["status"] == "paid" else self.rng.randrange(6)](orders[key])
        return self.about("refund.succeeded", key, refund=self.refund_id(key), **fields)

    def fail_group(self) -> Event | None:
        """Refunds an order that used a voucher and was not confirmed."""
        orders = self.world["orders"]
        key = self.pick(
            [k for k, o in orders.items() if o["status"] == "paid" and o["used_voucher"] is not None]
        )
        if key is None:
            return None
        return self.about("refund.succeeded", key, refund=self.refund_id(key), **self.everything(orders[key]))

    def confirm_debtor(self) -> Event | None:
        """An order of somebody who owes the shop."""
        owed = debts(self.world)
        orders = self.world["orders"]
        key = self.pick(
            [k for k, o in orders.items() if o["status"] == "paid" and (o["shop"], o["buyer"]) in owed]
        )
        return None if key is None else self.about("order.confirmed", key)

    def expire_source(self) -> Event | None:
        """Asks for a refund of the source order of a voucher that waits, whoever funded it."""
        vouchers = self.world["vouchers"]
        code = self.pick([c for c, v in vouchers.items() if v["status"] in ("available", "locked", "used")])
        if code is None or funding_shop(code) not in self.shops:
            return None
        key = vouchers[code]["order"]
        return self.about("refund.requested", key, refund=self.refund_id(key))

    ways: tuple[Callable[[Author], Event | None], ...] = (
        place_order, pay_order, confirm_order, ship_order, receive_order, cancel_order, request_refund,
        close_refund, refund_order, compensate, pay_debt, tick, create_campaign, fund_campaign,
        stop_campaign, open_shop, release_tangle, confirm_debtor, expire_source, fail_group,
    )  # fmt: skip
    weights = (22, 18, 13, 5, 7, 4, 6, 6, 7, 3, 1.5, 2, 3, 4, 0.5, 0.3, 6, 5, 4, 2)
