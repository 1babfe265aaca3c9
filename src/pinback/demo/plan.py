"""What the demo market consists of: its sizes, shops, products, campaigns, activities. Prices are in minor
units.
"""

from datetime import timedelta
from typing import NamedTuple

from pinback.marketing.rules import SPEC, Standard, Terms

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


class Good(NamedTuple):
    """A product: what it is called, what is said of it, how it is drawn, and what one costs in a group."""

    title: str
    about: str
    kind: str
    hue: float
    price_minor: int
    variants: tuple[str, str] = ("1 单件", "2 两件")


class ShopPlan(NamedTuple):
    """A shop's name, title, what it says of itself, and what it sells."""

    name: str
    title: str
    about: str
    goods: tuple[Good, ...]


_TEA = (
    Good(
        "Oolong 乌龙茶",
        "Rolled by hand on Anxi's northern slopes. 安溪高山，手工揉捻。",
        "tin",
        0.30,
        4_800,
        ("100 g", "200 g"),
    ),
    Good(
        "Jasmine Pearls 茉莉龙珠",
        "Scented seven times with night jasmine. 七窨一提。",
        "tin",
        0.13,
        3_900,
        ("75 g", "150 g"),
    ),
    Good(
        "Pu'er 2016 普洱",
        "Ten years in a dry cellar: earth, dates, camphor.",
        "tin",
        0.05,
        6_600,
        ("200 g", "400 g"),
    ),
    Good(
        "White Peony 白牡丹",
        "One bud, two leaves, dried in the sun of Fuding.",
        "cup",
        0.15,
        5_200,
        ("50 g", "100 g"),
    ),
    Good("Matcha 抹茶", "Stone-ground, for whisking and for cakes.", "tin", 0.36, 4_200, ("30 g", "60 g")),
    Good("Teapot 紫砂壶", "Yixing clay, 200 ml, pours without dripping.", "pot", 0.03, 6_900),
    Good("Gaiwan 盖碗", "Thin white porcelain that never burns fingers.", "cup", 0.56, 2_900),
)
_FRUIT = (
    Good(
        "Aksu Apples 阿克苏苹果",
        "Sweet to the core, 80 to 85 mm. 冰糖心。",
        "fruit",
        0.99,
        3_200,
        ("2.5 kg", "5 kg"),
    ),
    Good("Crown Pears 皇冠梨", "Crisp, picked in Zhaoxian.", "fruit", 0.18, 2_600, ("2.5 kg", "5 kg")),
    Good("Mandarins 砂糖橘", "Small, thin-skinned, no seeds.", "fruit", 0.08, 2_200, ("2.5 kg", "5 kg")),
    Good(
        "Kiwis 猕猴桃",
        "Yellow flesh from Pujiang; ripe after three days.",
        "fruit",
        0.21,
        3_400,
        ("12", "24"),
    ),
    Good(
        "Lychees 荔枝",
        "On the road the hour they are picked. 现摘现发。",
        "fruit",
        0.95,
        4_600,
        ("1 kg", "2 kg"),
    ),
    Good("Mangoes 芒果", "Sannong from Baise, soft as butter.", "fruit", 0.12, 3_600, ("2.5 kg", "5 kg")),
    Good("Plums 西梅", "From Kashgar, dusted blue.", "fruit", 0.75, 2_900, ("1 kg", "2 kg")),
)
_LINEN = (
    Good("Towels 毛巾", "Long-staple cotton, three in a pack.", "cloth", 0.52, 2_400),
    Good("Bedsheets 床单", "Washed linen, 150 × 200 cm.", "cloth", 0.60, 5_900),
    Good("Pillow 枕头", "Buckwheat husks in a cotton cover. 荞麦壳。", "cloth", 0.10, 3_800),
    Good("Winter Quilt 冬被", "Silk floss, 2 kg, warm and light.", "cloth", 0.97, 6_900),
    Good("Apron 围裙", "Canvas with a pocket for everything.", "cloth", 0.40, 1_900),
    Good("Curtains 窗帘", "Lets light in, keeps looks out.", "cloth", 0.72, 5_600),
    Good("Napkins 餐巾", "Six of them, and they need no ironing.", "cloth", 0.30, 1_600),
)
_KITCHEN = (
    Good("Wok 炒锅", "Hammered iron, seasoned and ready. 章丘铁锅。", "pan", 0.58, 6_200),
    Good("Steamer 蒸笼", "Two tiers of bamboo.", "pan", 0.11, 2_700),
    Good("Cocotte 珐琅锅", "Cast iron, enamelled, for an evening's braise.", "pan", 0.00, 6_900),
    Good("Soup Pot 汤锅", "Three layers of steel, 24 cm.", "pan", 0.80, 4_400),
    Good("Rice Bowls 饭碗", "Four bowls, four glazes. 四只四色。", "cup", 0.62, 2_300),
    Good("Kettle 水壶", "Whistles when it is done.", "pot", 0.48, 3_300),
    Good("Spice Tin 调料罐", "Shuts tight, opens with one hand.", "tin", 0.02, 1_500),
)
_TOYS = (
    Good("Blocks 积木", "Beech wood and water colours.", "blocks", 0.08, 3_100),
    Good("Kite 风筝", "Weifang silk, with 100 m of line. 潍坊风筝。", "kite", 0.55, 2_500),
    Good("Stacking Set 叠叠高", "Falls down beautifully.", "blocks", 0.33, 2_200),
    Good("Box Kite 双彩风筝", "For days with too much wind.", "kite", 0.93, 3_600),
    Good("Puzzle Cubes 拼图积木", "Six pictures in one box.", "blocks", 0.66, 2_800),
    Good("Alphabet Blocks 字母积木", "A to Z, and 甲 to 癸.", "blocks", 0.17, 3_400),
)
_BOOKS = (
    Good("Atlas of Rivers 江河地图集", "Every river over 100 km, drawn by hand.", "book", 0.57, 6_800),
    Good("Five-Year Diary 五年日记", "One line a day, five years on a page.", "book", 0.98, 2_600),
    Good("The Paper Boat 纸船", "A novel of two sisters and a ferry.", "book", 0.12, 2_100),
    Good("Sketchbook 速写本", "120 sheets that take ink.", "book", 0.42, 1_800),
    Good("Tang Verses 唐诗三百首", "With notes, and room for one's own. 注音版。", "book", 0.06, 2_400),
    Good("Noodles 面食之书", "Eighty ways to pull, cut and shave.", "book", 0.78, 3_900),
)

