"""Reviews: said by those who received something, read by everybody."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pinback.accounts.actors import Actor
from pinback.accounts.queries import shop_named
from pinback.catalog.queries import product_on_sale
from pinback.checkout.pages import order_page
from pinback.checkout.queries import order_of_buyer
from pinback.desk import actions as desk
from pinback.desk import queries
from pinback.kit import clock
from pinback.kit.refusals import NotFound, Refused
from pinback.web.access import signed_in
from pinback.web.storefront.forms import ReviewForm
from pinback.web.storefront.live import part_or_page


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def review(request: HttpRequest, order: str, *, acting: Actor) -> HttpResponse:
    """Say what one thinks of the next line of an order that has no review yet."""
    page = order_page(order_of_buyer(acting, order))
    said = {review.line for review in queries.reviews_of_order(acting, order)}
    left = [item for item in page.items if item.number not in said]
    if page.state.status != "received" or not left:
        return redirect("order", order=order)
    asked = request.POST.get("line", "")
    item = next((item for item in left if str(item.number) == asked), left[0])
    form = ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            given = form.cleaned_data
            desk.review(order, item.number, given["stars"], given["text"], acting=acting, now=clock.now())
        except Refused as refused:
            form.take(refused)
        else:
            messages.success(request, _("Thank you. Others can read it now."))
            return redirect("review" if len(left) > 1 else "order", order=order)
    context = {"page": page, "item": item, "form": form}
    return render(request, "storefront/review.html", context, status=422 if form.errors else 200)


@require_safe
def of_product(request: HttpRequest, product: str) -> HttpResponse:
    """What is said of a product; the next page by htmx, without its surroundings."""
    found = product_on_sale(product)
    page = queries.reviews_of(found.pk, cursor=request.GET.get("cursor"))
    number, average = queries.stars_of(found.pk)
    context = {
        "product": found,
        "zone": found.shop.timezone,
        "reviews": page.rows,
        "next_cursor": page.next_cursor,
    }
    context |= {"number": number, "average": average}
    return part_or_page(request, "storefront/review_list.html", "storefront/reviews.html", context)


@require_safe
def of_shop(request: HttpRequest, shop: str) -> HttpResponse:
    """What is said of all products of a shop."""
    found = shop_named(shop)
    if found.status != "open":
        raise NotFound("shop", shop)
    page = queries.reviews_of_shop(found, cursor=request.GET.get("cursor"))
    number, average = queries.stars_of_shop(found)
    context = {"shop": found, "zone": found.timezone, "reviews": page.rows, "next_cursor": page.next_cursor}
    context |= {"number": number, "average": average}
    return part_or_page(request, "storefront/review_list.html", "storefront/reviews.html", context)
