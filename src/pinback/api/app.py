"""The API put together: its routers, its errors, its transactions, its description."""

from importlib import import_module

from ninja import NinjaAPI
from ninja.decorators import decorate_view
from ninja.operation import PathView

from pinback import __version__
from pinback.api.describing import DescribedAPI
from pinback.api.docs import LocalSwagger
from pinback.api.once import HEADER, keys_of, once, once_apart
from pinback.api.pace import Paced
from pinback.api.problems import Problem, register_problems
from pinback.api.reading import StrictParser
from pinback.api.rendering import Json
from pinback.api.signing_in import Bearer

ROUTERS = (
    "checkout",
    "payments",
    "catalog",
    "wallet",
    "accounts",
    "shops",
    "groups",
    "marketing",
    "links",
    "funds",
    "insight",
    "operator",
    "delivery",
    "desk",
    "goodwill",
    "engine",
    "news",
    "hooks",
    "sandbox",
)
"""The modules of the API, each with a `router`; their paths are whole, below `/api/v1`. Addresses are looked
for in this order: what is asked most often comes first.
"""

DESCRIPTION = """\
The market and the engine, for programs. Amounts are whole fen (`…_minor`), instants are UTC, ids are strings.

Errors are `application/problem+json` (RFC 9457) with a stable `code`, the fields that are wrong, and
words for people in the language of `Accept-Language` (English or 简体中文). A write may carry an
`Idempotency-Key`: the same key with the same request is carried out once and answered alike, for three
days; the same key with another request is refused. A key belongs to the token or API key that it came
with: after signing in anew it is a new one. Lists are paged by `cursor`. Whoever asks too often
gets 429 with `Retry-After`; `RateLimit` says how much is left.
"""


def _build() -> NinjaAPI:
    api = DescribedAPI(
        title="Pinback",
        version=__version__,
        description=DESCRIPTION,
        urls_namespace="api",
        auth=Bearer(),
        throttle=Paced(),
        openapi_url="/openapi.json",
        docs_url="/docs",
        docs=LocalSwagger(),
        parser=StrictParser(),
        renderer=Json(),
    )
    register_problems(api)
    for name in ROUTERS:
        router = import_module(f"pinback.api.{name}").router
        for path_view in router.path_operations.values():
            _write_once(path_view)
            _name_operations(name, path_view)
        api.add_router("", router)
    return api


def _write_once(path_view: PathView) -> None:
    """Give every write of a path one transaction and one answer for a key."""
    for operation in path_view.operations:
        if set(operation.methods) <= {"GET", "HEAD"}:
            continue
        keys = keys_of(operation.view_func)
        if keys is None:
            decorate_view(once)(operation.view_func)
        elif keys == "kept":
            decorate_view(once_apart)(operation.view_func)
        if keys != "passed over":
            operation.openapi_extra = operation.openapi_extra or {}
            operation.openapi_extra["parameters"] = [
                {
                    "in": "header",
                    "name": HEADER,
                    "required": False,
                    "schema": {"type": "string", "maxLength": 255},
                    "description": "carries this write out once, however often it is sent",
                }
            ]


def _name_operations(module: str, path_view: PathView) -> None:
    """Call each operation what generated clients shall call it: its module and function, as in
    `checkout_place`.
    """
    for operation in path_view.operations:
        operation.operation_id = f"{module}_{operation.view_func.__name__}"


api = _build()
__all__ = ["Problem", "api"]
