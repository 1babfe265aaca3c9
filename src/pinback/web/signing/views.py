"""Sign in, register, sign out: one page each, for buyers, shops and the operator alike."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST

from pinback.accounts.actions import register, start_session
from pinback.accounts.models import Person
from pinback.kit import clock
from pinback.kit.refusals import Refused
from pinback.web.access import safe_next
from pinback.web.sessions import forget, remember
from pinback.web.signing.forms import RegisterForm, SignInForm


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in, and go on to where one was going."""
    form = SignInForm(request.POST or None)
    if form.is_valid():
        person = Person.objects.filter(login=form.cleaned_data["login"], is_active=True).first()
        if person is not None and person.check_password(form.cleaned_data["password"]):
            return _enter(request, person)
        form.add_error("login", "Login or password is wrong.")
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
                now=clock.now(),
            )
        except Refused as refused:
            form.take(refused)
        else:
            return _enter(request, person)
    context = {"form": form, "next": safe_next(request, "")}
    return render(request, "web/signing/register.html", context, status=422 if form.errors else 200)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    response = redirect("home")
    forget(response)
    return response


def _enter(request: HttpRequest, person: Person) -> HttpResponse:
    response = redirect(safe_next(request, reverse("home")))
    remember(response, start_session(person, now=clock.now()), person)
    return response
