"""Pictures: what is taken, what is refused before it is unpacked, what is left of it, how it is served."""

import contextlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from pinback.catalog.models import Picture, Product
from pinback.catalog.pictures import LONGEST_SIDE, MOST_BYTES, decoded
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


@pytest.fixture(autouse=True)
def media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own."""
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path)
    return tmp_path


def picture(
    format_: str = "JPEG", *, size: tuple[int, int] = (80, 40), mode: str = "RGB", **more: Any
) -> bytes:
    """A picture of one colour."""
    file = BytesIO()
    Image.new(mode, size, "red").save(file, format_, **more)
    return file.getvalue()


def taken_at_home() -> bytes:
    """As a telephone writes it: on its side, with the place where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x8825] = {2: (31.0, 11.0, 0.0)}
    return picture(exif=exif.tobytes(), comment=b"at home")


def upload(cast: Cast, product: Product, data: bytes, *, by: str = "olive") -> Any:
    """Somebody uploads a picture."""
    path = f"/api/v1/shops/tea/products/{public_id(product.pk)}/pictures"
    file = BytesIO(data)
    file.name = "../../evil.php"
    return Client().post(path, {"file": file}, headers=Caller(cast, by).headers)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_the_formats_that_are_taken(format_: str) -> None:
    assert decoded(picture(format_)).size == (80, 40)


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"GIF89a", picture("GIF"), picture("BMP"), picture()[:200]])
def test_what_is_no_picture(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        decoded(data)
    assert refused.value.refusal.code == "not_a_picture"


@pytest.mark.parametrize("cut", range(4, 260, 16))
def test_what_is_damaged_is_refused_or_read_but_never_an_error(cut: int) -> None:
    data = picture("PNG", size=(300, 300), mode="RGBA")
    damaged = data[:cut] + bytes(8) + data[cut + 8 :]
    with contextlib.suppress(Refused):
        decoded(damaged)


@pytest.mark.parametrize("size", [(8_000, 8_000), (20_000, 20_000)])
def test_a_bomb_is_refused_by_its_size_before_it_is_unpacked(size: tuple[int, int]) -> None:
    data = picture("PNG", size=size, mode="1") if size[0] < 10_000 else _claims(size)
    with pytest.raises(Refused) as refused:
        decoded(data)
    assert refused.value.refusal.code == "picture_too_large"


def _claims(size: tuple[int, int]) -> bytes:
    """A small PNG that claims to be huge."""
    import struct
    import zlib

    data = bytearray(picture("PNG"))
    data[16:24] = struct.pack(">II", *size)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


def test_what_the_camera_wrote_is_gone_and_the_picture_is_upright() -> None:
    cast = Cast()
    tea = cast.product()
    answer = upload(cast, tea, taken_at_home())
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert (shown["width"], shown["height"]) == (40, 80)
    served: Any = Client().get(shown["address"])
    data = b"".join(served.streaming_content)
    with Image.open(BytesIO(data)) as kept:
        assert (kept.format, kept.size) == ("WEBP", (40, 80))
        assert not kept.getexif()
        assert not {"exif", "icc_profile", "xmp", "comment"} & kept.info.keys()
    assert served["Cache-Control"] == "public, max-age=31536000, immutable"
    assert served["X-Content-Type-Options"] == "nosniff"
    assert served["Content-Type"] == "image/webp"


def test_a_large_one_is_made_smaller_and_a_clear_one_stays_clear() -> None:
    assert max(decoded(picture(size=(5_000, 2_000))).size) == LONGEST_SIDE
    clear = decoded(picture("PNG", mode="RGBA"))
    assert clear.mode == "RGBA"


def test_too_many_bytes() -> None:
    cast = Cast()
    answer = upload(cast, cast.product(), picture() + bytes(MOST_BYTES))
    assert (answer.status_code, answer.json()["code"]) == (422, "picture_too_large")


def test_it_is_kept_whole_under_a_name_of_ours_and_taken_away(media: Path) -> None:
    cast = Cast()
    tea = cast.product()
    shown = upload(cast, tea, picture()).json()
    (file,) = [path for path in media.rglob("*") if path.is_file()]
    assert file.name == Picture.objects.get().file
    path = f"/shops/tea/products/{public_id(tea.pk)}/pictures/{shown['picture']}"
    assert Caller(cast, "sam").delete(path).status_code == 403
    assert Caller(cast, "ann").delete(path).status_code == 404
    assert Caller(cast, "olive").delete(path).status_code == 204
    assert not Picture.objects.exists()
    assert Caller(cast, "olive").delete(path).status_code == 404


def test_ten_at_most_and_only_by_who_may() -> None:
    cast = Cast()
    tea = cast.product()
    for name, status in (("ann", 404), ("walt", 403), ("mary", 201)):
        assert upload(cast, tea, picture(), by=name).status_code == status
    for _ in range(9):
        assert upload(cast, tea, picture()).status_code == 201
    assert upload(cast, tea, picture()).json()["code"] == "too_many"
    listed = Caller(cast, None).get(f"/products/{public_id(tea.pk)}").json()
    assert len(listed["pictures"]) == 10


@pytest.mark.parametrize("name", ["x.webp", "..%2f..%2fetc%2fpasswd", "0" * 32 + ".webp", "0" * 32 + ".png"])
def test_no_other_file_is_served(name: str) -> None:
    assert Client().get(f"/media/pictures/{name}").status_code == 404


def test_a_picture_can_be_had_smaller(media: Path) -> None:
    cast = Cast()
    goods = cast.product()
    upload(cast, goods, picture(size=(1_200, 600)))
    file = Picture.objects.get().file
    small = Client().get(f"/media/pictures/480/{file}")
    with Image.open(BytesIO(b"".join(small))) as image:
        assert image.size == (480, 240)
    assert "immutable" in small["Cache-Control"]
    assert len(list(media.rglob("*.webp"))) == 2
    for path in (f"481/{file}", f"480/{file}.part", "480/../settings.py", f"480/{'0' * 32}.webp"):
        assert Client().get(f"/media/pictures/{path}").status_code == 404


def test_a_picture_is_never_made_larger() -> None:
    cast = Cast()
    upload(cast, cast.product(), picture(size=(80, 40)))
    file = Picture.objects.get().file
    with Image.open(BytesIO(b"".join(Client().get(f"/media/pictures/800/{file}")))) as image:
        assert image.size == (80, 40)
