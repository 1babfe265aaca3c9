"""Errors as problem+json (RFC 9457): a stable `code`, a text for people, and the fields that were wrong."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from pydantic import BaseModel, Field

from pinback.accounts.queries import Forbidden
from pinback.kit.refusals import Conflict, NotFound, Refused, TooSoon

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


def problem(
    api: NinjaAPI, request: HttpRequest, status: int, code: str, detail: str, errors: list[Any] | None = None
) -> HttpResponse:
    """A problem as a response."""
    titles = {
        400: "Bad request",
        401: "Not signed in",
        403: "Not allowed",
        404: "Not found",
        409: "Conflict",
        413: "Too large",
        422: "Unprocessable",
        429: "Too many requests",
    }
    body = {
        "type": "about:blank",
        "title": titles.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
        "errors": errors or [],
    }
    response = api.create_response(request, body, status=status)
    response["Content-Type"] = CONTENT_TYPE
    return response


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
        return problem(api, request, 409 if conflict else 422, refusal.code, detail, errors)

    def too_soon(request: HttpRequest, error: TooSoon) -> HttpResponse:
        response = problem(api, request, 429, error.refusal.code, str(error.refusal.detail))
        response["Retry-After"] = str(error.wait_seconds + 1)
        return response

    def not_found(request: HttpRequest, error: NotFound) -> HttpResponse:
        return problem(api, request, 404, "not_found", _("There is no such thing, or it is not yours."))

    def forbidden(request: HttpRequest, error: Forbidden) -> HttpResponse:
        return problem(
            api, request, 403, "forbidden", _("Your role, or the key's scopes, do not allow this.")
        )

    api.exception_handler(Refused)(refused)
    api.exception_handler(TooSoon)(too_soon)
    api.exception_handler(NotFound)(not_found)
    api.exception_handler(Forbidden)(forbidden)


def _register_errors(api: NinjaAPI) -> None:
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        errors = [
            {
                "field": ".".join(str(part) for part in found["loc"][1:]) or str(found["loc"][0]),
                "code": found["type"],
                "detail": found["msg"],
            }
            for found in error.errors
        ]
        return problem(api, request, 422, "invalid", _("Some fields are not right."), errors)

    def signed_out(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        response = problem(api, request, 401, "signed_out", _("Sign in, or send a key that is valid."))
        response["WWW-Authenticate"] = "Bearer"
        return response

    def throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
        response = problem(api, request, 429, "too_many_requests", _("Too many requests; wait a little."))
        if error.wait:
            response["Retry-After"] = str(int(error.wait) + 1)
        return response

    def http(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(api, request, error.status_code, "bad_request", str(error))

    api.exception_handler(ValidationError)(invalid)
    api.exception_handler(AuthenticationError)(signed_out)
    api.exception_handler(Throttled)(throttled)
    api.exception_handler(HttpError)(http)
