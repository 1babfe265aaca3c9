"""What django-ninja's description of the API leaves out: the problems that each operation may answer with,
what the tags are, where the server is, whole examples of the main writes.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from pinback.api.examples import EXAMPLES
from pinback.api.problems import CONTENT_TYPE, Problem

Json = dict[str, Any]

_TEMPLATE = "#/components/schemas/{model}"

TAGS = {
    "People": "Registering, signing in and out, and what people keep: name, password, sessions, addresses.",
    "Shops": "Shops, their staff with roles, and keys for their programs.",
    "Products": "What is on sale, and how a shop offers it: variants, prices, stock, pictures.",
    "Groups": "Groups of buyers, and those of a product that can be joined.",
    "Orders": "Quoting, placing, paying and cancelling an order, and leaving a group.",
    "Wallet": "A buyer's vouchers, and what a buyer owes.",
    "Payments": "How payments stand; in the sandbox also how they end.",
    "Providers": "Where payment providers send their notices, signed and in their own form.",
    "Parcels": "Shipping, following and receiving parcels.",
    "After sales": "Refunds with their exact split, compensation and reviews.",
    "Marketing": "Campaigns that give vouchers, their fee, and themed activities.",
    "Links": "Share links, and where they lead.",
    "Funds": "A shop's money: balances, statement and payouts.",
    "Reports": "What was sold, and what a campaign came to.",
    "Operator": "For the operator of this installation.",
    "Engine": "For shops that bring their own orders: events in, decisions out, and the state between.",
    "Webhooks": "Where Pinback tells a shop's programs what happened, and what became of each delivery.",
    "Sandbox": "The clock, where there is no real money.",
}

_RESPONSES = {
    "400": ("BadRequest", "What was sent cannot be read."),
    "401": ("SignedOut", "No secret was sent, or it is not valid (any more)."),
    "403": ("Forbidden", "Your role, or the scopes of the key, do not allow this."),
    "404": ("NotFound", "There is no such thing, or it is not yours."),
    "409": ("Conflict", "Things have changed, or the state they are in does not allow this."),
    "413": ("TooLarge", "The body is too large."),
    "415": ("UnsupportedMediaType", "The body is of a kind that this does not take."),
    "422": ("Unprocessable", "A field is not right, or a rule refuses this; `code` says which."),
    "429": ("TooManyRequests", "You asked too often."),
    "default": ("Unforeseen", "An error that nobody foresaw (500), or a database that is away (503)."),
}
_HEADERS: Json = {
    "RetryAfter": {
        "description": "seconds after which to ask again",
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimitPolicy": {
        "description": "how many requests there are in how many seconds",
        "schema": {"type": "string", "examples": ['"default";q=3000;w=60']},
    },
    "RateLimit": {
        "description": "how many requests are left, and after how many seconds all of them are there again",
        "schema": {"type": "string", "examples": ['"default";r=2999;t=1']},
    },
}
_HEADERS_OF = {
    "429": {"Retry-After": "RetryAfter", "RateLimit-Policy": "RateLimitPolicy", "RateLimit": "RateLimit"},
    "default": {"Retry-After": "RetryAfter"},
}


class DescribedAPI(NinjaAPI):
    """An API with the whole description."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: Json | None = None
    ) -> OpenAPISchema:
        """The OpenAPI document."""
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["servers"] = [{"url": settings.PINBACK_PUBLIC_URL or "/", "description": "this installation"}]
        _describe(schema)
        return schema


def _describe(schema: Json) -> None:
    components = schema["components"]
    _add_problem(components)
    used = set()
    for path, method, operation in operations_of(schema):
        responses = {str(status): response for status, response in operation["responses"].items()}
        for status in _statuses(path, method, operation):
            responses.setdefault(status, {"$ref": f"#/components/responses/{_RESPONSES[status][0]}"})
        operation["responses"] = responses
        _add_examples(operation)
        used.update(operation["tags"])
    schema["tags"] = [{"name": name, "description": text} for name, text in TAGS.items() if name in used]


def operations_of(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, Json]]:
    """(path, method, operation) of a description."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _add_problem(components: Json) -> None:
    problem = Problem.model_json_schema(ref_template=_TEMPLATE)
    components["schemas"].update({**problem.pop("$defs"), "Problem": problem})
    components["headers"] = _HEADERS
    components["responses"] = {
        name: {
            "description": description,
            "content": {CONTENT_TYPE: {"schema": {"$ref": _TEMPLATE.format(model="Problem")}}},
            "headers": {
                header: {"$ref": f"#/components/headers/{component}"}
                for header, component in _HEADERS_OF.get(status, {}).items()
            },
        }
        for status, (name, description) in _RESPONSES.items()
    }


def _statuses(path: str, method: str, operation: Json) -> Iterator[str]:
    """What an operation may answer with when it is not carried out."""
    has_body, is_write = "requestBody" in operation, method != "get"
    if is_write:
        yield from ("400", "409")
    if operation.get("security"):
        # What is not for somebody is not there for them: not even the address.
        yield from ("401", "403", "404")
    if "{" in path or has_body:
        yield "404"
    if has_body:
        yield from ("413", "415")
    if is_write or operation["parameters"]:
        yield "422"
    yield from ("429", "default")


def _add_examples(operation: Json) -> None:
    examples = EXAMPLES.get(operation["operationId"])
    if examples is not None:
        body = operation["requestBody"]["content"]["application/json"]
        body["examples"] = {
            name: {"summary": summary, "value": value} for name, (summary, value) in examples.items()
        }
