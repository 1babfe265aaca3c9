"""What the demo market consists of: its sizes, shops, products and campaigns. Prices are in minor units."""

from datetime import timedelta
from typing import NamedTuple

from pinback.marketing.rules import Terms

PASSWORD = "pinback demo market"  # noqa: S105 - printed for everybody; the demo listens on this machine only
BUYER_LOGIN = "buyer1@demo.example"
OWNER_LOGIN = "owner@demo.example"
OPERATOR_LOGIN = "operator@demo.example"


class Size(NamedTuple):
    """How large a market is; `first_orders` are the wishes with which its story begins, joins come on top."""

    shops: int
    products: int
    buyers: int
    first_orders: int
    days: int


FULL = Size(shops=6, products=40, buyers=300, first_orders=300, days=24)
SMALL = Size(shops=2, products=6, buyers=20, first_orders=70, days=16)


class ShopPlan(NamedTuple):
    """A shop's name, title, and what it sells."""

    name: str
    title: str
    goods: tuple[str, ...]


SHOPS = (
    ShopPlan(
        "tea", "Tea Terrace", ("Oolong", "Jasmine", "Pu'er", "White Peony", "Matcha", "Teapot", "Gaiwan")
    ),
    ShopPlan(
        "fruit", "Orchard Road", ("Apples", "Pears", "Mandarins", "Kiwis", "Lychees", "Mangoes", "Plums")
    ),
    ShopPlan(
        "linen", "Loom & Line", ("Towels", "Bedsheets", "Pillow", "Quilt", "Apron", "Curtains", "Napkins")
    ),
    ShopPlan(
        "kitchen", "Copper Kitchen", ("Wok", "Steamer", "Cleaver", "Ladle", "Bowls", "Kettle", "Grater")
    ),
    ShopPlan("toys", "Little Fox", ("Blocks", "Kite", "Puzzle", "Yo-yo", "Robot", "Drum")),
    ShopPlan("books", "Paper Boat", ("Atlas", "Diary", "Novel", "Sketchbook", "Verses", "Cookbook")),
)


class CampaignPlan(NamedTuple):
    """A campaign of the shop with that number. It is created and, unless it is to stay a draft, paid `ago`
    before the end; `stopped_ago` before the end the shop stops it.
    """

    shop: int
    name: str
    terms: Terms
    ago: timedelta
    is_draft: bool = False
    stopped_ago: timedelta | None = None


_DAYS = timedelta(days=1)
_MOMENT = timedelta(minutes=1)

CAMPAIGNS = (
    CampaignPlan(0, "All season", Terms(4_000, 400, 400, 6), 15 * _DAYS),
    CampaignPlan(1, "First come", Terms(1_500, 200, 10, 5), 14 * _DAYS),
    CampaignPlan(1, "Cut short", Terms(20_000, 1_500, 80, 15), 9 * _DAYS, stopped_ago=2 * _DAYS),
    CampaignPlan(0, "From tomorrow", Terms(5_000, 600, 50, 15), _MOMENT),
    CampaignPlan(1, "Perhaps", Terms(8_000, 900, 30, 15), 3 * _DAYS, is_draft=True),
    CampaignPlan(2, "Warm nights", Terms(5_000, 500, 300, 10), 12 * _DAYS),
    CampaignPlan(3, "Big spoon", Terms(7_000, 800, 200, 20), 10 * _DAYS),
    CampaignPlan(4, "Playtime", Terms(3_000, 250, 15, 7), 11 * _DAYS),
    CampaignPlan(5, "Long evenings", Terms(4_500, 500, 120, 15), 8 * _DAYS, stopped_ago=_DAYS),
)

FIRST_NAMES = (
    "Ann", "Bo", "Cai", "Dai", "Emma", "Fang", "Gao", "Hua", "Ivy", "Jun", "Kai", "Lan", "Mei", "Ning",
    "Olga", "Ping", "Qi", "Rong", "Shan", "Tao", "Uma", "Vera", "Wen", "Xia", "Yan", "Zoe",
)  # fmt: skip
STREETS = ("Lake Road", "Hill Street", "Garden Lane", "Bridge Road", "Temple Street")
REGIONS = ("上海 徐汇", "北京 朝阳", "广州 天河", "成都 武侯", "杭州 西湖")
