"""How long the server takes for each page of a demo market, as everybody, by links from each face's first
page. `python -m benchmarks.pages [--full]`; --full makes the whole demo market instead of the small one.

A row for each route: milliseconds until the last byte, the median over a few addresses of the route, asked in
turns; beside it how many times as long as the smallest page, the one for signing in.
"""

import argparse
import http.cookiejar
import os
import re
import statistics
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict, deque
from collections.abc import Iterator
from pathlib import Path

from benchmarks.databases import start_django

start_django()

from django.urls import Resolver404, resolve  # noqa: E402

from pinback.demo.plan import BUYER_LOGIN, OPERATOR_LOGIN, OWNER_LOGIN, PASSWORD  # noqa: E402
from tests.support.pinback import run_pinback  # noqa: E402
from tests.support.serving import served  # noqa: E402

FACES = {BUYER_LOGIN: "/", OWNER_LOGIN: "/seller/", OPERATOR_LOGIN: "/operator/"}
GOAL_MS = 100
ALIKE = 3
_LINK = re.compile(rb'<a [^>]*href="(/[^"]*)"')
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')


class Visitor:
    """Somebody who is signed in."""

    def __init__(self, url: str, login: str) -> None:
        self.url = url
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        found = _TOKEN.search(self.get("/sign-in"))
        assert found is not None
        given = {"csrfmiddlewaretoken": found[1].decode(), "login": login, "password": PASSWORD, "next": ""}
        form = urllib.parse.urlencode(given).encode()
        with self.opener.open(f"{url}/sign-in", form) as answer:
            assert "/sign-in" not in answer.url, "not signed in"

    def get(self, path: str) -> bytes:
        """A page."""
        with self.opener.open(self.url + path) as answer:
            return bytes(answer.read())

    def timed(self, path: str) -> float:
        """Milliseconds until the last byte of a page."""
        begun = time.perf_counter()
        self.get(path)
        return 1000 * (time.perf_counter() - begun)


def pages(visitor: Visitor, start: str) -> Iterator[tuple[str, str]]:
    """(route, address) of a few pages of each route that links lead to."""
    seen: defaultdict[str, int] = defaultdict(int)
    waiting, known = deque([start]), {start}
    while waiting:
        address = waiting.popleft()
        try:
            route = resolve(urllib.parse.urlsplit(address).path).view_name
        except Resolver404:
            continue
        if seen[route] >= ALIKE or ".csv" in address or route.startswith("api"):
            continue
        seen[route] += 1
        try:
            text = visitor.get(address)
        except urllib.error.HTTPError:
            continue
        yield route, address
        for link in _LINK.findall(text):
            found = link.decode().replace("&amp;", "&")
            if found not in known:
                known.add(found)
                waiting.append(found)


def measure(url: str, rounds: int) -> None:
    """Print a row for each route."""
    for login, start in FACES.items():
        visitor = Visitor(url, login)
        found = list(pages(visitor, start))
        times: defaultdict[str, list[float]] = defaultdict(list)
        smallest: list[float] = []
        for _ in range(rounds):
            smallest.append(visitor.timed("/sign-in"))
            for route, address in found:
                times[route].append(visitor.timed(address))
        least = statistics.median(smallest)
        for route, taken in sorted(times.items(), key=lambda item: -statistics.median(item[1])):
            middle = statistics.median(taken)
            late = " (late)" if middle > GOAL_MS else ""
            print(
                f"| {login.partition('@')[0]} | {route} | {middle:.0f}{late} | {middle / least:.1f} |",
                flush=True,
            )


def main() -> None:
    """Make the market, serve it, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pinback-bench-") as folder:
        database, env = f"sqlite:///{Path(folder) / 'demo.sqlite3'}", {"PINBACK_HOME": folder}
        size = [] if chosen.full else ["--small"]
        ran = run_pinback("demo", *size, "--no-serve", "--database", database, env={**os.environ, **env})
        assert ran.code == 0, ran.err
        print("| who | page | ms | times the page for signing in |\n|--|--|--|--|", flush=True)
        with served(database, env=env) as (url, _process):
            measure(url.rstrip("/"), 9 if chosen.full else 3)


if __name__ == "__main__":
    main()
