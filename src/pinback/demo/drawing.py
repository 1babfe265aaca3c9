"""Pictures of the demo's products, drawn by Pillow alone: on a lit ground stands what it is, each in colours
and proportions of its own. Also the photo that a buyer adds to a complaint.

Everything is drawn larger than it is kept, so that edges are smooth.
"""

import colorsys
from collections.abc import Callable
from functools import cache
from io import BytesIO
from random import Random
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

_DRAWN: Final = 1_440
_QUARTER: Final = _DRAWN // 4
_FLOOR: Final = 1_080
"""Where what is drawn stands, in drawn pixels from the top."""

Colour = tuple[int, int, int]
Pen = ImageDraw.ImageDraw


class _Palette:
    """Shades of one hue, and of the one across from it."""

    def __init__(self, hue: float, chance: Random) -> None:
        self.main = colour(hue, 0.58, 0.78)
        self.deep = colour(hue, 0.66, 0.55)
        self.pale = colour(hue, 0.22, 0.95)
        self.other = colour(hue + chance.uniform(0.4, 0.6), 0.5, 0.86)
        self.ground = colour(hue + chance.uniform(-0.04, 0.04), 0.12, 0.97)
        self.table = colour(hue + chance.uniform(-0.03, 0.03), 0.2, 0.9)
        self.shade = colour(hue, 0.4, 0.6)


def draw(kind: str, hue: float, chance: Random) -> bytes:
    """A square picture as PNG. `kind` is one of `KINDS`; `hue` is 0 to 1."""
    palette = _Palette(hue, chance)
    image = _ground(palette)
    _shadow(image, palette)
    KINDS[kind](ImageDraw.Draw(image), palette, chance)
    return _png(image)


def draw_damage(chance: Random) -> bytes:
    """A photo of an opened box with a crack in what it holds, as PNG."""
    palette = _Palette(0.08, chance)
    image = _ground(palette)
    _shadow(image, palette)
    pen = ImageDraw.Draw(image)
    pen.polygon([(330, 620), (1110, 620), (1180, _FLOOR), (260, _FLOOR)], fill=colour(0.08, 0.45, 0.72))
    pen.polygon([(330, 620), (1110, 620), (1060, 700), (380, 700)], fill=colour(0.08, 0.55, 0.42))
    x, y = 720.0, 700.0
    points = [(x, y)]
    while y < _FLOOR - 60:
        x, y = x + chance.uniform(-70, 70), y + chance.uniform(30, 80)
        points.append((x, y))
    pen.line(points, fill=colour(0.07, 0.6, 0.25), width=14, joint="curve")
    return _png(image)


