"""Many callers want the same at the same moment, from threads and from processes, on both databases."""

import pytest

from tests.races.crowd import Crowd, by_processes, by_threads, size_for
from tests.races.market import check_sound, tell
from tests.races.scenarios import SCENARIOS, Scenario

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("crowd", [by_threads, by_processes], ids=["threads", "processes"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: type(scenario).__name__)
def test_one_after_the_other_in_the_end(database: str, scenario: Scenario, crowd: Crowd) -> None:
    race = scenario.race(size_for(database))
    tell(database, race.before)
    answers = crowd(database, race.calls)
    scenario.check(database, answers)
    check_sound(database)
