"""How long the properties search: a small budget with fixed seeds by default, others on request.

HYPOTHESIS_PROFILE chooses: `quick` (the default, and for continuous integration: the same cases every time),
`fresh` (as many, other ones each time), `thorough` (many more, other ones each time). With the latter two
`pytest --hypothesis-seed=N` fixes the seed.
"""

import os

from hypothesis import HealthCheck, Phase, settings

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "quick")
_TIMES = {"quick": 1, "fresh": 1, "thorough": 40}


def budget(examples: int, *, steps: int = 50, shrink: bool = True) -> settings:
    """Settings for that many runs of at most `steps` steps, times what the profile says."""
    phases = (Phase.generate, Phase.target, Phase.shrink) if shrink else (Phase.generate,)
    return settings(
        max_examples=examples * _TIMES[PROFILE],
        stateful_step_count=steps,
        derandomize=PROFILE == "quick",
        database=None,
        phases=phases,
        print_blob=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
