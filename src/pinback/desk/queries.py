"""Reads of cases, compensations and reviews, and the only access checks to them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, NamedTuple

from django.db.models import Avg, Count, F, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.accounts.queries import check_may, check_operator, shop_for
from pinback.catalog.queries import id_or_not_found
from pinback.checkout.models import Order
from pinback.checkout.queries import order_for
from pinback.checkout.refunds import PURPOSE, RefundTerms
from pinback.desk.models import Case, CasePhoto, Compensation, Limits, Review
from pinback.kit.history import changes_of
from pinback.kit.ids import public_id
from pinback.kit.models import Change
from pinback.kit.paging import Page, every_page, page_of
from pinback.kit.refusals import NotFound, Refused
from pinback.payments.models import MoneyOut
from pinback.settlement.models import Refund

COMPENSATION = "compensation"
_PIECE = 200
Money = Literal["none", "waiting", "on_its_way", "arrived", "failed", "bounced"]


def _cases() -> QuerySet[Case]:
    return Case.objects.select_related("shop", "buyer")


def _case(public: str) -> Case:
    found = _cases().filter(pk=id_or_not_found("case", public)).first()
    if found is None:
        raise NotFound("case", public)
    return found


def case_for(actor: Actor, public: str) -> Case:
    """A case that the actor may read: the buyer's, the shop's by staff with `orders.read`, the operator's.

    Raises NotFound to everybody else, Forbidden to the shop's staff who may not.
    """
    found = _case(public)
    if not actor.is_key and (found.buyer_id == actor.person_id or actor.is_operator):
        return found
    check_may(actor, found.shop_id, "case", "orders.read")
    return found


def case_of_buyer(actor: Actor, public: str) -> Case:
    """A case of the actor's own. Raises NotFound to everybody else."""
    found = _case(public)
    if actor.is_key or found.buyer_id != actor.person_id:
        raise NotFound("case", public)
    return found


def case_of_shop(actor: Actor, public: str) -> Case:
    """A case that the actor may decide for its shop. Raises NotFound, Forbidden."""
    found = _case(public)
    check_may(actor, found.shop_id, "case", "refunds.decide")
    return found


def case_of_operator(actor: Actor, public: str) -> Case:
    """A case, for the operator alone. Raises NotFound."""
    check_operator(actor)
    return _case(public)


def terms_of(case: Case) -> RefundTerms:
    """How much a case asks for."""
    return RefundTerms(
        tuple((line, units) for line, units in case.lines), case.amount_minor, case.postage_minor
    )


def refund_of(case: Case) -> Refund | None:
    """The refund of a case as settlement has it."""
    return Refund.objects.filter(key=f"{case.shop.name}/{public_id(case.pk)}").first()


def money_out_of(case: Case) -> MoneyOut | None:
    """The money of a case."""
    subject = f"{case.shop.name}/{public_id(case.pk)}"
    return MoneyOut.objects.filter(purpose=PURPOSE, subject=subject).first()


def state_of_case(case: Case) -> str:
    """The state of a case; `refunded` as soon as settlement says so."""
    refund = refund_of(case) if case.state == "refunding" else None
    return "refunded" if refund is not None and refund.status == "succeeded" else case.state


def money_of(case: Case) -> tuple[Money, str]:
    """Where the money of a case is, and what the provider said of trouble. `waiting`: for other money."""
    out = money_out_of(case)
    if out is None:
        return ("waiting" if state_of_case(case) == "refunding" else "none"), ""
    return money_word(out), out.problem


def money_word(out: MoneyOut) -> Money:
    """Where money out is, its parts too."""
    statuses = {out.status, *out.parts.values_list("status", flat=True)}
    if "failed" in statuses:
        return "failed"
    if "bounced" in statuses:
        return "bounced"
    return "arrived" if statuses == {"confirmed"} else "on_its_way"


def photos_of(case: Case) -> Sequence[CasePhoto]:
    """The photos of a case, the first one first."""
    return list(CasePhoto.objects.filter(case=case).order_by("id"))


def history_of(actor: Actor, public: str) -> Sequence[Change]:
    """The changes of a case, the first one first. Raises as `case_for`."""
    return list(changes_of("case", case_for(actor, public).pk))


def cases_of_order(actor: Actor, order: str) -> Sequence[Case]:
    """The cases of an order that the actor may see, the first one first."""
    return list(_cases().filter(order_key=order_for(actor, order).key).order_by("id"))


def cases_of_buyer(actor: Actor, *, cursor: str | None = None, limit: int = 20) -> Page[Case]:
    """The actor's own cases, the newest first."""
    return page_of(_cases().filter(buyer_id=actor.person_id), cursor=cursor, limit=limit)


