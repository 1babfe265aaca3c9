"""The storefront's first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is on offer; where there is no market yet, the reports of the engine."""
    return redirect("engine")
