"""What people of the demo write: reviews, reasons, apologies; half of them in Chinese."""

from random import Random
from typing import Final

_REVIEWS: Final = {
    5: (
        "Exactly as described, and it came a day early.",
        "质量很好，包装也用心，已经推荐给同事了。",
        "Third time I join a group for this. Never disappointed.",
        "拼单价格真划算，回购第二次了！",
        "",
        "My mother asked for another one at once.",
        "颜色比照片还好看，喜欢。",
        "Packed so well that I felt bad unwrapping it.",
    ),
    4: (
        "Very good. One corner of the box was dented, nothing inside.",
        "东西不错，物流稍慢，扣一星。",
        "Good value in a group; I would not pay the solo price.",
        "整体满意，说明书要是有英文就更好了。",
        "",
    ),
    3: (
        "It does what it should. Smaller than I had imagined.",
        "一般般，对得起这个价格。",
        "Fine, but the second one looked different from the first.",
    ),
    2: (
        "Took nine days. The shop answered, the parcel did not.",
        "和描述有点出入，客服态度还可以。",
    ),
    1: (
        "Arrived broken. The shop paid it back within a day, I must say.",
        "收到就是坏的，申请了退款。",
    ),
}
_STARS: Final = (5,) * 12 + (4,) * 5 + (3,) * 2 + (2, 1)

_COMPLAINTS: Final = {
    "changed_mind": ("I ordered the wrong size.", "不想要了，还没拆封。", ""),
    "damaged": ("There is a crack from top to bottom, see the photo.", "收到时已经破了，见照片。"),
    "not_as_described": ("It is not the colour of the picture.", "颜色和图片差太多。"),
    "late": ("A week without a word from the carrier.", "等了一周还没到。"),
    "missing_parts": ("One of the two is missing.", "少发了一件。"),
}

_REFUSALS: Final = (
    "It was whole when it left us; the photo shows another article.",
    "签收时完好，超过七天不支持无理由退货。",
    "The colour is the one of the listing, photographed in daylight.",
)

_APOLOGIES: Final = (
    ("short_weight", "It was 200 g short. We are sorry; here is the difference."),
    ("late", "抱歉让您久等了，一点心意，请收下。"),
    ("price_dropped", "The price fell the day after you bought. Here is the difference."),
    ("damaged", "外包装压坏了，给您补个差价，实在抱歉。"),
)


def review(chance: Random) -> tuple[int, str]:
    """Stars, and what is said."""
    stars = chance.choice(_STARS)
    return stars, chance.choice(_REVIEWS[stars])


def complaint(chance: Random) -> tuple[str, str]:
    """A reason, and what is said of it."""
    reason = chance.choice(tuple(_COMPLAINTS))
    return reason, chance.choice(_COMPLAINTS[reason])


def refusal(chance: Random) -> str:
    """Why a shop refuses."""
    return chance.choice(_REFUSALS)


def apology(chance: Random) -> tuple[str, str]:
    """What for, and what is said."""
    return chance.choice(_APOLOGIES)


def verdict(*, for_buyer: bool) -> str:
    """Why the operator decides so."""
    return "The photos show it." if for_buyer else "描述与实物一致，证据不足。"
