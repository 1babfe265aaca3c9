"""A connection that is taken up again for the next request is looked at before it is used.

Django asks the server something each time. Here the socket is looked at: a server that shuts down, or puts a
client out, says so or hangs up, and then there is something to read. A machine that is gone without a word is
noticed by neither, but by keepalives (`config.databases`).
"""

import select
from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, but for how it looks whether it is still connected."""

    def is_usable(self) -> bool:
        """Whether the connection can be used; after an error the server is asked."""
        wire: Any = self.connection
        if wire is not None and not self.errors_occurred and not wire.closed and _is_quiet(wire):
            return True
        return super().is_usable()


def _is_quiet(wire: Any) -> bool:
    """Whether nothing has come in that nobody asked for."""
    looking = select.poll()
    looking.register(wire.fileno(), select.POLLIN)
    return not looking.poll(0)
