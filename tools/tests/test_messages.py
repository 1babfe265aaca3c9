"""The catalog is checked against the sources, message by message."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tools import messages

TEMPLATE = """{% load i18n %}
<h1>{% translate "Orders" %}</h1>
   <p title="{% trans 'What a shop&#x27;s report shows' %}">It's {{ order.total|default:_("nothing") }}</p>
{% blocktranslate count number=vouchers trimmed %}
    {{ number }} voucher
{% plural %}
    {{ number }} vouchers
{% endblocktranslate %}
  {# Translators: the state of a group #}
{% translate "Open" context "group" %}
"""
PYTHON = """
from django.utils.translation import gettext_lazy, ngettext, pgettext
from pinback.kit.language import gettext as _
LABEL = gettext_lazy("Refunds")
print(_("Sold this month"), ngettext("{n} order", "{n} orders", 2), pgettext("money", "Paid"))
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    pages = tmp_path / "web" / "templates"
    pages.mkdir(parents=True)
    (pages / "report.html").write_text(TEMPLATE, encoding="utf-8")
    (tmp_path / "pages.py").write_text(PYTHON, encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_pages.py").write_text('_("only in a test")', encoding="utf-8")
    return tmp_path


def ids(catalog: Catalog) -> set[object]:
    return {message.id for message in catalog if message.id}


def test_messages_of_python_and_templates_are_found(sources: Path) -> None:
    found = messages.extract(sources)
    assert ids(found) == {
        "Orders",
        "What a shop&#x27;s report shows",
        "nothing",
        ("%(number)s voucher", "%(number)s vouchers"),
        "Open",
        "Refunds",
        "Sold this month",
        ("{n} order", "{n} orders"),
        "Paid",
    }
    opened = found.get("Open", context="group")
    assert opened is not None
    paid = found.get("Paid", context="money")
    assert paid is not None


def test_update_keeps_translations_adds_and_drops(sources: Path, tmp_path: Path) -> None:
    path = tmp_path / "zh.po"
    template = Catalog()
    template.add("Refunds")
    template.add("Gone")
    messages.update(path, template)
    path.write_text(
        path.read_text("utf-8").replace('"Refunds"\nmsgstr ""', '"Refunds"\nmsgstr "退款"'), "utf-8"
    )
    messages.update(path, messages.extract(sources))
    catalog = messages.read(path)
    refunds = catalog.get("Refunds")
    assert refunds is not None
    assert refunds.string == "退款"
    assert ids(catalog) == ids(messages.extract(sources))
    before = path.read_bytes()
    messages.update(path, messages.extract(sources))
    assert path.read_bytes() == before


def catalog_with(string: object, *, fuzzy: bool = False, message: object = "{n} orders") -> Catalog:
    catalog = Catalog(locale="zh_Hans", fuzzy=False)
    catalog.add(message, string, flags=["fuzzy"] if fuzzy else [])  # type: ignore[arg-type]
    return catalog


def template_with(*texts: object) -> Catalog:
    template = Catalog()
    for text in texts:
        template.add(text)  # type: ignore[arg-type]
    return template


@pytest.mark.parametrize(
    ("catalog", "expected"),
    [
        (catalog_with("{n} 个订单"), []),
        (catalog_with(""), ["not translated: '{n} orders'"]),
        (catalog_with("{n} 个订单", fuzzy=True), ["marked as fuzzy: '{n} orders'"]),
        (catalog_with("{m} 个订单"), ["placeholders differ: '{n} orders'"]),
        (catalog_with("多个订单"), ["placeholders differ: '{n} orders'"]),
        (Catalog(locale="zh_Hans"), ["not in the catalog: '{n} orders'"]),
    ],
)
def test_each_kind_of_finding(catalog: Catalog, expected: list[str]) -> None:
    assert list(messages.findings(catalog, template_with("{n} orders"))) == expected


def test_what_is_gone_from_the_sources_is_found() -> None:
    assert list(messages.findings(catalog_with("{n} 个订单"), template_with())) == [
        "no longer in the sources: '{n} orders'"
    ]


def test_the_one_plural_form_of_chinese_is_enough() -> None:
    plural = ("one order", "{n} orders")
    catalog = catalog_with(("{n} 个订单",), message=plural)
    assert list(messages.findings(catalog, template_with(plural))) == []


def test_compiled_catalogs_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "zh.po"
    messages.update(path, template_with("Refunds"))
    assert messages.compile_catalog(path).read_bytes()[:4] == b"\xde\x12\x04\x95"