def colour(hue: float, saturation: float, value: float) -> Colour:
    """A colour; the hue wraps around."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def _png(image: Image.Image) -> bytes:
    written = BytesIO()
    image.reduce(2).save(written, "PNG", compress_level=0)
    return written.getvalue()


def _ground(palette: _Palette) -> Image.Image:
    """A wall with light from above, and a table."""
    small = Image.new("RGB", (_QUARTER, _QUARTER), palette.ground)
    small.paste(palette.main, (0, 0), _dimmed())
    image = small.resize((_DRAWN, _DRAWN), Image.Resampling.BILINEAR)
    ImageDraw.Draw(image).rectangle((0, 940, _DRAWN, _DRAWN), fill=palette.table)
    return image


@cache
def _dimmed() -> Image.Image:
    """How much darker a wall is away from the light."""
    light = Image.radial_gradient("L").resize((2 * _QUARTER, 2 * _QUARTER))
    dimmed = light.crop((_QUARTER // 2, 240, _QUARTER * 3 // 2, _QUARTER + 240))
    return dimmed.point(lambda value: value // 5)


def _shadow(image: Image.Image, palette: _Palette) -> None:
    image.paste(palette.shade, (0, 940), _shadow_mask())


@cache
def _shadow_mask() -> Image.Image:
    small = Image.new("L", (_QUARTER, 100), 0)
    ImageDraw.Draw(small).ellipse((62, 21, 298, 57), fill=150)
    return small.filter(ImageFilter.GaussianBlur(7)).resize((_DRAWN, 400))


def _cup(pen: Pen, palette: _Palette, chance: Random) -> None:
    """A bowl of tea on a saucer, steaming."""
    wide, high = chance.randrange(250, 330), chance.randrange(250, 330)
    top = _FLOOR - 50 - high
    pen.ellipse((720 - wide - 110, _FLOOR - 90, 720 + wide + 110, _FLOOR + 10), fill=palette.pale)
    pen.ellipse((720 - wide - 110, _FLOOR - 96, 720 + wide + 110, _FLOOR - 6), fill=palette.other)
    pen.pieslice((720 - wide, top - high, 720 + wide, top + high), 0, 180, fill=palette.main)
    pen.arc((720 - wide + 50, top - high + 60, 720 + wide - 50, top + high - 60), 110, 160, palette.pale, 22)
    pen.ellipse((720 - wide, top - 60, 720 + wide, top + 60), fill=palette.pale)
    pen.ellipse((720 - wide + 26, top - 44, 720 + wide - 26, top + 50), fill=colour(0.09, 0.7, 0.62))
    for place in (-110, 0, 110):
        steam = [(720 + place + 26 * (1 if step % 2 else -1), top - 90 - 60 * step) for step in range(4)]
        pen.line(steam, fill=palette.pale, width=16, joint="curve")


def _pot(pen: Pen, palette: _Palette, chance: Random) -> None:
    """A teapot or kettle."""
    wide, high = chance.randrange(280, 340), chance.randrange(230, 300)
    middle = _FLOOR - high
    pen.arc((720 - wide - 210, middle - 170, 720 - wide + 170, middle + 170), 80, 280, palette.deep, 46)
    pen.polygon(
        [(720 + wide - 70, middle + 60), (720 + wide + 190, middle - 190), (720 + wide + 250, middle - 170),
         (720 + wide - 10, middle + 170)],
        fill=palette.deep,
    )  # fmt: skip
    pen.ellipse((720 - wide, middle - high, 720 + wide, _FLOOR), fill=palette.main)
    pen.chord((720 - wide, middle - high, 720 + wide, _FLOOR), 205, 335, fill=palette.other)
    pen.ellipse((676, middle - high - 60, 764, middle - high + 28), fill=palette.deep)
    pen.ellipse((720 - wide + 70, middle - 70, 720 - wide + 150, middle + 60), fill=palette.pale)


def _tin(pen: Pen, palette: _Palette, chance: Random) -> None:
    """A caddy with a label."""
    wide, high = chance.randrange(210, 290), chance.randrange(520, 680)
    top = _FLOOR - high
    pen.rounded_rectangle((720 - wide, top, 720 + wide, _FLOOR), 40, fill=palette.main)
    pen.rectangle((720 - wide, top + 40, 720 - wide + 70, _FLOOR - 40), fill=palette.deep)
    pen.rounded_rectangle((720 - wide - 18, top - 60, 720 + wide + 18, top + 70), 34, fill=palette.deep)
    pen.rounded_rectangle((720 - wide + 100, top + 190, 720 + wide - 40, _FLOOR - 110), 18, fill=palette.pale)
    leaf = (720 - 50, top + 250, 720 + 110, top + 410)
    pen.chord(leaf, 20, 200, fill=palette.other)
    pen.chord(leaf, 200, 380, fill=palette.deep)


def _fruit(pen: Pen, palette: _Palette, chance: Random) -> None:
    """Some round fruit with leaves, the last one in front."""
    count = chance.choice((1, 3, 3, 5))
    radius = {1: 310, 3: 210, 5: 150}[count]
    places = {1: [0], 3: [-230, 230, 0], 5: [-330, 330, -165, 165, 0]}[count]
    for order, place in enumerate(places):
        x, bottom = 720 + place, _FLOOR - 70 + 90 * (order + 1) // count
        box = (x - radius, bottom - 2 * radius + 20, x + radius, bottom)
        pen.ellipse(box, fill=palette.deep)
        pen.ellipse((box[0] + 14, box[1], box[2] - 4, box[3] - 26), fill=palette.main)
        shine = radius // 4
        pen.ellipse((x + shine, box[1] + shine, x + 2 * shine, box[1] + 2 * shine), fill=palette.pale)
        pen.line([(x, box[1] + 30), (x + 20, box[1] - radius // 3)], fill=colour(0.07, 0.6, 0.4), width=18)
        pen.chord(
            (x + 10, box[1] - radius // 2, x + radius, box[1] + 20), 150, 330, fill=colour(0.3, 0.5, 0.62)
        )


def _cloth(pen: Pen, palette: _Palette, chance: Random) -> None:
    """A folded pile with stripes."""
    layers, wide = chance.randrange(3, 6), chance.randrange(360, 440)
    thick = 600 // (layers + 1)
    shades = (palette.main, palette.pale, palette.other, palette.deep)
    for layer in range(layers):
        bottom = _FLOOR - layer * thick
        shift = chance.randrange(-24, 25)
        box = (720 - wide + shift, bottom - thick + 8, 720 + wide + shift, bottom)
        shade = shades[layer % 4]
        pen.rounded_rectangle(box, thick // 2, fill=shade)
        middle = (box[1] + box[3]) // 2
        pen.line([(box[0] + 60, middle), (box[2] - 20, middle)], fill=shades[(layer + 3) % 4], width=9)
        pen.rectangle((box[2] - 210, box[1], box[2] - 180, box[3]), fill=shades[(layer + 2) % 4])


def _pan(pen: Pen, palette: _Palette, chance: Random) -> None:
    """A pan or pot with two handles and a lid."""
    wide, high = chance.randrange(340, 420), chance.randrange(220, 380)
    top = _FLOOR - high
    pen.rounded_rectangle((720 - wide - 120, top + 50, 720 + wide + 120, top + 110), 30, fill=palette.deep)
    pen.rounded_rectangle((720 - wide, top, 720 + wide, _FLOOR), high // 3, fill=palette.main)
    pen.rectangle((720 - wide, top, 720 + wide, top + high // 3), fill=palette.main)
    pen.rounded_rectangle((720 - wide + 50, top + 40, 720 - wide + 100, _FLOOR - 60), 25, fill=palette.pale)
    pen.chord((720 - wide, top - 190, 720 + wide, top + 190), 180, 360, fill=palette.other)
    pen.rectangle((720 - wide - 20, top - 22, 720 + wide + 20, top + 18), fill=palette.deep)
    pen.ellipse((665, top - 260, 775, top - 150), fill=palette.deep)


def _blocks(pen: Pen, palette: _Palette, chance: Random) -> None:
    """A tower of building blocks."""
    shades = [palette.main, palette.other, palette.deep, palette.pale]
    chance.shuffle(shades)
    size = 240
    for number, (column, row) in enumerate(((-1, 0), (0, 0), (1, 0), (-0.5, 1), (0.5, 1), (0, 2))):
        x, bottom = 720 + round(column * (size + 12)), _FLOOR - row * (size + 6)
        box = (x - size // 2, bottom - size, x + size // 2, bottom)
        pen.rounded_rectangle(box, 26, fill=shades[number % 4])
        inner = (box[0] + 70, box[1] + 70, box[2] - 70, box[3] - 70)
        figure = chance.randrange(3)
        shade = shades[(number + 1) % 4]
        if figure == 0:
            pen.ellipse(inner, fill=shade)
        elif figure == 1:
            pen.rounded_rectangle(inner, 12, fill=shade)
        else:
            pen.polygon([(x, inner[1]), (inner[2], inner[3]), (inner[0], inner[3])], fill=shade)


def _kite(pen: Pen, palette: _Palette, chance: Random) -> None:
    """A kite in the air, with its tail."""
    x, y = 720 + chance.randrange(-80, 81), 520
    top, left, right, foot = (x, y - 330), (x - 260, y - 40), (x + 260, y - 40), (x, y + 350)
    pen.polygon([top, left, (x, y - 40)], fill=palette.main)
    pen.polygon([top, right, (x, y - 40)], fill=palette.other)
    pen.polygon([left, foot, (x, y - 40)], fill=palette.other)
    pen.polygon([right, foot, (x, y - 40)], fill=palette.deep)
    tail = [(x + 60 + (110 if step % 2 else 20), y + 350 + 75 * (step + 1)) for step in range(5)]
    pen.line([foot, *tail], fill=palette.deep, width=14, joint="curve")
    for knot_x, knot_y in tail:
        pen.ellipse((knot_x - 34, knot_y - 20, knot_x + 34, knot_y + 20), fill=palette.main)


def _book(pen: Pen, palette: _Palette, chance: Random) -> None:
    """A book standing before another one."""
    high, wide = chance.randrange(640, 760), chance.randrange(440, 540)
    left, top = 720 - wide // 2, _FLOOR - high
    pen.rounded_rectangle((left + 120, top + 70, left + wide + 130, _FLOOR), 18, fill=palette.deep)
    pen.rounded_rectangle((left + 20, top + 16, left + wide + 34, _FLOOR), 14, fill=palette.pale)
    pen.rounded_rectangle((left, top, left + wide, _FLOOR), 18, fill=palette.main)
    pen.rectangle((left, top + 10, left + 60, _FLOOR - 10), fill=palette.deep)
    middle, across = left + 30 + wide // 2, wide // 4
    if chance.random() < 0.5:
        pen.ellipse((middle - across, top + 260, middle + across, top + 260 + 2 * across), fill=palette.other)
    else:
        pen.polygon(
            [(middle, top + 240), (middle + across, top + 240 + 2 * across),
             (middle - across, top + 240 + 2 * across)],
            fill=palette.other,
        )  # fmt: skip
    pen.rounded_rectangle((left + 110, top + 90, left + wide - 60, top + 130), 20, fill=palette.pale)
    pen.rounded_rectangle((left + 110, top + 160, left + wide - 160, top + 184), 12, fill=palette.pale)


KINDS: Final[dict[str, Callable[[Pen, _Palette, Random], None]]] = {
    "blocks": _blocks,
    "book": _book,
    "cloth": _cloth,
    "cup": _cup,
    "fruit": _fruit,
    "kite": _kite,
    "pan": _pan,
    "pot": _pot,
    "tin": _tin,
}
"""What can be drawn."""
