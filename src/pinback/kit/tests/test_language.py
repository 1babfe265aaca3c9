"""The command line speaks the language that the environment asks for."""

import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from pinback.kit import language

VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture(autouse=True)
def small_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog(locale="zh_Hans")
    catalog.add("Refund", "退款")
    catalog.add(("{count} voucher", "{count} vouchers"), ("{count} 张优惠券",))
    catalog.add("Open", "拼单中", context="group")
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "django.mo").open("wb") as file:
        write_mo(file, catalog)
    monkeypatch.setattr(language, "_LOCALE", tmp_path)
    language._catalog.cache_clear()
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("value", ["zh_CN.UTF-8", "zh", "zh_Hans", "ZH_SG"])
def test_chinese_by_each_variable(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    assert language.gettext("Refund") == "退款"
    assert language.ngettext("{count} voucher", "{count} vouchers", 1) == "{count} 张优惠券"
    assert language.pgettext("group", "Open") == "拼单中"


@pytest.mark.parametrize("value", ["", "C", "C.UTF-8", "en_US.UTF-8", "de_DE.UTF-8"])
def test_english_for_everybody_else(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", value)
    assert language.gettext("Refund") == "Refund"
    assert language.ngettext("{count} voucher", "{count} vouchers", 1) == "{count} voucher"
    assert language.ngettext("{count} voucher", "{count} vouchers", 2) == "{count} vouchers"
    assert language.pgettext("group", "Open") == "Open"


def test_the_first_variable_that_is_set_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    assert language.gettext("Refund") == "Refund"
    monkeypatch.setenv("LANGUAGE", "zh:en")
    assert language.gettext("Refund") == "退款"


def test_importing_it_does_not_import_django() -> None:
    code = "import sys, pinback.kit.language; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
