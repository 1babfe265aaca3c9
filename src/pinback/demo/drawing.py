"""Pictures of the demo's products: flat shapes, a colour and the product's initial, drawn by Pillow alone."""

import colorsys
from io import BytesIO
from random import Random

from PIL import Image, ImageDraw, ImageFont

_SIDE = 640


def draw(title: str, chance: Random) -> bytes:
    """A square picture as PNG."""
    hue = chance.random()
    image = Image.new("RGB", (_SIDE, _SIDE), _colour(hue, 0.18, 0.97))
    pen = ImageDraw.Draw(image)
    for _shape in range(5):
        x, y, radius = chance.randrange(_SIDE), chance.randrange(_SIDE), chance.randrange(50, 180)
        box = (x - radius, y - radius, x + radius, y + radius)
        colour = _colour(hue + chance.uniform(-0.08, 0.08), 0.32, 0.93)
        if chance.random() < 0.5:
            pen.ellipse(box, fill=colour)
        else:
            pen.rounded_rectangle(box, radius=radius // 3, fill=colour)
    pen.ellipse((140, 140, _SIDE - 140, _SIDE - 140), fill=_colour(hue, 0.6, 0.72))
    font = ImageFont.load_default(size=220)
    pen.text((_SIDE / 2, _SIDE / 2), title[0].upper(), fill="white", font=font, anchor="mm")
    written = BytesIO()
    image.save(written, "PNG", compress_level=1)
    return written.getvalue()


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)
