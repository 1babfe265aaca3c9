"""What becomes of a request to the API that no operation sees, or that an operation lets an error out of.

An address that is not there, a method that is not taken, a body that is too large, an error that nobody
foresaw: each is a problem like any other.
"""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from pinback.api.pace import tell_standing
from pinback.api.problems import CODES, CONTENT_TYPE, internal_error, problem, too_large

Respond = Callable[[HttpRequest], HttpResponseBase]

ROOT = "/api/"
MOST_UPLOAD_BYTES = 64 * 2**20
"""Of a form with files: a provider's statement is the largest."""


_ANSWERED = (BadRequest, SuspiciousOperation, Http404, PermissionDenied, MultiPartParserError)
"""Django has an answer to these, which is made a problem on its way out."""
_OURS = (CONTENT_TYPE, "application/json")


class ApiMiddleware:
    """Looks after requests to the API only."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Let in what can be read, and let out problems only."""
        if not request.path_info.startswith(ROOT):
            return self.get_response(request)
        if "\x00" in request.path_info:
            return problem(404, "not_found", _("There is no such address."))
        if request.content_type == "multipart/form-data" and _length(request) > MOST_UPLOAD_BYTES:
            return too_large(MOST_UPLOAD_BYTES)
        response = _as_problem(request, self.get_response(request))
        tell_standing(request, response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A problem for an error of the API; None for one of a page."""
        if not request.path_info.startswith(ROOT):
            return None
        if isinstance(error, RequestDataTooBig):
            return too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        return None if isinstance(error, _ANSWERED) else internal_error(request, error)


def _length(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdigit() else 0


def _as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The response; an error of Django's is made a problem. Payment providers have errors of their own."""
    if response.status_code < 400 or response.get("Content-Type", "").startswith(_OURS):
        return response
    details = {
        404: _("There is no such address."),
        405: _("This address does not take {method}.").format(method=request.method),
    }
    code = CODES.get(response.status_code, CODES[400])
    made = problem(response.status_code, code, details.get(response.status_code, _("This cannot be read.")))
    if "Allow" in response.headers:
        made["Allow"] = response.headers["Allow"]
    return made
