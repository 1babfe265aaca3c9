"""The key that signs what browsers hold: from the environment, or made once and kept for its owner alone."""

import os
import secrets
from pathlib import Path

_FILE_NAME = ".pinback-secret-key"


def secret_key(*, home: Path) -> str:
    """The secret key of the installation in `home`; made at its first use, and kept there with mode 0600."""
    given = os.environ.get("PINBACK_SECRET_KEY", "")
    if given:
        return given
    path = home / _FILE_NAME
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()


def _write_once(path: Path, key: str) -> None:
    """Write `key` to `path` whole, unless another process was quicker: then its key counts."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
