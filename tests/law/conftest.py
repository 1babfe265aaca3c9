"""Says at the end of a run how the properties were searched, and how to search them otherwise."""

from typing import Any

from tests.law.budget import PROFILE


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line."""
    seeds = "fixed seeds" if PROFILE == "quick" else "random seeds, --hypothesis-seed=N fixes them"
    terminalreporter.write_line(
        f"law: profile {PROFILE} ({seeds}); other runs: HYPOTHESIS_PROFILE=fresh or thorough pytest tests/law"
    )
