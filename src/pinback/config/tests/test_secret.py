"""The secret key is made once, and only its owner can read it."""

import stat
from pathlib import Path

import pytest

from pinback.config.secret import secret_key


@pytest.fixture(autouse=True)
def no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PINBACK_SECRET_KEY", raising=False)


def test_made_once_and_kept(tmp_path: Path) -> None:
    first = secret_key(home=tmp_path)
    assert len(first) >= 50
    assert secret_key(home=tmp_path) == first


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    secret_key(home=tmp_path)
    files = list(tmp_path.iterdir())
    assert [file.name for file in files] == [".pinback-secret-key"]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600


def test_the_environment_wins_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINBACK_SECRET_KEY", "from the environment")
    assert secret_key(home=tmp_path) == "from the environment"
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_is_not_there_yet_is_made(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    assert secret_key(home=home) == secret_key(home=home)
    assert stat.S_IMODE((home / ".pinback-secret-key").stat().st_mode) == 0o600
