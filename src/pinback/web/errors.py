"""What becomes of an error that a view lets out: a page that says what it is, for NotFound, Forbidden,
Refused, and a database that is busy or away. And of an address that only takes forms, when somebody opens it.
"""

import logging
from collections.abc import Callable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.urls import is_valid_path
from django.utils.http import url_has_allowed_host_and_scheme

from pinback.accounts.queries import Forbidden
from pinback.api.outside import ROOT
from pinback.kit.refusals import Conflict, NotFound, Refused

_log = logging.getLogger("pinback.web")

Respond = Callable[[HttpRequest], HttpResponse]


class ErrorMiddleware:
    """Turns errors of the market into pages. The API has its own way, and lets nothing out."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing on the way in; on the way out, nobody is left at an address that only takes forms."""
        response = self.get_response(request)
        if response.status_code == 405 and request.method in ("GET", "HEAD"):
            return _to_the_form(request, response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page for an error of ours; None for any other, and for those of the API."""
        if request.path_info.startswith(ROOT):
            return None
        if isinstance(error, NotFound):
            return render(request, "web/store/not_found.html", status=404)
        if isinstance(error, Forbidden):
            return render(request, "403.html", status=403)
        if isinstance(error, Refused):
            status = 409 if isinstance(error, Conflict) else 422
            context = {"refusal": error.refusal, "back": _back(request)}
            return render(request, "web/refused.html", context, status=status)
        if isinstance(error, OperationalError):
            return _busy(request, error)
        return None


def _to_the_form(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """To the nearest page above. Whoever corrects a form is at its address, and comes to it with GET by the
    switch of languages, by signing in again, or by a bookmark.
    """
    if request.path_info.startswith(ROOT):
        return response
    above = request.path.rstrip("/")
    while above:
        above = above.rpartition("/")[0]
        if is_valid_path(f"{above}/"):
            return redirect(f"{above}/")
    return response


def _busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
    """A page that needs no database, and asks to come again."""
    _log.error("%s %s", request.method, request.path, exc_info=error)
    response = HttpResponse(get_template("503.html").render(), status=503)
    response["Retry-After"] = "5"
    return response


def _back(request: HttpRequest) -> str:
    """The page that one came from, if it is one of ours."""
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()})
    return came_from if is_ours else "/"
