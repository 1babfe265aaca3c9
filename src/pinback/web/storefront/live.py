"""Parts of pages that change by themselves."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def live_part(request: HttpRequest, template: str, context: dict[str, Any], state: str) -> HttpResponse:
    """The part that htmx asks for again and again. The page says in `was` what it shows; where that is over,
    what can be done has changed too, so the whole page is loaded anew.
    """
    response = render(request, template, context)
    if request.GET.get("was", state) != state:
        response["HX-Refresh"] = "true"
    return response
