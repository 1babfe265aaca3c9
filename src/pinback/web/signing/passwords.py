"""A new password by a one-time link.

The link's token comes in an address, which a browser keeps, shows and passes on. So the first page takes it
into a cookie that only the next page gets, and sends the browser there; that one's address says nothing.
"""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pinback.accounts.actions import ask_for_link, set_password_by_link
from pinback.accounts.links import person_by_link
from pinback.accounts.queries import sends_mail
from pinback.kit import clock
from pinback.web.sessions import forget, visitor_of
from pinback.web.signing.forms import AskForm, NewPasswordForm

COOKIE = "pinback_link"
_COOKIE_SECONDS = 3600


@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail. Whether anybody has the login makes no difference to what one sees."""
    form = AskForm(request.POST or None)
    address = request.META.get("REMOTE_ADDR", "")
    if sends_mail() and form.try_to(
        lambda given: ask_for_link(given["login"], address=address, now=clock.now())
    ):
        return redirect("password-asked")
    context = {"form": form, "sends_mail": sends_mail(), "contact": settings.PINBACK_CONTACT}
    return render(request, "web/signing/forgotten.html", context, status=422 if form.errors else 200)


@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """What happens now, said to everybody alike."""
    return render(request, "web/signing/asked.html", {"contact": settings.PINBACK_CONTACT})


@never_cache
@require_safe
def link(request: HttpRequest, person: str, token: str) -> HttpResponse:
    """Where a link leads: the token goes into a cookie. To look, as scanners of mail do, is not to use it."""
    response = redirect("password-new")
    response.set_cookie(
        COOKIE,
        f"{person}.{token}",
        max_age=_COOKIE_SECONDS,
        path=reverse("password-new"),
        httponly=True,
        samesite="Lax",
        secure=settings.CSRF_COOKIE_SECURE,
    )
    response["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Set the new password of a link. Then one signs in with it: nobody gets in by the link alone."""
    public, _dot, token = request.COOKIES.get(COOKIE, "").partition(".")
    person = person_by_link(public, token)
    form = NewPasswordForm(request.POST or None)
    if person is not None and form.try_to(
        lambda given: set_password_by_link(public, token, given["new"], now=clock.now())
    ):
        return _set(request, person.pk)
    if person is None:
        response = render(request, "web/signing/link_over.html", status=410)
        response.delete_cookie(COOKIE, path=reverse("password-new"), samesite="Lax")
        return response
    context = {"form": form, "person": person}
    return render(request, "web/signing/new_password.html", context, status=422 if form.errors else 200)


def _set(request: HttpRequest, person_id: int) -> HttpResponse:
    messages.success(request, _("The new password is set, and all sessions ended. Sign in with it."))
    response = redirect("sign-in")
    response.delete_cookie(COOKIE, path=reverse("password-new"), samesite="Lax")
    here = visitor_of(request).person
    if here is None or here.pk == person_id:
        forget(response)
    return response
