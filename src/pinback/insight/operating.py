"""What the operator looks after: shops, people, and what waits for a decision. Counts, and lists."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Min, Q, QuerySet, Sum

from pinback.accounts.actors import Actor
from pinback.accounts.models import Person, Shop, Staff
from pinback.accounts.queries import check_operator, shop_named
from pinback.accounts.rules import login_of
from pinback.catalog.models import Product
from pinback.catalog.queries import id_or_not_found
from pinback.checkout.models import Order
from pinback.desk.models import Case
from pinback.insight.auditing import last_audit
from pinback.insight.models import AuditRun
from pinback.kit.ids import id_of, public_id
from pinback.kit.models import Change
from pinback.kit.paging import page_of
from pinback.kit.refusals import NotFound
from pinback.marketing.funds.balances import below_zero, settled_with_balances
from pinback.marketing.models import Activity, Payout
from pinback.payments.models import Anomaly, MoneyOut, Payment
from pinback.payments.queries import ATTENTION
from pinback.settlement.models import Debt, Voucher
from pinback.settlement.models import Shop as SettledShop


class Overview(NamedTuple):
    """What needs attention: counts, and the last audit (None: there never was one)."""

    failed_money_out: int
    failed_money_out_minor: int
    anomalies: int
    escalated_cases: int
    payouts_requested: int
    payouts_requested_minor: int
    suspended_shops: int
    shops_in_debt: int
    activities_open: int
    last_audit: AuditRun | None


class ShopRow(NamedTuple):
    """A shop of the market for the operator; balances are what it has, payouts taken off, in fen."""

    shop: Shop
    products_on_sale: int
    completed_orders: int
    sales_minor: int
    marketing_minor: int
    cases_with_operator: int


class PersonRow(NamedTuple):
    """Somebody with an account: the shops they work for, by name with their role; how many orders they
    placed; and what they owe shops for used vouchers, in fen.
    """

    person: Person
    roles: Mapping[str, str]
    orders: int
    owed_minor: int


class Waiting(NamedTuple):
    """How much of something waits, what it comes to in fen, and since when the oldest has waited."""

    number: int
    amount_minor: int = 0
    since: datetime | None = None


class Needs(NamedTuple):
    """What needs the operator now, and the audit that runs or was the last."""

    cases: Waiting
    money_out: Waiting
    payouts: Waiting
    anomalies: Waiting
    came_back: Waiting
    shops_in_debt: int
    suspended_shops: int
    audit: AuditRun | None
    activities_open: int


def needs(actor: Actor, *, now: datetime) -> Needs:
    """What needs the operator, each with its oldest. Raises NotFound to everybody else."""
    counted = overview(actor, now=now)
    stuck = Case.objects.filter(state="with_operator").values("pk")
    came = Change.objects.filter(subject="case", after="with_operator", subject_id__in=stuck)
    out = MoneyOut.objects.filter(status__in=ATTENTION).aggregate(since=Min("created_at"))
    asked = Payout.objects.filter(status="requested").aggregate(since=Min("created_at"))
    odd = Anomaly.objects.filter(resolved_at=None).aggregate(since=Min("at"))
    back = came_back(actor, now=now).aggregate(n=Count("id"), sum=Sum("received_minor"))
    return Needs(
        Waiting(counted.escalated_cases, since=came.aggregate(since=Min("at"))["since"]),
        Waiting(counted.failed_money_out, counted.failed_money_out_minor, since=out["since"]),
        Waiting(counted.payouts_requested, counted.payouts_requested_minor, since=asked["since"]),
        Waiting(counted.anomalies, since=odd["since"]),
        Waiting(back["n"], int(back["sum"] or 0)),
        counted.shops_in_debt,
        counted.suspended_shops,
        AuditRun.objects.order_by("-id").first(),
        counted.activities_open,
    )


def came_back(actor: Actor, *, now: datetime) -> QuerySet[Payment]:
    """Payments of the last week that nothing could be done with, so that their money went back. Raises
    NotFound to everybody but the operator.
    """
    check_operator(actor, "audit.run")
    week = now - timedelta(days=7)
    found = Payment.objects.filter(status__in=("late", "mismatched", "unneeded"), settled_at__gte=week)
    return found.select_related("shop", "payer")


def usual_zone() -> str:
    """The time zone that most shops keep; UTC where there is no shop."""
    zones = Shop.objects.values("timezone").annotate(n=Count("id")).order_by("-n", "timezone")
    return str(zones[0]["timezone"]) if zones else "UTC"


def overview(actor: Actor, *, now: datetime) -> Overview:
    """What needs the operator now. Raises NotFound to everybody else but keys with `audit.run`."""
    check_operator(actor, "audit.run")
    failed = MoneyOut.objects.filter(status__in=ATTENTION).aggregate(n=Count("id"), sum=Sum("amount_minor"))
    asked = Payout.objects.filter(status="requested").aggregate(n=Count("id"), sum=Sum("amount_minor"))
    return Overview(
        failed["n"],
        int(failed["sum"] or 0),
        Anomaly.objects.filter(resolved_at=None).count(),
        Case.objects.filter(state="with_operator").count(),
        asked["n"],
        int(asked["sum"] or 0),
        Shop.objects.filter(status="suspended").count(),
        below_zero(SettledShop.objects.all()).count(),
        Activity.objects.filter(starts_at__lte=now, ends_at__gt=now).count(),
        last_audit(),
    )


def shops(
    actor: Actor,
    *,
    status: str | None = None,
    words: str = "",
    cursor: str | None = None,
    limit: int = 20,
) -> tuple[Sequence[ShopRow], str | None]:
    """The market's shops, the newest first. Raises NotFound to everybody but the operator, and keys with
    `shops.admit`.
    """
    check_operator(actor, "shops.admit")
    found = Shop.objects.all()
    if status is not None:
        found = found.filter(status=status)
    for word in words.split()[:8]:
        found = found.filter(Q(name__icontains=word) | Q(title__icontains=word))
    page = page_of(found, cursor=cursor, limit=limit)
    return shop_rows(page.rows), page.next_cursor


def shop_rows(found: Sequence[Shop]) -> Sequence[ShopRow]:
    """Shops with their figures, in their order."""
    named = SettledShop.objects.filter(name__in=[shop.name for shop in found])
    columns = ("name", "completed_orders", "sales_balance", "marketing_balance")
    settled = {name: figures for name, *figures in settled_with_balances(named).values_list(*columns)}
    on_sale = _count(Product.objects.filter(status="on_sale", shop__in=found).values_list("shop_id"))
    cases = _count(Case.objects.filter(state="with_operator", shop__in=found).values_list("shop_id"))
    rows = []
    for shop in found:
        completed, sales, marketing = settled.get(shop.name, (0, 0, 0))
        rows.append(
            ShopRow(shop, on_sale.get(shop.pk, 0), completed, sales, marketing, cases.get(shop.pk, 0))
        )
    return rows


def shop_shown(actor: Actor, name: str) -> ShopRow:
    """A shop with its figures. Raises NotFound to everybody but the operator, and keys with `shops.admit`."""
    check_operator(actor, "shops.admit")
    return shop_rows([shop_named(name)])[0]


def staff_of(actor: Actor, shop: Shop) -> Sequence[Staff]:
    """Who works for a shop, owners first, for the operator alone. Raises NotFound."""
    check_operator(actor)
    found = Staff.objects.filter(shop=shop).select_related("person")
    return sorted(found, key=lambda row: (row.role != "owner", row.person.name, row.pk))


def person_shown(actor: Actor, public: str) -> PersonRow:
    """Somebody by their public id. Raises NotFound to everybody but the operator, and keys with
    `people.read`.
    """
    check_operator(actor, "people.read")
    found = Person.objects.filter(pk=id_or_not_found("person", public)).first()
    if found is None:
        raise NotFound("person", public)
    return _person_rows([found])[0]


def people(
    actor: Actor, *, words: str = "", cursor: str | None = None, limit: int = 20
) -> tuple[Sequence[PersonRow], str | None]:
    """Everybody with an account, the newest first; `words` of the name or the login, a phone number in any
    spelling, or an id. Raises NotFound to everybody but the operator, and keys with `people.read`.
    """
    check_operator(actor, "people.read")
    found = Person.objects.all()
    whole = _whole(words)
    for word in words.split()[:8]:
        found = found.filter(Q(name__icontains=word) | Q(login__icontains=word) | whole)
    page = page_of(found, cursor=cursor, limit=limit)
    return _person_rows(page.rows), page.next_cursor


def names_of(actor: Actor, buyers: Iterable[str]) -> Mapping[str, str]:
    """The names of buyers by their ids; those of the engine's shops have none. Raises NotFound to everybody
    but the operator.
    """
    check_operator(actor)
    ids = {}
    for buyer in buyers:
        with suppress(ValueError):
            ids[id_of(buyer)] = buyer
    return {ids[pk]: name for pk, name in Person.objects.filter(pk__in=list(ids)).values_list("pk", "name")}


def _whole(words: str) -> Q:
    """Who is meant by all of the words as one: a login in its one spelling, or an id."""
    text = " ".join(words.split())
    login = login_of(text)
    meant = Q(login=login) if login is not None else Q(pk__in=())
    with suppress(ValueError):
        meant |= Q(pk=id_of(text))
    return meant


def _person_rows(found: Sequence[Person]) -> Sequence[PersonRow]:
    roles: dict[int, dict[str, str]] = {person.pk: {} for person in found}
    for row in Staff.objects.filter(person__in=found).select_related("shop").order_by("id"):
        roles[row.person_id][row.shop.name] = row.role
    orders = _count(Order.objects.filter(buyer__in=found).values_list("buyer_id"))
    owed = _owed([public_id(person.pk) for person in found])
    return [
        PersonRow(person, roles[person.pk], orders.get(person.pk, 0), owed.get(public_id(person.pk), 0))
        for person in found
    ]


def _owed(buyers: Sequence[str]) -> Mapping[str, int]:
    """What buyers owe, all shops together."""
    codes = Voucher.objects.filter(buyer__in=buyers).values("code")
    rows = Debt.objects.filter(voucher_code__in=codes, amount_minor__gt=0)
    owed: dict[str, int] = {}
    for debtor, amount_minor in rows.values_list("debtor", "amount_minor"):
        buyer = debtor.partition("/")[2]
        owed[buyer] = owed.get(buyer, 0) + amount_minor
    return owed


def _count(found: QuerySet[Any, Any]) -> Mapping[int, int]:
    return dict(found.annotate(n=Count("id")))
