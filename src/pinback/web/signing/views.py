"""Sign in, register, sign out: one page each, for buyers, shops and the operator alike."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST

from pinback.accounts.actions import end_session, register, start_session
from pinback.accounts.actions import sign_in as let_in
from pinback.accounts.models import Person
from pinback.kit import clock
from pinback.kit.refusals import Refused
from pinback.web.access import safe_next
from pinback.web.sessions import forget, remember, visitor_of
from pinback.web.signing.forms import RegisterForm, SignInForm


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in, and go on to where one was going."""
    form = SignInForm(request.POST or None)
    if form.is_valid():
        try:
            person, secret = let_in(
                form.cleaned_data["login"],
                form.cleaned_data["password"],
                address=request.META.get("REMOTE_ADDR", ""),
                now=clock.now(),
            )
        except Refused as refused:
            form.take(refused)
        else:
            return _enter(request, person, secret)
    context = {"form": form, "next": safe_next(request, "")}
    return render(request, "web/signing/sign_in.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Register, and be signed in."""
    form = RegisterForm(request.POST or None)
    if form.is_valid():
        try:
            person = register(
                form.cleaned_data["login"],
                name=form.cleaned_data["name"],
                password=form.cleaned_data["password"],
                language=get_language() or "zh-hans",
                address=request.META.get("REMOTE_ADDR", ""),
                now=clock.now(),
            )
        except Refused as refused:
            form.take(refused)
        else:
            return _enter(request, person, start_session(person, now=clock.now()))
    context = {"form": form, "next": safe_next(request, "")}
    return render(request, "web/signing/register.html", context, status=422 if form.errors else 200)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    acting = visitor_of(request).actor
    if acting is not None and acting.credential_id is not None:
        end_session(acting.credential_id, acting=acting, now=clock.now())
    response = redirect("home")
    forget(response)
    return response


def _enter(request: HttpRequest, person: Person, secret: str) -> HttpResponse:
    """Go on with the new session; the one that this browser had ends, whoever has copied it."""
    before = visitor_of(request).actor
    if before is not None and before.credential_id is not None:
        end_session(before.credential_id, acting=before, now=clock.now())
    response = redirect(safe_next(request, reverse("home")))
    remember(response, secret, person)
    return response