SHOPS = (
    ShopPlan("tea", "Tea Terrace 茶台", "Leaves from growers whom we visit each spring.", _TEA),
    ShopPlan("fruit", "Orchard Road 果园路", "Picked today, with you the day after tomorrow.", _FRUIT),
    ShopPlan("linen", "Loom & Line 布与线", "Things made of cotton, linen and silk.", _LINEN),
    ShopPlan("kitchen", "Copper Kitchen 铜厨房", "What lasts longer than its fashion.", _KITCHEN),
    ShopPlan("toys", "Little Fox 小狐狸", "Toys without batteries. 不用电池的玩具。", _TOYS),
    ShopPlan("books", "Paper Boat 纸船书店", "A small bookshop by the canal.", _BOOKS),
)


class ActivityPlan(NamedTuple):
    """A themed activity: announced `announced_ago` before the end, from `starts_in` to `ends_in` after it
    (below zero: before it), with the shops that sign up for it, by number.
    """

    name: str
    about: str
    announced_ago: timedelta
    starts_in: timedelta
    ends_in: timedelta
    standard: Standard
    shops: tuple[int, ...]


class CampaignPlan(NamedTuple):
    """A campaign of the shop with that number. It is created and, unless it is to stay a draft, paid `ago`
    before the end; `stopped_ago` before the end the shop stops it, or gives the draft up. `activity` is the
    number of one.
    """

    shop: int
    name: str
    terms: Terms
    ago: timedelta
    is_draft: bool = False
    stopped_ago: timedelta | None = None
    activity: int | None = None


