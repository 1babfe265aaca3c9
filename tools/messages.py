"""Looks after the translations: `update` the catalog from the sources, `check` it, `compile` it.

The English text in the source is the name of a message. Python is read by Babel; templates are first turned
into the Python that Django itself makes of them, so that both see the same messages.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from pinback import __version__

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "pinback"
CATALOG = SOURCES / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"

_METHODS = [
    ("**/tests/**", "ignore"),
    ("**/migrations/**", "ignore"),
    ("**.py", "python"),
    ("**/templates/**.html", "tools.messages:extract_template"),
    ("**/templates/**.txt", "tools.messages:extract_template"),
]
_KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*[^{}]*\}")

Extracted = tuple[int, str | tuple[str, ...], list[str], str | None]


def extract_template(
    file: IO[bytes], keywords: dict[str, Any], comment_tags: list[str], options: Any
) -> Iterator[Extracted]:
    """The messages of a Django template, as Babel's extractors give them."""
    if not settings.configured:
        settings.configure(USE_I18N=True)
        django.setup()
    as_python = templatize(file.read().decode("utf-8"))
    # In brackets and without indents, what stands between the messages is Python enough to be read.
    lines = "(" + "\n".join(line.strip() for line in as_python.split("\n")) + "\n)"
    yield from extract_python(BytesIO(lines.encode("utf-8")), keywords, comment_tags, options)


def extract(folder: Path = SOURCES) -> Catalog:
    """A catalog of every message in the sources under `folder`, without translations."""
    catalog = Catalog()
    found = extract_from_dir(
        folder,
        method_map=_METHODS,
        keywords=_KEYWORDS,
        comment_tags=["Translators:"],
        strip_comment_tags=True,
    )
    for _file, _line, message, comments, context in found:
        catalog.add(message, auto_comments=comments, context=context)
    return catalog


def read(path: Path) -> Catalog:
    """The catalog at `path`, or an empty one where there is none yet."""
    if not path.exists():
        return Catalog(
            locale="zh_Hans",
            project="Pinback",
            version=__version__,
            header_comment="# Simplified Chinese. `make messages` adds what is new; fill in every msgstr.",
            msgid_bugs_address="none",
            last_translator="The Pinback contributors",
            language_team="The Pinback contributors",
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans", abort_invalid=True)


def update(path: Path, template: Catalog) -> None:
    """Add what is new in `template` to the catalog at `path`, drop what is gone, keep every translation."""
    catalog = read(path)
    catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=110, no_location=True, sort_output=True, ignore_obsolete=True)


def compile_catalog(path: Path) -> Path:
    """Write the catalog at `path` in the form that programs read, beside it; the path of what was written."""
    compiled = path.with_suffix(".mo")
    with compiled.open("wb") as file:
        write_mo(file, read(path))
    return compiled


def findings(catalog: Catalog, template: Catalog) -> Iterator[str]:
    """What is wrong with `catalog`, held against the messages of the sources in `template`."""
    wanted = {_key(message): message for message in template if message.id}
    present = {_key(message): message for message in catalog if message.id}
    for key in sorted(wanted.keys() - present.keys(), key=str):
        yield f"not in the catalog: {_shown(wanted[key])}"
    for key in sorted(present.keys() - wanted.keys(), key=str):
        yield f"no longer in the sources: {_shown(present[key])}"
    for key in sorted(wanted.keys() & present.keys(), key=str):
        yield from _message_findings(present[key])


def _message_findings(message: Message) -> Iterator[str]:
    """What is wrong with the translation of one message."""
    translations = _forms(message.string)
    if not all(translations):
        yield f"not translated: {_shown(message)}"
        return
    if message.fuzzy:
        yield f"marked as fuzzy: {_shown(message)}"
    # The last form of an English message is the one that stands for any number, so it has all placeholders.
    expected = sorted(_PLACEHOLDER.findall(_forms(message.id)[-1]))
    if any(sorted(_PLACEHOLDER.findall(text)) != expected for text in translations):
        yield f"placeholders differ: {_shown(message)}"


def _key(message: Message) -> tuple[str | None, str]:
    """What tells messages apart: their context and their singular."""
    return message.context, _forms(message.id)[0]


def _forms(text: Any) -> list[str]:
    """The forms of a message or translation: one, or one for each plural."""
    return [text] if isinstance(text, str) else list(text)


def _shown(message: Message) -> str:
    """A message as it is named in a finding."""
    return repr(_forms(message.id)[0])


def main(arguments: list[str]) -> int:
    """Do what the one word in `arguments` says; 1 when `check` found anything."""
    parser = argparse.ArgumentParser(prog="python -m tools.messages", description=__doc__.splitlines()[0])
    parser.add_argument("verb", choices=["update", "check", "compile"])
    verb = parser.parse_args(arguments).verb
    if verb == "update":
        update(CATALOG, extract())
    elif verb == "compile":
        compile_catalog(CATALOG)
    else:
        found = list(findings(read(CATALOG), extract()))
        for finding in found:
            print(f"{CATALOG.relative_to(ROOT)}: {finding}")
        return 1 if found else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