def cases_of_shop(
    actor: Actor,
    shop: str,
    *,
    state: str | None = None,
    kind: str | None = None,
    due_before: datetime | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[Case]:
    """A shop's open cases, or those in a state, the nearest deadline first. Raises NotFound, Forbidden."""
    found = _cases().filter(shop=shop_for(actor, shop, "refunds.decide"))
    found = found.filter(closed_at=None) if state is None else found.filter(state=state)
    if kind is not None:
        found = found.filter(kind=kind)
    if due_before is not None:
        found = found.filter(deadline_at__lt=due_before)
    return _by_deadline(found, cursor, limit)


def case_pieces(actor: Actor, shop: str, *, state: str) -> Iterator[Sequence[Case]]:
    """All cases of a shop in a state, in the order of the list, in pieces. Raises NotFound, Forbidden."""
    shop_for(actor, shop, "refunds.decide")
    following = partial(cases_of_shop, actor, shop, state=state, limit=_PIECE)
    return (page.rows for page in every_page(lambda cursor: following(cursor=cursor)))


def cases_by_state(actor: Actor, shop: str) -> Mapping[str, int]:
    """How many cases of a shop are in which state. Raises NotFound, Forbidden."""
    found = Case.objects.filter(shop=shop_for(actor, shop, "refunds.decide")).values_list("state")
    return dict(found.annotate(number=Count("id")))


def refusals_of(shop: Shop, *, most: int = 4) -> Sequence[str]:
    """The reasons with which a shop refused most often. For what has checked who asks."""
    given = Case.objects.filter(shop=shop).exclude(shop_reason="").values("shop_reason")
    ranked = given.annotate(number=Count("id")).order_by("-number", "shop_reason")
    return [row["shop_reason"] for row in ranked[:most]]


def cases_of_operator(actor: Actor, *, cursor: str | None = None, limit: int = 20) -> Page[Case]:
    """The cases that wait for the operator, the oldest first. Raises NotFound to everybody else."""
    check_operator(actor)
    return page_of(_cases().filter(state="with_operator"), cursor=cursor, limit=limit, newest_first=False)


def _by_deadline(found: QuerySet[Case], cursor: str | None, limit: int) -> Page[Case]:
    if cursor:
        found = found.filter(_behind(found, cursor))
    rows = list(found.order_by(F("deadline_at").asc(nulls_last=True), "id")[: limit + 1])
    return Page(rows[:limit], public_id(rows[limit - 1].pk) if len(rows) > limit else None)


def _behind(found: QuerySet[Case], cursor: str) -> Q:
    try:
        last = Case.objects.filter(pk=id_or_not_found("case", cursor), shop__in=found.values("shop")).first()
    except NotFound:
        last = None
    if last is None:
        raise Refused("bad_cursor", _("This is no cursor of a page."), "cursor")
    if last.deadline_at is None:
        return Q(deadline_at=None, id__gt=last.pk)
    same = Q(deadline_at=last.deadline_at, id__gt=last.pk)
    return Q(deadline_at__gt=last.deadline_at) | same | Q(deadline_at=None)


def order_to_compensate(actor: Actor, order: str) -> Order:
    """An order for which the actor may give compensation. Raises NotFound, Forbidden."""
    found = order_for(actor, order, "compensation.pay")
    check_may(actor, found.shop_id, "order", "compensation.pay")
    return found


def compensations_of(actor: Actor, order: str) -> Sequence[Compensation]:
    """The compensations of an order that the actor may see, the first one first."""
    found = order_for(actor, order)
    return list(Compensation.objects.select_related("shop").filter(order_key=found.key).order_by("id"))


def compensation_money(given: Compensation) -> tuple[Money, str]:
    """Where the money of a compensation is, and what the provider said of trouble."""
    subject = f"{given.shop.name}/{public_id(given.pk)}"
    out = MoneyOut.objects.filter(purpose=COMPENSATION, subject=subject).first()
    return ("none", "") if out is None else (money_word(out), out.problem)


def limits_of(actor: Actor, shop: str) -> Limits:
    """What a shop's staff may give. Raises NotFound, Forbidden."""
    found = shop_for(actor, shop, "compensation.pay")
    return Limits.objects.filter(shop=found).first() or Limits(shop=found)


class LeftToGive(NamedTuple):
    """What the shop's limits leave to give now, in fen: for an order, and in the shop within 24 hours."""

    for_order_minor: int
    today_minor: int

    @property
    def most_minor(self) -> int:
        """The most that can be given at once."""
        return max(0, min(self.for_order_minor, self.today_minor))


def left_to_give(actor: Actor, order: str, *, now: datetime) -> LeftToGive:
    """What may still be given for an order as compensation. Raises NotFound, Forbidden."""
    found = order_to_compensate(actor, order)
    limits = Limits.objects.filter(shop_id=found.shop_id).first() or Limits(shop=found.shop)
    given = Compensation.objects.filter(shop_id=found.shop_id)
    known = given.aggregate(
        for_order=Sum("amount_minor", filter=Q(order_key=found.key)),
        today=Sum("amount_minor", filter=Q(at__gt=now - timedelta(days=1))),
    )
    return LeftToGive(
        limits.order_minor - int(known["for_order"] or 0), limits.day_minor - int(known["today"] or 0)
    )


def reviews_of(product_id: int, *, cursor: str | None = None, limit: int = 20) -> Page[Review]:
    """What is said of a product, for everybody, the newest first."""
    found = Review.objects.select_related("person").filter(product_id=product_id)
    return page_of(found, cursor=cursor, limit=limit)


def reviews_of_shop(shop: Shop, *, cursor: str | None = None, limit: int = 20) -> Page[Review]:
    """What is said of all products of a shop, for everybody, the newest first."""
    return page_of(Review.objects.select_related("person").filter(shop=shop), cursor=cursor, limit=limit)


def reviews_of_order(actor: Actor, order: str) -> Sequence[Review]:
    """What is said of the lines of an order that the actor may see."""
    found = order_for(actor, order)
    return list(Review.objects.select_related("person").filter(order_key=found.key).order_by("line"))


def stars_of_shop(shop: Shop) -> tuple[int, float | None]:
    """How many reviews a shop has, and their average of stars to one place; None: none."""
    return _stars(Review.objects.filter(shop=shop))


def stars_of(product_id: int) -> tuple[int, float | None]:
    """How many reviews a product has, and their average of stars to one place; None: none."""
    return _stars(Review.objects.filter(product_id=product_id))


def _stars(reviews: QuerySet[Review]) -> tuple[int, float | None]:
    found = reviews.aggregate(count=Count("id"), average=Avg("stars"))
    average = found["average"]
    return found["count"], None if average is None else round(float(average), 1)