_DAYS = timedelta(days=1)
_MOMENT = timedelta(minutes=1)

ACTIVITIES = (
    ActivityPlan(
        "双十一团购节 Singles' Week",
        "Rebates of at least 8 %, for every shop that takes part. 返现不低于门槛的 8%。",
        12 * _DAYS,
        -6 * _DAYS,
        8 * _DAYS,
        Standard(least_rebate_percent=8, least_quantity=20),
        (0, 1, 2, 4),
    ),
    ActivityPlan(
        "年货节 New Year Market",
        "Everything for the table of the year's last evening. 一年一次的年夜饭。",
        3 * _DAYS,
        9 * _DAYS,
        30 * _DAYS,
        Standard(least_rebate_percent=10, least_quantity=50, most_valid_days=30),
        (0, 3),
    ),
    ActivityPlan(
        "秋收 Harvest Fair", "The first of the autumn.", 15 * _DAYS, -14 * _DAYS, -9 * _DAYS, SPEC, (1,)
    ),
)

CAMPAIGNS = (
    CampaignPlan(0, "All season 四季茶礼", Terms(4_000, 400, 400, 6), 15 * _DAYS),
    CampaignPlan(1, "First come 先到先得", Terms(1_500, 200, 10, 5), 14 * _DAYS),
    CampaignPlan(1, "Cut short", Terms(20_000, 1_500, 80, 15), 9 * _DAYS, stopped_ago=2 * _DAYS),
    CampaignPlan(0, "From tomorrow", Terms(5_000, 600, 50, 15), _MOMENT),
    CampaignPlan(1, "Perhaps", Terms(8_000, 900, 30, 15), 3 * _DAYS, is_draft=True),
    CampaignPlan(0, "Singles' Week 双十一", Terms(9_000, 900, 60, 15), 7 * _DAYS, activity=0),
    CampaignPlan(1, "双十一鲜果", Terms(6_000, 600, 40, 15), 6 * _DAYS, activity=0),
    CampaignPlan(0, "New Year draft", Terms(10_000, 1_200, 100, 30), 2 * _DAYS, is_draft=True, activity=1),
    CampaignPlan(
        1, "Too dear", Terms(3_000, 1_200, 500, 15), 5 * _DAYS, is_draft=True, stopped_ago=4 * _DAYS
    ),
    CampaignPlan(2, "Warm nights 温暖之夜", Terms(5_000, 500, 300, 10), 12 * _DAYS),
    CampaignPlan(3, "Big spoon", Terms(7_000, 800, 200, 20), 10 * _DAYS),
    CampaignPlan(4, "Playtime", Terms(3_000, 250, 15, 7), 11 * _DAYS),
    CampaignPlan(5, "Long evenings 长夜读书", Terms(4_500, 500, 120, 15), 8 * _DAYS, stopped_ago=_DAYS),
)

FIRST_NAMES = (
    "Ann", "林波", "Cai", "戴安", "Emma", "方圆", "Gao", "华清", "Ivy", "俊杰", "Kai", "兰心", "Mei", "宁远",
    "Olga", "平安", "Qi", "荣荣", "Shan", "涛涛", "Uma", "Vera", "文静", "Xia", "燕子", "Zoe",
)  # fmt: skip
STAFF = (
    ("marketing@demo.example", "Mary", "marketing"),
    ("service@demo.example", "客服小陈", "service"),
    ("warehouse@demo.example", "Walt", "warehouse"),
    ("finance@demo.example", "Faye", "finance"),
)
"""Who works in the first shop beside its owner: login, name, role."""

STREETS = ("Lake Road", "Hill Street", "Garden Lane", "中山路", "Temple Street")
REGIONS = ("上海 徐汇", "北京 朝阳", "广州 天河", "成都 武侯", "杭州 西湖")
HUNTERS_PHONE = "phone-back-lane"
HUNTERS_STREET = "Back Lane 4, Room 12"
"""From where a household orders under many names."""
