"""What a refund would come to, and opening a case for it, with photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.catalog.pictures import decoded, keep
from pinback.checkout.models import Order
from pinback.checkout.queries import order_for, order_of_buyer, state_of
from pinback.checkout.refunds import RefundPreview, RefundTerms, open_refund_within, preview_refund
from pinback.desk.actions.moving import arrive_within, locked_within, move_within, order_of
from pinback.desk.models import Case, CasePhoto
from pinback.desk.queries import case_for, case_of_buyer, terms_of
from pinback.desk.rules import MOST_PHOTOS, REASONS, deadline_after
from pinback.kit.history import note_change
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import Conflict, Refused
from pinback.kit.transactions import durable
from pinback.settlement.recording import lock_orders_within


@dataclass(frozen=True, slots=True)
class Asked:
    """What a buyer asks for. `scope`: `whole`, `units` of `lines` as (line, units), or `amount` of goods cash
    in fen; `postage_minor` None: as section 9.3 says.
    """

    kind: str = "refund_only"
    scope: str = "whole"
    lines: Sequence[tuple[int, int]] = ()
    amount_minor: int | None = None
    postage_minor: int | None = None
    reason: str = "changed_mind"
    text: str = ""

    def terms(self) -> RefundTerms:
        """As checkout takes it. Raises Refused: the fields do not fit the scope."""
        fits = {
            "whole": not self.lines and self.amount_minor is None and self.postage_minor is None,
            "units": bool(self.lines) and self.amount_minor is None,
            "amount": not self.lines and self.amount_minor is not None,
        }
        if not fits.get(self.scope, False):
            raise Refused("bad_scope", _("These fields do not fit what is asked for."), "scope")
        return RefundTerms(tuple(self.lines), self.amount_minor, self.postage_minor)


def quote(order: str, asked: Asked, *, acting: Actor, now: datetime) -> RefundPreview:
    """What a refund would come to now, for the buyer and for the shop; nothing is written.

    Raises NotFound, Forbidden; Refused with the codes of section 10.
    """
    found = order_for(acting, order, "refunds.decide")
    terms = asked.terms()
    _check_whole(state_of(found).status, asked)
    return preview_refund(found, terms, now=now)


def quote_case(case: str, *, amount_minor: int | None = None, acting: Actor, now: datetime) -> RefundPreview:
    """What the refund of a case would come to now; with an amount, of so much goods cash alone. Raises
    NotFound, Forbidden, Refused.
    """
    found = case_for(acting, case)
    terms = (
        terms_of(found) if amount_minor is None else RefundTerms(amount_minor=amount_minor, postage_minor=0)
    )
    return preview_refund(order_of(found), terms, now=now, refund_id=public_id(found.pk))


@durable
def open_case(order: str, asked: Asked, *, acting: Actor, now: datetime) -> Case:
    """Ask for money back; settlement knows of it from now on. Before the deal the buyer leaves the group, and
    nobody has to agree.

    Raises NotFound to everybody but the buyer; Refused: `whole_only`, `nothing_to_return`, and section 10;
    Conflict `case_open`.
    """
    found = order_of_buyer(acting, order)
    lock_orders_within([found.key])
    for waiting in Case.objects.select_related("shop").filter(order_key=found.key, state="refunding"):
        arrive_within(waiting, now=now)
    status = state_of(found).status
    terms = asked.terms()
    _check_whole(status, asked)
    if asked.reason not in REASONS:
        raise Refused("bad_reason", _("Choose one of the reasons."), "reason")
    if asked.kind == "return_and_refund" and status not in ("shipped", "received"):
        raise Refused("nothing_to_return", _("Nothing was shipped, so nothing can be returned."), "kind")
    case = _insert_within(found, asked, now)
    id_ = public_id(case.pk)
    preview_refund(found, terms, now=now, refund_id=id_)
    open_refund_within(found, id_, now=now, reason=asked.reason)
    note_change("case", case.pk, before="", after=case.state, now=now, person_id=acting.person_id)
    if status == "paid":
        return move_within(case, "agree", now=now, note="left the group")
    return case


def _check_whole(status: str, asked: Asked) -> None:
    if status == "paid" and asked.scope != "whole":
        raise Refused("whole_only", _("Before the deal is made, only all of it can be asked back."), "scope")


def _insert_within(order: Order, asked: Asked, now: datetime) -> Case:
    case = Case(
        id=new_id(),
        shop=order.shop,
        order_key=order.key,
        buyer=order.buyer,
        kind=asked.kind,
        scope=asked.scope,
        lines=[list(line) for line in asked.lines],
        amount_minor=asked.amount_minor,
        postage_minor=asked.postage_minor,
        reason=asked.reason,
        text=asked.text,
        state="waiting_for_shop",
        deadline_at=deadline_after("waiting_for_shop", now),
        opened_at=now,
    )
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError:
        raise Conflict("case_open", _("There is an open case for this order already.")) from None
    return case


@durable
def add_photo(case: str, data: bytes, *, acting: Actor, now: datetime) -> CasePhoto:
    """Add a photo to an open case, checked and stripped as pictures of products are.

    Raises NotFound to everybody but the buyer; Conflict `wrong_state`; Refused `too_many`,
    `picture_too_large`, `not_a_picture`.
    """
    found = locked_within(case_of_buyer(acting, case))
    if found.closed_at is not None:
        raise Conflict("wrong_state", _("This case is closed."))
    if CasePhoto.objects.filter(case=found).count() >= MOST_PHOTOS:
        raise Refused("too_many", _("A case has at most 6 photos."), "file")
    photo = CasePhoto(id=new_id(), shop=found.shop, case=found, file=keep(decoded(data)))
    photo.save(force_insert=True)
    note_change("case_photo", photo.pk, before="", after="shown", now=now, person_id=acting.person_id)
    return photo
