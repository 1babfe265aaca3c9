"""The pages of the engine: the list of shops, and a shop's report."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pinback.insight.queries import UnknownShop, number_of_shops, shop_report, shops
from pinback.web.access import check_may_see_reports
from pinback.web.engine.shop_page import ShopPage

SHOPS_ON_A_PAGE = 50


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The only shop's report, or the list of shops, or what to do where there is none."""
    check_may_see_reports(request, shop=None)
    number = number_of_shops()
    if number == 1:
        return redirect("shop", shop=shops(most=1)[0].shop)
    page = Paginator(range(number), SHOPS_ON_A_PAGE).get_page(request.GET.get("page"))
    listed = shops(start=max(page.start_index() - 1, 0), most=SHOPS_ON_A_PAGE)
    return render(request, "web/shops.html", {"shops": listed, "page": page})


@require_safe
def shop(request: HttpRequest, shop: str) -> HttpResponse:
    """A shop's report."""
    check_may_see_reports(request, shop=shop)
    try:
        report = shop_report(shop)
    except UnknownShop as unknown:
        raise Http404(_("There is no shop of that name.")) from unknown
    context = {"page": ShopPage(report), "report": report, "is_one_of_many": number_of_shops() > 1}
    return render(request, "web/shop.html", context)
