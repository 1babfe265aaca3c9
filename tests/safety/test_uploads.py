"""Uploads: what is no picture is refused, what is one is written anew, and it is served as nothing else."""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, PngImagePlugin

from pinback.catalog.models import Picture
from pinback.desk.models import CasePhoto
from tests.access.world import World
from tests.safety.pages import ask, browser, text_of

SCRIPT = b"<script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><html><body>" + SCRIPT + b"</body></html>"


def _picture(kind: str = "PNG", **more: Any) -> bytes:
    file = BytesIO()
    Image.new("RGB", (30, 20), "red").save(file, kind, **more)
    return file.getvalue()


def _bomb() -> bytes:
    """A PNG of a few hundred bytes that says it has 2.5 thousand million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _huge() -> bytes:
    return _picture() + b"\0" * (8 * 2**20)


REFUSED = {
    "svg": ("x.svg", "image/svg+xml", SVG),
    "svg that says it is a png": ("x.png", "image/png", SVG),
    "html": ("x.html", "text/html", HTML),
    "html that says it is a jpeg": ("x.jpg", "image/jpeg", HTML),
    "gif with a script": ("x.gif", "image/gif", b"GIF89a/*" + SCRIPT + b"*/=1;"),
    "gif": ("x.gif", "image/gif", _picture("GIF")),
    "png that ends early": ("x.png", "image/png", _picture()[:40]),
    "bomb": ("x.png", "image/png", _bomb()),
    "huge": ("x.png", "image/png", _huge()),
    "nothing": ("x.png", "image/png", b"\0"),
    "name with a path": ("../../../etc/x.png", "image/png", SVG),
}


def _metadata() -> bytes:
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", SCRIPT.decode())
    return _picture("PNG", pnginfo=told)


POLYGLOTS = {
    "script behind a jpeg": _picture("JPEG") + HTML,
    "script behind a png": _picture() + HTML,
    "script in a png's comment": _metadata(),
    "script in a jpeg's comment": _picture("JPEG", comment=SCRIPT),
}


def _kept() -> list[Path]:
    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


def _send(world: World, who: str, file: tuple[str, str, bytes]) -> Any:
    name, kind, data = file
    sent = SimpleUploadedFile(name, data, kind)
    if who == "ann":
        address = f"/cases/{world.names['case']}/act"
        return ask(browser(world, who), world, "post", address, {"act": "photos", "photos": [sent]})
    address = f"/seller/tea/products/{world.names['product']}/pictures"
    return ask(browser(world, who), world, "post", address, {"pictures": [sent]})


@pytest.mark.parametrize("who", ["ann", "olive"])
def test_what_is_no_picture_is_refused_and_not_kept(world: World, who: str) -> None:
    before = (Picture.objects.count(), CasePhoto.objects.count())
    for kind, file in REFUSED.items():
        response = _send(world, who, file)
        assert response.status_code == 422, kind
        assert SCRIPT.decode() not in text_of(response)
    assert (Picture.objects.count(), CasePhoto.objects.count()) == before
    assert _kept() == []


@pytest.mark.parametrize("who", ["ann", "olive"])
def test_nothing_but_pixels_is_kept_and_it_is_served_as_a_picture(world: World, who: str) -> None:
    for kind, data in POLYGLOTS.items():
        response = _send(world, who, ("x.php.html", "text/html", data))
        assert response.status_code == 302, kind
    assert len(_kept()) == len(POLYGLOTS)
    for kept in _kept():
        _check_kept(world, kept)


def _check_kept(world: World, kept: Path) -> None:
    assert kept.suffix == ".webp"
    assert b"<script" not in kept.read_bytes()
    assert b"alert" not in kept.read_bytes()
    for address in (f"/media/pictures/{kept.name}", f"/media/pictures/160/{kept.name}"):
        served = ask(browser(world, None), world, "get", address)
        text_of(served)
        assert served["Content-Type"] == "image/webp"
        assert served["X-Content-Type-Options"] == "nosniff"
        assert served["Content-Security-Policy"]


def test_nothing_else_is_served_from_there(world: World) -> None:
    for name in ("../../pinback.sqlite3", "x.html", "..%2f..%2fsecret", "a" * 32 + ".svg", ".webp"):
        assert ask(browser(world, None), world, "get", f"/media/pictures/{name}").status_code == 404, name


def test_a_table_that_is_too_large_is_refused(world: World) -> None:
    file = SimpleUploadedFile("x.csv", b"order,carrier,tracking\n" + b"x" * 2**20, "text/csv")
    response = ask(browser(world, "walt"), world, "post", "/seller/tea/shipping/", {"file": file})
    assert response.status_code == 422
