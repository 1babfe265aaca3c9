"""Campaigns: their terms, the fee, the start at the next 0:00, the stop (section 2)."""

from msgspec.structs import replace

from pinback.rules.events import LIMIT, CampaignCreated, CampaignFunded, CampaignStopped, ShopOpened
from pinback.rules.instants import next_day_start
from pinback.rules.machines import CAMPAIGN
from pinback.rules.records import EXTERNAL, Campaign, Shop, marketing_account
from pinback.rules.state import Change, Refusal


def open_shop(change: Change, event: ShopOpened) -> Refusal | None:
    """A shop opens once, before or with its first applied event (section 10)."""
    if event.shop in change.state.shops:
        return Refusal("already_exists", f"`shop`: {event.shop} has opened already")
    change.shop = Shop(event.shop, event.timezone)
    return None


def create(change: Change, event: CampaignCreated) -> Refusal | None:
    """A draft, if its terms hold (section 2.1)."""
    if event.campaign_key in change.state.campaigns:
        return Refusal("already_exists", f"`campaign`: {event.campaign_key} exists already")
    wrong = wrong_terms(event.threshold, event.rebate, event.quantity, event.valid_days)
    if wrong is not None:
        return Refusal("bad_terms", wrong)
    change.campaigns[event.campaign_key] = Campaign(
        key=event.campaign_key,
        shop=event.shop,
        id=event.campaign,
        threshold=event.threshold,
        rebate=event.rebate,
        quantity=event.quantity,
        valid_days=event.valid_days,
    )
    return None


def wrong_terms(threshold: int, rebate: int, quantity: int, valid_days: int) -> str | None:
    """The first term that does not hold, by its field and the reason; None where all hold (section 2.1)."""
    terms = (
        (threshold >= 1, "`threshold` must be at least 1 fen"),
        (rebate >= 1, "`rebate` must be at least 1 fen"),
        (rebate <= threshold, "`rebate` must not be above the threshold"),
        (20 * rebate >= threshold, "`rebate` must be at least 5 % of the threshold"),
        (quantity >= 10, "`quantity` must be at least 10 vouchers"),
        (1 <= valid_days <= 365, "`valid_days` must be 1 to 365"),
        (rebate * quantity <= LIMIT, f"the fee, rebate · quantity, must not be above {LIMIT} fen"),
    )
    return next((wrong for holds, wrong in terms if not holds), None)


def fund(change: Change, event: CampaignFunded) -> Refusal | None:
    """The fee is paid: the campaign starts at the first 0:00 strictly after this moment (section 2.2)."""
    campaign = change.state.campaigns.get(event.campaign_key)
    if campaign is None:
        return Refusal("unknown_campaign", f"`campaign`: there is no {event.campaign_key}")
    if (campaign.status(change.at), event.type) not in CAMPAIGN:
        return Refusal("wrong_state", f"`campaign`: {campaign.key} is funded already")
    if event.amount != campaign.fee:
        return Refusal("amount_mismatch", f"`amount` {event.amount} is not the fee, {campaign.fee} fen")
    change.post(EXTERNAL, campaign.account, campaign.fee)
    starts_at = next_day_start(change.at, change.event_shop().timezone)
    change.campaigns[campaign.key] = replace(campaign, starts_at=starts_at)
    return None


def stop(change: Change, event: CampaignStopped) -> Refusal | None:
    """The campaign ends at once; what is not issued returns to the shop (section 2.3)."""
    campaign = change.state.campaigns.get(event.campaign_key)
    if campaign is None:
        return Refusal("unknown_campaign", f"`campaign`: there is no {event.campaign_key}")
    status = campaign.status(change.at)
    if (status, event.type) not in CAMPAIGN:
        return Refusal("wrong_state", f"`campaign`: {campaign.key} is {status}")
    change.post(campaign.account, marketing_account(campaign.shop), campaign.held)
    change.campaigns[campaign.key] = replace(campaign, ended="stopped")
    return None
