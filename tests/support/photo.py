"""A photo as a shop takes one: large, with soft light, sharp edges, fine texture and the noise of a sensor,
so that it is as hard to compress as a real one. The same one each time.
"""

import random
from functools import cache
from io import BytesIO

from PIL import Image, ImageChops, ImageDraw, ImageFilter

SIZE = (3000, 2000)
_OCTAVES = (6, 12, 24, 48, 96, 192, 384, 768, 1500)
"""How coarse detail is, in cells a row. In natural scenes there is as much contrast in each octave."""
_CONTRAST = 0.32
_GRAIN = 0.12


def _noise(dice: random.Random, width: int, height: int) -> Image.Image:
    return Image.frombytes("L", (width, height), dice.randbytes(width * height))


def _scene(dice: random.Random, size: tuple[int, int], octaves: tuple[int, ...]) -> Image.Image:
    """Detail of all sizes, one channel."""
    found = Image.new("L", size, 128)
    for cells in octaves:
        rough = _noise(dice, cells, cells * 2 // 3).point(lambda v: 128 + round((v - 128) * _CONTRAST))
        found = ImageChops.add(found, rough.resize(size, Image.Resampling.BICUBIC), offset=-128)
    return found


@cache
def photo() -> bytes:
    """A JPEG of 6 megapixels, as a camera writes it."""
    dice = random.Random(11)
    light = _scene(dice, SIZE, _OCTAVES)
    image = Image.merge("RGB", [_tinted(light, dice) for _channel in range(3)])
    draw = ImageDraw.Draw(image, "RGBA")
    for number in range(60):
        x, y, size = dice.randrange(SIZE[0]), dice.randrange(SIZE[1]), dice.randrange(40, 420)
        colour = (*(dice.randrange(256) for _channel in range(3)), dice.randrange(70, 190))
        shape = (draw.ellipse, draw.rectangle)[number % 2]
        shape((x, y, x + size, y + size * dice.randrange(40, 160) // 100), fill=colour)
    file = BytesIO()
    _grainy(image.filter(ImageFilter.GaussianBlur(0.8)), dice).save(file, "JPEG", quality=92)
    return file.getvalue()


def _tinted(light: Image.Image, dice: random.Random) -> Image.Image:
    """A channel: light and dark are much the same in all colours, and the colours themselves are softer."""
    tint = _scene(dice, (750, 500), _OCTAVES[:6]).resize(SIZE, Image.Resampling.BICUBIC)
    return Image.blend(light, tint, 0.35)


def _grainy(image: Image.Image, dice: random.Random) -> Image.Image:
    """With the noise of a sensor."""
    grain = [_noise(dice, *SIZE).point(lambda v: 128 + round((v - 128) * _GRAIN)) for _channel in range(3)]
    return ImageChops.add(image, Image.merge("RGB", grain), offset=-128)
