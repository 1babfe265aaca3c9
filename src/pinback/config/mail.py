"""How mail goes out: `EMAIL_URL` as Django's settings."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 10


def mail(url: str) -> Mapping[str, Any]:
    """Django's settings of mail for a URL; without one nothing goes out. ValueError: of no known kind.

    The settings are dj-email-url's, with what it leaves open: an end to waiting for a mail server, and a
    folder that does not depend on where one starts.
    """
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    # Only with mail set up: most installations that try Pinback out have none.
    import dj_email_url

    found: dict[str, Any] = dj_email_url.parse(url)
    if "EMAIL_BACKEND" not in found:
        raise ValueError("EMAIL_URL must begin with smtp:, submission:, console: or file:")
    names = ("BACKEND", "HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL", "FILE_PATH")
    known = {f"EMAIL_{name}": found[f"EMAIL_{name}"] for name in names}
    known["EMAIL_FILE_PATH"] = f"/{found['EMAIL_FILE_PATH'].lstrip('/')}"
    return {**known, "EMAIL_TIMEOUT": found["EMAIL_TIMEOUT"] or _TIMEOUT_SECONDS}


def sender(given: str, public_url: str) -> str:
    """Whom mail is from: as given, else noreply at the host that the world knows."""
    return given or f"noreply@{urlsplit(public_url).hostname or 'localhost'}"
