"""What pages weigh on a phone that comes for the first time, in shops with real photos, and how far their
parts move while they load. `python -m benchmarks.page_weight [--full]`; --full weighs each page three times.

Bytes and shifts are no times: a test (tests/browser/stories/test_weight.py) holds their limits too.
"""

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import launched
from tests.browser.stories.market import Market
from tests.browser.stories.weighing import rows, stage, weigh
from tests.support.serving import served


def main() -> None:
    """Make the market, serve it, weigh its pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pinback-bench-") as folder, sync_playwright() as playwright:
        database = f"sqlite:///{Path(folder) / 'market.sqlite3'}"
        with (
            served(database, env={"PINBACK_HOME": folder}) as (url, _process),
            launched(playwright) as browser,
        ):
            market = Market(url, database)
            pages = stage(browser, market)
            for _turn in range(3 if chosen.full else 1):
                found = [(name, weigh(browser, market.url, path, session=who)) for name, path, who in pages]
                print("\n".join(rows(found)), flush=True)


if __name__ == "__main__":
    main()
