"""Ids: those of the file made fit for events, and those of the events themselves.

Both are functions of the file's content alone, and no two contents give one id, so the same file imported
again is nothing but duplicates.
"""

import string
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

LONGEST_ID = 64
_PLAIN = "".join(sorted(set(string.ascii_letters + string.digits + string.punctuation) - set("/%")))


@lru_cache(maxsize=1 << 16)
def fit_id(text: str) -> str | None:
    """The text as an id (section 1): what is not `!` to `~`, and `/` and `%`, becomes %XX.

    None where that is too long or empty.
    """
    encoded = quote(text, safe=_PLAIN, errors="surrogatepass")
    return encoded if 0 < len(encoded) <= LONGEST_ID else None


def event_id(kind: str, subject: str) -> str:
    """The id of the event of that kind (a short word) about that subject (an id).

    `kind:subject` where that is short enough, else `kind#` and a digest; a kind has neither sign.
    """
    readable = f"{kind}:{subject}"
    if len(readable) <= LONGEST_ID:
        return readable
    return f"{kind}#{sha256(subject.encode()).hexdigest()[:48]}"


def refund_id(refund: str, number: int) -> str:
    """The id of the `number`-th refund event (from 1) of a refund in the file, at most 64 characters."""
    readable = f"{refund}-{number}"
    if len(readable) <= LONGEST_ID:
        return readable
    # `fit_id` never leaves a "%" before a "-", so this cannot be another refund's readable id.
    return f"%-{sha256(refund.encode()).hexdigest()[:48]}-{number}"
