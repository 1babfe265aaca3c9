"""Who works for the shop, and as what."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from pinback.accounts import actions, queries
from pinback.accounts.actors import Actor
from pinback.accounts.models import Shop
from pinback.accounts.rules import MAY
from pinback.catalog.queries import id_or_not_found
from pinback.kit import clock
from pinback.kit.refusals import Refused
from pinback.web.access import for_shop
from pinback.web.seller import words
from pinback.web.seller.access_forms import PERMISSIONS, RoleForm, StaffForm


@require_http_methods(["GET", "HEAD", "POST"])
@for_shop("staff.write")
def staff(request: HttpRequest, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Everybody with their role, and letting somebody else in."""
    form = StaffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = actions.add_staff(shop.name, **form.cleaned_data, acting=acting, now=clock.now())
        except Refused as refused:
            form.take(refused)
        else:
            text = _("{name} works for the shop now.")
            messages.success(request, text.format(name=added.person.name))
            return redirect("seller-staff", shop=shop.name)
    context = {
        "place": "staff",
        "shop": shop,
        "rows": [(row, words.ROLES[row.role]) for row in queries.staff_of_shop(acting, shop.name)],
        "form": form,
        "roles": words.ROLES.values(),
        "permissions": [
            (text, [name in MAY[role] for role in words.ROLES]) for name, text in PERMISSIONS.items()
        ],
    }
    return render(request, "seller/staff/staff.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_shop("staff.write")
def member(request: HttpRequest, person: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """One of them: another role, or leaving, with what ends then."""
    person_id = id_or_not_found("staff", person)
    found = queries.staff_member(acting, shop.name, person_id)
    is_role = request.method == "POST" and "role" in request.POST
    form = RoleForm(request.POST if is_role else None, initial={"role": found.role})
    if request.method == "POST" and (not is_role or form.is_valid()):
        try:
            text = _change(shop, person_id, form if is_role else None, acting)
        except Refused as refused:
            form.take(refused) if is_role else messages.error(request, str(refused.refusal.detail))
        else:
            messages.success(request, text.format(name=found.person.name))
            return redirect("seller-staff", shop=shop.name)
    keys = queries.keys_of_shop(acting, shop.name).filter(person_id=person_id, revoked_at=None)
    context = {
        "place": "staff",
        "shop": shop,
        "member": found,
        "role": words.ROLES[found.role],
        "form": form,
        "keys": keys.count(),
        "is_self": person_id == acting.person_id,
        "is_only_staff": queries.is_only_staff(found.person),
    }
    return render(request, "seller/staff/member.html", context, status=422 if form.errors else 200)


def _change(shop: Shop, person_id: int, form: RoleForm | None, acting: Actor) -> str:
    """Give somebody the role of a form, or let them go (None); what to say of it."""
    if form is not None:
        actions.change_role(shop.name, person_id, role=form.cleaned_data["role"], acting=acting)
        return _("{name} has another role now.")
    actions.remove_staff(shop.name, person_id, acting=acting, now=clock.now())
    return _("{name} works for the shop no more.")


@require_POST
@for_shop("staff.write")
def link(request: HttpRequest, person: str, *, shop: Shop, acting: Actor) -> HttpResponse:
    """Make a link for a new password. The answer shows it: there is no other page that could."""
    found = queries.staff_member(acting, shop.name, id_or_not_found("staff", person))
    path = actions.make_staff_link(shop.name, found.person_id, acting=acting, now=clock.now())
    context = {"place": "staff", "shop": shop, "member": found, "link": request.build_absolute_uri(path)}
    response = render(request, "seller/staff/link.html", context)
    response["Cache-Control"] = "no-store"
    return response
