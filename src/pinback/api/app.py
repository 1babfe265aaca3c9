"""The API put together: its routers, its errors, its transactions, its description."""

from importlib import import_module
from typing import Any

from ninja import NinjaAPI
from ninja.decorators import decorate_view
from ninja.operation import PathView

from pinback import __version__
from pinback.api.docs import LocalSwagger
from pinback.api.once import HEADER, keys_of, once, once_apart
from pinback.api.pace import Paced
from pinback.api.problems import Problem, register_problems
from pinback.api.reading import StrictParser
from pinback.api.signing_in import Bearer

ROUTERS = (
    "accounts",
    "shops",
    "catalog",
    "groups",
    "checkout",
    "wallet",
    "payments",
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
"""The modules of the API, each with a `router`; their paths are whole, below `/api/v1`."""

DESCRIPTION = """\
The market and the engine, for programs. Amounts are whole fen (`…_minor`), instants are UTC, ids are strings.

Errors are `application/problem+json` with a stable `code`. Any write may carry an `Idempotency-Key`: the same
key with the same request is carried out once and answered alike. Lists are paged by `cursor`.
"""


def _build() -> NinjaAPI:
    api = NinjaAPI(
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
    )
    register_problems(api)
    for name in ROUTERS:
        router = import_module(f"pinback.api.{name}").router
        for path_view in router.path_operations.values():
            _write_once(api, path_view)
            _name_operations(name, path_view)
        api.add_router("", router)
    return api


def _write_once(api: NinjaAPI, path_view: PathView) -> None:
    """Give every write of a path one transaction and one answer for a key, and describe its errors."""
    for operation in path_view.operations:
        operation.openapi_extra = {**_errors(), **(operation.openapi_extra or {})}
        if set(operation.methods) <= {"GET", "HEAD"}:
            continue
        keys = keys_of(operation.view_func)
        if keys is None:
            decorate_view(once)(operation.view_func)
        elif keys == "kept":
            decorate_view(once_apart)(operation.view_func)
        if keys != "passed over":
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


def _errors() -> dict[str, Any]:
    return {}


api = _build()
__all__ = ["Problem", "api"]
