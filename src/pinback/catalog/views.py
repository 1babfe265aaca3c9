"""Serves the pictures of products: public, and the same for ever, since a name is never used again."""

from collections.abc import Callable
from pathlib import Path

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from pinback.catalog.pictures import CONTENT_TYPE, path_of, sized
from pinback.kit.refusals import NotFound


@require_safe
def picture(request: HttpRequest, name: str) -> FileResponse:  # noqa: ARG001 - everybody may see it
    """A picture by its name."""
    return _served(lambda: path_of(name))


@require_safe
def sized_picture(request: HttpRequest, width: int, name: str) -> FileResponse:  # noqa: ARG001 - as above
    """A picture by its name, at most so wide."""
    return _served(lambda: sized(name, width))


def _served(find: Callable[[], Path]) -> FileResponse:
    try:
        file = find().open("rb")
    except (NotFound, OSError):
        raise Http404 from None
    response = FileResponse(file, content_type=CONTENT_TYPE)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response
