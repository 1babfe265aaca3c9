"""Pictures of products: checked by decoding them, turned upright, made smaller, stripped of what the camera
wrote.

What is kept is written by us, as WebP under a random name, whole or not at all; a name never means another
picture, so it may be cached for good.
"""

import os
import re
import secrets
import struct
import tempfile
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from pinback.accounts.actors import Actor
from pinback.catalog.models import Picture, Product
from pinback.catalog.queries import id_or_not_found, product_for
from pinback.catalog.rules import MOST_PICTURES
from pinback.kit.history import note_change
from pinback.kit.ids import new_id
from pinback.kit.refusals import NotFound, Refused
from pinback.kit.transactions import after_commit, durable

MOST_BYTES = 8 * 2**20
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 1_600
WIDTHS = (160, 480, 800, 1200)
"""The widths at which a picture can be had beside its own, for phones on a slow line."""
CONTENT_TYPE = "image/webp"

_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 82
# Phones show these with several of their pixels in one of the page, where finer steps are not seen.
_SMALL_QUALITY = 70
# A smaller file for twice the work, which is done once for a size.
_SMALL_EFFORT = 6
_NAME = re.compile(r"[0-9a-f]{32}\.webp")
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    MemoryError,
    struct.error,
)
"""What decoders raise of hostile data. OSError includes an unknown format."""


class Readable(Protocol):
    """An upload, or a file."""

    def read(self, num_bytes: int, /) -> bytes:
        """So many bytes."""


@durable
def add_picture(shop: str, product: str, data: bytes, *, acting: Actor, now: datetime) -> Picture:
    """Add a picture to a product, in the last place. Raises Refused: `picture_too_large`, `not_a_picture`,
    `too_many`.
    """
    found = product_for(acting, shop, product, "catalog.write")
    if Picture.objects.filter(product=found).count() >= MOST_PICTURES:
        raise Refused("too_many", _("A product has at most 10 pictures."), "file")
    image = decoded(data)
    name = keep(image)
    picture = Picture(
        id=new_id(),
        shop_id=found.shop_id,
        product=found,
        file=name,
        width=image.width,
        height=image.height,
        place=_last_place(found) + 1,
    )
    picture.save(force_insert=True)
    note_change("picture", picture.pk, before="", after="shown", now=now, person_id=acting.person_id)
    return picture


@durable
def remove_picture(shop: str, product: str, picture: str, *, acting: Actor, now: datetime) -> None:
    """Take a picture away, for good. Raises NotFound."""
    found = product_for(acting, shop, product, "catalog.write")
    shown = Picture.objects.filter(product=found, pk=id_or_not_found("picture", picture)).first()
    if shown is None:
        raise NotFound("picture", picture)
    shown_id, paths = shown.pk, [path_of(shown.file), *(_sized_path(shown.file, width) for width in WIDTHS)]
    Picture.objects.filter(pk=shown_id).delete()
    note_change("picture", shown_id, before="shown", after="", now=now, person_id=acting.person_id)
    for path in paths:
        after_commit(partial(path.unlink, missing_ok=True))


def read_at_most(file: Readable) -> bytes:
    """What was uploaded. Raises Refused `picture_too_large`, without reading on."""
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Refused("picture_too_large", _("A picture has at most 8 MB."), "file")
    return data


def decoded(data: bytes) -> Image.Image:
    """The picture in `data`: upright, at most 1,600 pixels a side, without anything but its pixels.

    Its size is looked at before a pixel is unpacked. Raises Refused: `picture_too_large`, `not_a_picture`.
    """
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Refused("picture_too_large", _("A picture has at most 40 million pixels."), "file")
            # A large JPEG is unpacked small at once.
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            has_alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
            return _pixels_alone(upright.convert("RGBA" if has_alpha else "RGB"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("picture_too_large", _("A picture has at most 40 million pixels."), "file") from None
    except _BROKEN:
        raise Refused("not_a_picture", _("This is no JPEG, PNG or WebP picture."), "file") from None


def _pixels_alone(image: Image.Image) -> Image.Image:
    """A copy without profiles, comments and places where the picture was taken."""
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    return bare


def keep(image: Image.Image) -> str:
    """Write a picture under a new name."""
    name = f"{secrets.token_hex(16)}.webp"
    _write(image, path_of(name), _QUALITY)
    return name


def sized(name: str, width: int) -> Path:
    """Where a picture lies that is at most so wide, one of `WIDTHS`; made when it is first asked for.

    Raises NotFound for another width, or no such picture.
    """
    original, path = path_of(name), _sized_path(name, width)
    if width not in WIDTHS or not original.exists():
        raise NotFound("picture", name)
    if path.exists():
        return path
    with Image.open(original) as image:
        if image.width <= width:
            return original
        image.thumbnail((width, image.height))
        _write(image, path, _SMALL_QUALITY, effort=_SMALL_EFFORT)
    return path


def _sized_path(name: str, width: int) -> Path:
    return path_of(name).with_suffix(f".{width}.webp")


def _write(image: Image.Image, path: Path, quality: int, *, effort: int = 4) -> None:
    """Write a picture, into a file beside it first, so that nobody reads half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            image.save(file, "WEBP", quality=quality, method=effort)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def path_of(name: str) -> Path:
    """Where a picture lies. Raises NotFound for what is no name of ours: nothing else can be asked for."""
    if not _NAME.fullmatch(name):
        raise NotFound("picture", name)
    return Path(settings.MEDIA_ROOT) / "pictures" / name[:2] / name


def address_of(picture: Picture) -> str:
    """The address of a picture, below the host."""
    return f"/{settings.MEDIA_URL.strip('/')}/pictures/{picture.file}"


def _last_place(product: Product) -> int:
    return Picture.objects.filter(product=product).aggregate(last=Max("place"))["last"] or 0
