"""The cast of the stories: a market, the tea house and the silk shop in it, and a campaign."""

import pytest

from tests.support.story import Campaign, Market, Shop


@pytest.fixture
def market() -> Market:
    """An empty market on 10 November 2026, where any refund of goods ends the eligibility."""
    return Market()


@pytest.fixture
def tea(market: Market) -> Shop:
    """The tea house; Chinese time, as every shop that says nothing else."""
    return market.shop("tea")


@pytest.fixture
def silk(market: Market) -> Shop:
    """Another shop of the market."""
    return market.shop("silk")


@pytest.fixture
def spring(tea: Shop) -> Campaign:
    """The tea house's campaign: spend 100.00, get a voucher of 20.00, ten times; it runs since midnight."""
    return tea.campaign("spring", spend=100_00, get=20_00)
