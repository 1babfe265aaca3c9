"""Pages whose parts htmx asks for under the same address: which is wanted, and when a page is out of date."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part; when it restores a page that one goes back to, it wants all of it."""
    headers = request.headers
    return bool(headers.get("HX-Request")) and not headers.get("HX-History-Restore-Request")


def part_or_page(
    request: HttpRequest, part: str, page: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The part that htmx asks for, or the whole page; a browser keeps the two apart."""
    response = render(request, part if wants_part(request) else page, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def live_part(request: HttpRequest, template: str, context: dict[str, Any], state: str) -> HttpResponse:
    """The part that htmx asks for again and again. The page says in `was` what it shows; where that is over,
    what can be done has changed too, so the whole page is loaded anew.
    """
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    if request.GET.get("was", state) != state:
        response["HX-Refresh"] = "true"
    return response
