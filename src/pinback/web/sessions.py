"""The session of a browser: a cookie with the secret of a session of the accounts, the same that the API
knows.

So a session that is ended anywhere is ended here too. The cookie is for the server alone (HttpOnly,
SameSite=Lax); forms carry Django's CSRF token.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from pinback.accounts.actions import SESSION
from pinback.accounts.actors import Actor
from pinback.accounts.models import Person
from pinback.api.signing_in import Bearer

COOKIE = "pinback_session"

Respond = Callable[[HttpRequest], HttpResponse]


class SessionMiddleware:
    """Finds out who is there, when somebody asks."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Give the request its actor and its person."""
        if not request.path.startswith("/api/"):
            request.visitor = SimpleLazyObject(lambda: Visitor(request))  # type: ignore[attr-defined]
        return self.get_response(request)


class Visitor:
    """Who is there: found once, at the first question."""

    def __init__(self, request: HttpRequest) -> None:
        secret = request.COOKIES.get(COOKIE, "")
        self.actor: Actor | None = Bearer().authenticate(request, secret) if secret else None
        self.person: Person | None = None
        if self.actor is not None:
            if self.actor.is_key:
                self.actor = None
            else:
                self.person = Person.objects.filter(pk=self.actor.person_id).first()


def visitor_of(request: HttpRequest) -> Visitor:
    """The visitor of a page."""
    visitor: Visitor = request.visitor  # type: ignore[attr-defined]
    return visitor


def remember(response: HttpResponse, secret: str, person: Person) -> None:
    """Let the browser keep a new session, and the person's language."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(SESSION.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=settings.CSRF_COOKIE_SECURE,
    )
    if person.language in dict(settings.LANGUAGES) and translation.get_language() != person.language:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, person.language, samesite="Lax")


def forget(response: HttpResponse) -> None:
    """Let the browser forget its session."""
    response.delete_cookie(COOKIE, samesite="Lax")
