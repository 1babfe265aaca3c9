"""Calls the API as one of the cast."""

import json
from typing import Any

from django.test import Client

from pinback.accounts.actions import start_session
from pinback.kit import clock
from tests.support.cast import Cast


class Caller:
    """Somebody with a session; `None`: a stranger without one."""

    def __init__(self, cast: Cast, name: str | None) -> None:
        self.cast = cast
        self.headers = {}
        if name is not None:
            token = start_session(cast.person(name), now=cast.now)
            self.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str) -> Any:
        """A GET."""
        return self._call("get", path)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """A POST of JSON."""
        return self._call("post", path, body, headers)

    def put(self, path: str, body: Any) -> Any:
        """A PUT of JSON."""
        return self._call("put", path, body)

    def delete(self, path: str) -> Any:
        """A DELETE."""
        return self._call("delete", path)

    def _call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        with clock.held_at(self.cast.now):
            return getattr(Client(), method)(
                f"/api/v1{path}",
                data=None if body is None else json.dumps(body),
                content_type="application/json",
                headers={**self.headers, **(headers or {})},
            )
