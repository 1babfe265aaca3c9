"""Errors as problem+json (RFC 9457): a stable `code`, a text for people, and the fields that were wrong."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from pydantic import BaseModel, Field

from pinback.accounts.queries import Forbidden
from pinback.api.pace import is_let_in, wait_seconds
from pinback.api.reading import NotKept
from pinback.api.wording import worded
from pinback.kit.refusals import Conflict, NotFound, Refused, TooSoon

_log = logging.getLogger("pinback.api")

CONTENT_TYPE = "application/problem+json"
_CONFLICTS = {"wrong_state", "already_exists", "event_conflict"}


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str = Field(description="path of the field, such as `lines.0.quantity`", examples=["threshold"])
    code: str = Field(examples=["greater_than_equal"])
    detail: str = Field(examples=["Input should be greater than or equal to 1"])


class Problem(BaseModel):
    """Why a request was not carried out. Nothing was changed by it."""

    type: str = Field(default="about:blank")
    title: str = Field(examples=["Unprocessable"])
    status: int = Field(examples=[422])
    code: str = Field(description="stable, for programs", examples=["over_refund"])
    detail: str = Field(description="for people, in their language")
    errors: list[FieldProblem] = Field(default_factory=list)


_TITLES = {
    400: gettext_lazy("Bad request"),
    401: gettext_lazy("Not signed in"),
    403: gettext_lazy("Not allowed"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("Method not allowed"),
    409: gettext_lazy("Conflict"),
    413: gettext_lazy("Too large"),
    415: gettext_lazy("Unsupported media type"),
    422: gettext_lazy("Unprocessable"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("Error"),
    503: gettext_lazy("Not available"),
}
CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}
"""By status, where nothing says more."""


def problem(status: int, code: str, detail: str, errors: Sequence[Mapping[str, Any]] = ()) -> HttpResponse:
    """A problem as a response."""
    body = {
        "type": "about:blank",
        "title": str(_TITLES.get(status, _TITLES[500])),
        "status": status,
        "code": code,
        "detail": detail,
        "errors": list(errors),
    }
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=CONTENT_TYPE)


def register_problems(api: NinjaAPI) -> None:
    """Let every error of the API leave as a problem."""
    _register_refusals(api)
    _register_errors(api)


def _register_refusals(api: NinjaAPI) -> None:

    def refused(request: HttpRequest, error: Refused) -> HttpResponse:
        refusal = error.refusal
        conflict = isinstance(error, Conflict) or refusal.code in _CONFLICTS
        detail = str(refusal.detail)
        errors = [{"field": refusal.field, "code": refusal.code, "detail": detail}] if refusal.field else []
        return problem(409 if conflict else 422, refusal.code, detail, errors)

    def too_soon(request: HttpRequest, error: TooSoon) -> HttpResponse:
        response = problem(429, error.refusal.code, str(error.refusal.detail))
        response["Retry-After"] = str(error.wait_seconds + 1)
        return response

    def not_found(request: HttpRequest, error: NotFound) -> HttpResponse:
        return problem(404, "not_found", _("There is no such thing, or it is not yours."))

    def forbidden(request: HttpRequest, error: Forbidden) -> HttpResponse:
        return problem(403, "forbidden", _("Your role, or the key's scopes, do not allow this."))

    api.exception_handler(Refused)(refused)
    api.exception_handler(TooSoon)(too_soon)
    api.exception_handler(NotFound)(not_found)
    api.exception_handler(Forbidden)(forbidden)


def _register_errors(api: NinjaAPI) -> None:
    def throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
        return too_many(wait_seconds(request))

    def http(request: HttpRequest, error: HttpError) -> HttpResponse:
        # django-ninja hides what the parser said of a body behind words of its own.
        said = error.__cause__
        if isinstance(said, ValidationError):
            return _invalid(request, said)
        if isinstance(said, HttpError):
            error = said
        return problem(error.status_code, CODES.get(error.status_code, "bad_request"), str(error))

    def too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
        return too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

    # Nothing is registered for what nobody foresaw: it has to leave the transaction first, which goes again
    # where the database ended it for another's sake.
    api.exception_handler(ValidationError)(_invalid)
    api.exception_handler(AuthenticationError)(_signed_out)
    api.exception_handler(Throttled)(throttled)
    api.exception_handler(HttpError)(http)
    api.exception_handler(RequestDataTooBig)(too_big)


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        {
            "field": _field(found["loc"], is_parsed=not isinstance(error, NotKept)),
            "code": found["type"],
            "detail": worded(found),
        }
        for found in error.errors
    ]
    return problem(422, "invalid", _("Some fields are not right."), errors)


def _field(place: Sequence[str | int], *, is_parsed: bool) -> str:
    """The path of a field in what was sent. Where that was parsed, the name that the body has in our code
    stands before it.
    """
    source, *path = place
    if is_parsed and source == "body":
        path = path[1:]
    return ".".join(map(str, path)) or str(source)


def _signed_out(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return signed_out(request)


def signed_out(request: HttpRequest) -> HttpResponse:
    """For who sent no secret, or one that is not valid; for their address it counts as asking."""
    if not is_let_in(request):
        return too_many(wait_seconds(request))
    response = problem(401, "signed_out", _("Sign in, or send a key that is valid."))
    response["WWW-Authenticate"] = "Bearer"
    return response


def too_many(seconds: float) -> HttpResponse:
    """For who asks too often; they may ask again after so many seconds."""
    response = problem(429, "too_many_requests", _("Too many requests; wait a little."))
    response["Retry-After"] = str(int(seconds) + 1)
    return response


def too_large(most: int) -> HttpResponse:
    """For a body of more than so many bytes."""
    return problem(413, "too_large", _("A body has at most {most} bytes here.").format(most=most))


def internal_error(request: HttpRequest, error: Exception) -> HttpResponse:
    """For what nobody foresaw: the log has it, the caller learns that nothing was done. A database that
    cannot be reached, or that ended a transaction that took too long, is worth another try.
    """
    _log.error("%s %s", request.method, request.path, exc_info=error)
    if isinstance(error, OperationalError):
        response = problem(503, "unavailable", _("The database cannot be asked now. Try again."))
        response["Retry-After"] = "5"
        return response
    return problem(500, "internal_error", _("This is a fault of ours; nothing was done."))
