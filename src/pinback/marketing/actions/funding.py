"""The fee of a campaign: paid by WeChat Pay or debit card, funded at the moment its money is confirmed.

The campaign starts at 0:00 of the shop's next day after that moment (section 2.2); nothing has to happen
then.
"""

from datetime import datetime, timedelta
from typing import Literal, cast

from django.utils.translation import gettext_lazy as _

from pinback.accounts.actors import Actor
from pinback.accounts.models import Person
from pinback.kit.history import note_change
from pinback.kit.ids import public_id
from pinback.kit.refusals import Conflict
from pinback.kit.transactions import assert_open, durable
from pinback.marketing import queries
from pinback.marketing.actions.campaigns import check_open, check_terms
from pinback.marketing.models import Campaign
from pinback.payments.actions import prepare, start_within
from pinback.payments.models import Payment
from pinback.payments.purposes import Taken
from pinback.rules.events import CampaignFunded
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import apply_within, lock_shops_within

PURPOSE = "campaign"
_TIME_TO_PAY = timedelta(minutes=30)


def pay(shop: str, campaign: str, method: str, *, acting: Actor, now: datetime) -> Payment:
    """Begin to pay a campaign's fee by `wechat` or `debit_card`; `to_client` of the payment says how.

    Outside of a transaction, for it asks the provider. Raises NotFound, Forbidden; Conflict: it is no draft,
    or the shop is suspended; Refused: its terms do not meet the standards of now.
    """
    payment = start_payment(shop, campaign, method, acting=acting, now=now)
    return prepare(payment.pk, now=now)


@durable
def start_payment(shop: str, campaign: str, method: str, *, acting: Actor, now: datetime) -> Payment:
    """The first half of `pay`: a payment of exactly the fee."""
    found = queries.campaign_for(acting, shop, campaign)
    lock_shops_within(found.shop.name)
    found.refresh_from_db()
    check_open(found.shop)
    view = queries.view_of(found, now=now)
    if view.state != "draft":
        raise Conflict("wrong_state", _("Only a draft can be paid."))
    check_terms(found.shop, view.terms, found.activity, now)
    return start_within(
        purpose=PURPOSE,
        subject=found.key,
        shop=found.shop,
        payer=Person.objects.get(pk=acting.person_id),
        amount_minor=view.settled.fee,
        method=method,
        expires_at=now + _TIME_TO_PAY,
        now=now,
    )


def take_fee(payment: Payment, now: datetime) -> Taken:
    """The fee came in: the campaign is funded, or it is said why the money goes back.

    Inside the transaction that notes the provider's word. A draft that was given up, or whose shop is
    suspended, is not funded any more.
    """
    assert_open()
    campaign = queries.campaign_with_key(payment.subject)
    if campaign is None:
        return "late"
    lock_shops_within(campaign.shop.name)
    campaign.refresh_from_db()
    if campaign.abandoned_at is not None or campaign.shop.status != "open":
        return "late"
    if queries.view_of(campaign, now=now).state != "draft":
        return "unneeded"
    id_ = public_id(campaign.pk)
    apply_within(
        CampaignFunded(
            id=f"{id_}-funded",
            at=instant_of(now),
            shop=campaign.shop.name,
            campaign=id_,
            amount=payment.amount_minor,
            method=cast(Literal["wechat", "debit_card"], payment.method),
        ),
        now=now,
    )
    Campaign.objects.filter(pk=campaign.pk).update(funded_at=now)
    note_change(
        "campaign", campaign.pk, before="draft", after="scheduled", now=now, person_id=payment.payer_id
    )
    return "succeeded"
