"""The Content-Security-Policy of every response; that of JSON, always the same, is put together once."""

from functools import cached_property

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from pinback.api.problems import CONTENT_TYPE

_JSON = ("application/json", CONTENT_TYPE)


class PolicyMiddleware(CSPMiddleware):
    """django-csp's, which puts the policy together for each response."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Give a response its policy."""
        if not response.get("Content-Type", "").startswith(_JSON):
            return super().process_response(request, response)
        response[HEADER] = self._policy
        return response

    @cached_property
    def _policy(self) -> str:
        return build_policy()
