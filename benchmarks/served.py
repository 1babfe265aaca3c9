"""A market for the benchmarks over HTTP: its database, its cast, and `pinback serve` in front of it.

`python -m benchmarks.served DATABASE BUYERS` sets the stage in a process of its own, and prints who is there.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

PORT = 8103
SHOP, HOT_SHOP = "tea", "hot"
LEFT = 10
"""So many vouchers has the campaign of the shop `HOT_SHOP`."""


def pinback(*arguments: str) -> Sequence[str]:
    """The words that start a command of Pinback."""
    return [sys.executable, "-m", "pinback", *arguments]


def staged(url: str, buyers: int, home: str) -> Any:
    """Set the stage in the database at `url`: products, tokens of buyers, the owner's token."""
    words = [sys.executable, "-m", "benchmarks.served", url, str(buyers)]
    made = subprocess.run(words, stdout=subprocess.PIPE, check=True, env=_environment(home))
    return json.loads(made.stdout.splitlines()[-1])


@contextmanager
def serving(url: str, home: str) -> Iterator[int]:
    """`pinback serve` on that database; the process id of what answers requests."""
    command = pinback("serve", "--port", str(PORT), "--database", url)
    with subprocess.Popen(command, env=_environment(home), stdout=subprocess.DEVNULL) as server:
        try:
            _wait(server)
            yield _worker_of(server.pid)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)


def most_mib(pid: int) -> float:
    """The most memory that a process took so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def cpu_ms(pid: int) -> float:
    """The CPU time that a process took so far, in ms."""
    spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(spent[11]) + int(spent[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _environment(home: str) -> dict[str, str]:
    # One session asks more often here than any shop does.
    return {**os.environ, "PINBACK_HOME": home, "PINBACK_LOG_LEVEL": "ERROR", "PINBACK_RATE": "0"}


def _wait(server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while True:
        try:
            urlopen(f"http://127.0.0.1:{PORT}/api/v1/products?limit=1", timeout=5).close()
        except OSError:
            if time.monotonic() > until or server.poll() is not None:
                raise
            time.sleep(0.1)
        else:
            return


def _worker_of(pid: int) -> int:
    """The one child of the server that is no helper of Python's."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    sizes = {int(child): most_mib(int(child)) for child in children}
    return max(sizes, key=lambda child: sizes[child])


def _set_stage(url: str, buyers: int) -> dict[str, Any]:
    from pinback.commands.setup import open_database

    open_database(url)
    from pinback.accounts.actions.sessions import start_session
    from pinback.kit import clock
    from pinback.kit.transactions import durable

    now = clock.now()
    owner, people = _people(buyers, now)
    start = durable(start_session)
    return {
        "products": {name: _open(name, owner, now) for name in (SHOP, HOT_SHOP)},
        "owner": start(owner, now=now),
        "buyers": [start(person, now=now) for person in people],
    }


def _people(buyers: int, now: Any) -> tuple[Any, list[Any]]:
    from pinback.accounts.models import Person
    from pinback.kit.ids import new_id

    made = [
        Person(id=new_id(), login=f"p{number}@example.com", name="Ann", language="en", created_at=now)
        for number in range(buyers + 1)
    ]
    Person.objects.bulk_create(made)
    return made[0], made[1:]


def _open(name: str, owner: Any, now: Any) -> dict[str, str]:
    """A shop with a product of 100.00 alone, and a campaign of 5.00 from 50.00 that runs since yesterday."""
    from pinback.accounts import actions as accounts
    from pinback.accounts.queries import actor_of_person
    from pinback.catalog import actions as catalog
    from pinback.catalog.models import Sku
    from pinback.kit import clock
    from pinback.kit.ids import public_id
    from pinback.marketing import actions as marketing
    from pinback.marketing.rules import Terms
    from pinback.payments.actions.deciding import decide_payment

    with clock.held_at(before := now - timedelta(days=2)):
        accounts.open_shop(name, title=name, timezone="Asia/Shanghai", owner=owner, now=before)
        acting = actor_of_person(owner)
        terms = Terms(5_000, 500, LEFT if name == HOT_SHOP else 1_000_000)
        campaign = public_id(marketing.create(name, "Five", terms, acting=acting, now=before).pk)
        payment = marketing.pay(name, campaign, "wechat", acting=acting, now=before)
        decide_payment(payment.number, "paid", now=before)
        sku = catalog.NewSku(
            terms=catalog.SkuTerms(name="One", solo_price_minor=10_000, group_price_minor=9_000),
            stock=10**8,
        )
        goods = catalog.ProductTerms(title="Green tea", group_size=2)
        made = catalog.create_product(name, goods, [sku], acting=acting, now=before)
        product = catalog.offer(name, public_id(made.pk), version=made.version, acting=acting, now=before)
    return {
        "product": public_id(product.pk),
        "sku": public_id(Sku.objects.get(product=product).pk),
        "campaign": campaign,
    }


if __name__ == "__main__":
    print(json.dumps(_set_stage(sys.argv[1], int(sys.argv[2]))))
