"""Showing a page of the console: its place in the menu, and the zone in which its times are written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from pinback.insight.operating import usual_zone


def shown(
    request: HttpRequest, template: str, place: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page: `template` within `operator/`. Times of a shop are shown in its zone, others in the zone that
    most shops keep.
    """
    known = {"place": place, "zone": usual_zone(), **context}
    return render(request, f"operator/{template}.html", known, status=status)
