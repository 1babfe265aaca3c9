"""The guides for people: no dead link, every setting and alarm explained, both languages alike, and the names
that the pages have.
"""

import re
from pathlib import Path

import pytest
from django.utils.translation import override

from pinback.accounts.rules import OPERATOR_SCOPES
from pinback.config import settings
from pinback.web.operator import menu as operator
from pinback.web.operator.words import ANOMALIES
from pinback.web.seller import menu as seller

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GUIDES = ("merchants", "buyers", "operators")
PAGES = sorted([*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "README.zh-CN.md"])

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_KIND = re.compile(
    r'report_within\(\s*"(\w+)"'
    r'|_tell_failed_within\(out, "(\w+)"'
    r'|Anomaly\.objects\.create\([^)]*?kind="(\w+)"'
)


def text_of(path: Path) -> str:
    """A page without its code."""
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def headings(path: Path) -> list[str]:
    """The headings of a page, with their levels."""
    return re.findall(r"^#+ .+$", text_of(path), re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """What a link can lead to inside of a page."""
    words = (heading.lstrip("#").strip().lower() for heading in headings(path))
    return {re.sub(r"[^\w\- ]", "", word).replace(" ", "-") for word in words}


def dead(path: Path, text: str) -> list[str]:
    """The links of a text on a page that lead nowhere in this repository."""
    found = []
    for target in _LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _hash, anchor = target.partition("#")
        page = (path.parent / name).resolve() if name else path
        if not page.exists() or (anchor and page.suffix == ".md" and anchor not in anchors(page)):
            found.append(target)
    return found


def alarms() -> set[str]:
    """The kinds of anomalies that the code reports."""
    files = (path for path in (ROOT / "src/pinback").rglob("*.py") if "tests" not in path.parts)
    source = "".join(path.read_text(encoding="utf-8") for path in files)
    named = {name for names in _KIND.findall(source) for name in names if name}
    # Of these the kind is chosen before.
    return named | {"unknown_refund", "unknown_payment"}


def guide(name: str, language: str) -> Path:
    """A guide in `en` or `zh-CN`."""
    return DOCS / (f"{name}.md" if language == "en" else f"{name}.{language}.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_no_link_is_dead(page: Path) -> None:
    assert dead(page, text_of(page)) == []


@pytest.mark.parametrize("link", ["[x](gone.md)", "[x](operators.md#gone)", "[x](#gone)"])
def test_a_dead_link_would_be_found(link: str) -> None:
    assert len(dead(DOCS / "operators.md", link)) == 1


@pytest.mark.parametrize("name", GUIDES)
def test_both_languages_tell_the_same(name: str) -> None:
    english, chinese = guide(name, "en"), guide(name, "zh-CN")
    assert [line.count("#") for line in headings(english)] == [line.count("#") for line in headings(chinese)]
    rows = [len(re.findall(r"^\|", text_of(page), re.MULTILINE)) for page in (english, chinese)]
    assert rows[0] == rows[1]
    for kind in ("nginx", "caddyfile"):
        blocks = [re.findall(rf"^```{kind}\n.*?^```", page.read_text(), re.DOTALL | re.MULTILINE)
                  for page in (english, chinese)]  # fmt: skip
        assert blocks[0] == blocks[1]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_setting_is_explained(language: str) -> None:
    assert settings.__doc__ is not None
    known = re.findall(r"^(PINBACK_\w+|DATABASE_URL|EMAIL_URL) ", settings.__doc__, re.MULTILINE)
    assert len(known) > 30
    rows = set(re.findall(r"^\| `(\w+)` \|", guide("operators", language).read_text(), re.MULTILINE))
    assert set(known) - rows == set()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_alarm_and_scope_is_explained(language: str) -> None:
    kinds = alarms()
    assert {"forged_notice", "untold_events", "repeated_news", "refund_failed", "unknown_refund"} <= kinds
    text = guide("operators", language).read_text()
    missing = {kind for kind in kinds if f"`{kind}`" not in text}
    assert missing == set()
    assert {scope for scope in OPERATOR_SCOPES if f"`{scope}`" not in text} == set()


def test_the_console_has_words_for_every_alarm() -> None:
    assert alarms() - ANOMALIES.keys() == set()


def test_the_guides_have_the_names_of_the_menus() -> None:
    for name, menu in (("merchants", seller.MENU), ("operators", operator.MENU)):
        text = " ".join(guide(name, "en").read_text().split())
        with override("en"):
            labels = [str(entry.label) for section in menu for entry in section.entries]
        assert [label for label in labels if f"**{label}**" not in text] == []
    text = guide("merchants", "en").read_text()
    assert "Store marketing → Promotion tools → Group-purchase rebate" in text
