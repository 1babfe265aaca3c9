"""What somebody says of themselves: name, language, password, sessions, and where things are sent."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pinback.accounts import actions
from pinback.accounts.actors import Actor
from pinback.accounts.models import Address
from pinback.accounts.queries import address_for, addresses_of, other_sessions_of
from pinback.catalog.queries import id_or_not_found
from pinback.kit import clock
from pinback.kit.refusals import Refused
from pinback.web.access import safe_next, signed_in
from pinback.web.sessions import remember, visitor_of
from pinback.web.storefront.forms import AddressForm, KeptAddressForm, PasswordForm, ProfileForm


@require_safe
@signed_in
def account(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """Who is signed in, and the ways to what is theirs."""
    context = {"sessions": other_sessions_of(acting, now=clock.now()), "acting": acting}
    return render(request, "storefront/account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def profile(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """Name and language."""
    person = visitor_of(request).person
    assert person is not None
    form = ProfileForm(request.POST or None, initial={"name": person.name, "language": person.language})
    if request.method == "POST" and form.is_valid():
        try:
            changed = actions.change_profile(**form.cleaned_data, acting=acting)
        except Refused as refused:
            form.take(refused)
        else:
            with translation.override(changed.language):
                messages.success(request, _("It is changed."))
            response = redirect("account")
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, changed.language, samesite="Lax")
            return response
    context = {"form": form, "place": "account"}
    return render(request, "storefront/profile.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def password(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """A new password; all sessions end, and this browser gets a new one."""
    person = visitor_of(request).person
    assert person is not None
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_password(**form.cleaned_data, acting=acting, now=clock.now())
        except Refused as refused:
            form.take(refused)
        else:
            messages.success(request, _("The password is changed, and you are signed out everywhere else."))
            response = redirect("account")
            remember(response, actions.start_session(person, now=clock.now()), person)
            if acting.credential_id is not None:
                actions.end_session(acting.credential_id, acting=acting, now=clock.now())
            return response
    context = {"form": form, "place": "account"}
    return render(request, "storefront/password.html", context, status=422 if form.errors else 200)


@require_POST
@signed_in
def sign_out_elsewhere(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """End all other sessions."""
    actions.end_other_sessions(acting=acting, now=clock.now())
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("account")


@require_safe
@signed_in
def addresses(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """Where things are sent, the default first."""
    context = {"addresses": addresses_of(acting), "place": "account"}
    return render(request, "storefront/addresses.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new_address(request: HttpRequest, *, acting: Actor) -> HttpResponse:
    """Add an address; then back to where one came from."""
    form = KeptAddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            is_default = form.cleaned_data["is_default"]
            actions.add_address(form.terms(), is_default=is_default, acting=acting)
        except Refused as refused:
            form.take(refused)
        else:
            return redirect(safe_next(request, "/addresses/"))
    context = {"form": form, "next": safe_next(request, ""), "place": "account"}
    return render(request, "storefront/address.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def address(request: HttpRequest, address: str, *, acting: Actor) -> HttpResponse:
    """Change an address."""
    found = address_for(acting, id_or_not_found("address", address))
    names = (*AddressForm.base_fields, "is_default", "version")
    form = KeptAddressForm(request.POST or None, initial={name: getattr(found, name) for name in names})
    if request.method == "POST" and form.is_valid():
        try:
            _change(found, form, acting)
        except Refused as refused:
            form.take(refused)
        else:
            return redirect("addresses")
    context = {"form": form, "address": found, "place": "account"}
    return render(request, "storefront/address.html", context, status=422 if form.errors else 200)


def _change(found: Address, form: KeptAddressForm, acting: Actor) -> None:
    given = form.cleaned_data
    actions.change_address(
        found.pk,
        form.terms(),
        is_default=given["is_default"],
        version=given["version"] or found.version,
        acting=acting,
    )


@require_POST
@signed_in
def address_act(request: HttpRequest, address: str, *, acting: Actor) -> HttpResponse:
    """Make an address the default, or remove it."""
    found = address_for(acting, id_or_not_found("address", address))
    match request.POST.get("act"):
        case "default":
            terms = actions.AddressTerms(found.recipient, found.phone, found.region, found.street)
            actions.change_address(found.pk, terms, is_default=True, version=found.version, acting=acting)
        case "remove":
            actions.remove_address(found.pk, acting=acting)
            messages.success(request, _("The address is removed. Orders keep theirs."))
    return redirect("addresses")
