"""Puts pictures of pages, as the browser tests took them, into `docs/screens`: those of the guides in both
languages, and a sheet of many.

`python -m tools.contact_sheet` after `pytest -m browser`. Each row of the sheet is a face on a phone or on a
desk, in one language; pictures are cut at the height of the screen.
"""

import argparse
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
TAKEN = ROOT / "artifacts" / "screens"
SCREENS = ROOT / "docs" / "screens"
SHEET = "contact-sheet.webp"
GUIDES = (
    ("390", 390, 844, ("product", "refund", "wallet")),
    (
        "1440",
        1440,
        900,
        (
            "seller-campaign-wrong",
            "seller-campaign-running",
            "seller-refunds",
            "operator-overview",
            "operator-refunds",
            "operator-ledger",
        ),
    ),
)
"""(what a file's name has of the width, width, height, pictures that the guides show)"""

ROWS = (
    (
        390,
        844,
        (
            "buyer-390-light-zh-home",
            "product-390-zh",
            "group-390-zh",
            "order-waiting-390-zh",
            "refund-390-zh",
            "case-390-zh",
            "buyer-390-light-zh-wallet",
            "seller-refunds-390-zh",
        ),
    ),
    (
        1440,
        900,
        (
            "owner-1440-dark-en-seller-shop",
            "seller-campaign-wrong-1440-en",
            "seller-campaign-running-1440-en",
        ),
    ),
    (
        1440,
        900,
        (
            "seller-campaign-review-1440-zh",
            "operator-refunds-1440-zh",
            "operator-1440-dark-en-operator-ledger",
        ),
    ),
)
"""(width, height, names of pictures): what the stories took, and what the walk took of the demo's market."""

GAP = 24
WIDTH = 2400


def row_of(taken: Path, width: int, height: int, names: tuple[str, ...]) -> Image.Image:
    """One row, as wide as the sheet. FileNotFoundError names a picture that was not taken."""
    scale = (WIDTH - GAP * (len(names) + 1)) / (width * len(names))
    size = round(width * scale), round(height * scale)
    row = Image.new("RGB", (WIDTH, size[1] + GAP), "#d8d8dc")
    for number, what in enumerate(names):
        shown = cut(taken / f"{what}.png", width, height)
        row.paste(shown.resize(size, Image.Resampling.LANCZOS), (GAP + number * (size[0] + GAP), 0))
    return row


def sheet(taken: Path) -> Image.Image:
    """All rows, one below the other."""
    rows = [row_of(taken, *row) for row in ROWS]
    whole = Image.new("RGB", (WIDTH, sum(row.height for row in rows) + GAP), "#d8d8dc")
    top = GAP
    for row in rows:
        whole.paste(row, (0, top))
        top += row.height
    return whole


def cut(path: Path, width: int, height: int) -> Image.Image:
    """A picture at the size of a screen."""
    with Image.open(path) as picture:
        colours = picture.convert("RGB")
    shown = Image.new("RGB", (width, height), colours.getpixel((2, colours.height - 3)))
    shown.paste(colours.crop((0, 0, width, min(height, colours.height))))
    return shown


def main() -> None:
    """Write the sheet and the pictures of the guides."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taken", type=Path, default=TAKEN)
    parser.add_argument("--out", type=Path, default=SCREENS)
    chosen = parser.parse_args()
    sheet(chosen.taken).save(chosen.out / SHEET, quality=72, method=6)
    for named, width, height, names in GUIDES:
        for name in names:
            for language in ("en", "zh"):
                picture = cut(chosen.taken / f"{name}-{named}-{language}.png", width, height)
                picture.thumbnail((1080, 1080))
                picture.save(chosen.out / f"{name}-{language}.webp", quality=75, method=6)


if __name__ == "__main__":
    main()
