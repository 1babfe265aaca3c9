"""Finds every route in the API's own description, and asks it with a body that is valid."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image

from pinback.api.app import api
from pinback.kit import clock
from tests.access.world import World

PREFIX = "/api/v1"
JSON = "application/json"


class Route(NamedTuple):
    """An operation of the API; `query` has the schemas of the query parameters that it needs."""

    method: str
    path: str
    is_public: bool
    body: Mapping[str, Any] | None
    query: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name in tables: `GET /orders/{order}`."""
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[str]:
        """The names in its path."""
        return [part.partition("}")[0] for part in self.path.split("{")[1:]]


class Answer(NamedTuple):
    """What came back."""

    status: int
    code: str
    text: str


def description() -> dict[str, Any]:
    """The API's description of itself."""
    return dict(api.get_openapi_schema())


def routes() -> list[Route]:
    """Every operation, in a fixed order."""
    found = []
    for path, item in description()["paths"].items():
        for method, operation in item.items():
            needed = {
                each["name"]: each["schema"]
                for each in operation.get("parameters", ())
                if each["in"] == "query" and each.get("required")
            }
            body = (operation.get("requestBody") or {}).get("content")
            is_public = not operation.get("security")
            found.append(Route(method.upper(), path.removeprefix(PREFIX), is_public, body, needed))
    return sorted(found, key=lambda route: (route.path, route.method))


class Asking:
    """Asks routes in a world, as somebody."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.schemas: Mapping[str, Any] = description()["components"]["schemas"]

    def ask(self, route: Route, who: str | None) -> Answer:
        """Ask a route, with everything in its path and body that makes sense."""
        headers = {} if who is None else {"Authorization": f"Bearer {self.world.secrets[who]}"}
        with clock.held_at(self.world.cast.now):
            response = Client(raise_request_exception=False).generic(
                route.method, PREFIX + self.address(route), headers=headers, **self._sent(route)
            )
            body = b"".join(response) if response.streaming else response.content
        text = body.decode(errors="replace")
        is_problem = "problem+json" in response.get("Content-Type", "")
        return Answer(response.status_code, json.loads(text)["code"] if is_problem else "", text)

    def address(self, route: Route) -> str:
        """The path of a route with everything filled in."""
        path = route.path
        for name in route.parameters:
            path = path.replace(f"{{{name}}}", self.world.value(path, name), 1)
        if route.query:
            query = {name: self.example(schema, name) for name, schema in route.query.items()}
            path += f"?{urlencode(query)}"
        return path

    def _sent(self, route: Route) -> dict[str, Any]:
        if route.body is None:
            return {}
        if JSON in route.body:
            body = self.example(route.body[JSON]["schema"])
            return {"data": json.dumps(body), "content_type": JSON}
        if "multipart/form-data" in route.body:
            return _multipart(route.body["multipart/form-data"]["schema"])
        # No events: the answer is that there are no decisions.
        return {"data": b"", "content_type": next(iter(route.body))}

    def example(self, schema: Mapping[str, Any], name: str = "") -> Any:
        """A value that fits a schema; where its name is that of a thing of the world, that thing."""
        known = self._known()
        if name in known:
            return known[name]
        if "$ref" in schema:
            return self.example(self.schemas[schema["$ref"].rpartition("/")[2]], name)
        if "anyOf" in schema:
            return self.example(schema["anyOf"][0], name)
        if schema.get("type") == "object":
            return dict(self._fields(schema))
        if schema.get("type") == "array":
            return [self.example(schema["items"])] if schema.get("minItems") else []
        return self._plain(schema)

    def _fields(self, schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        required = schema.get("required", ())
        for name, part in schema.get("properties", {}).items():
            if name in required or name in ("name", "version"):
                yield name, self.example(part, name)

    def _plain(self, schema: Mapping[str, Any]) -> Any:
        if "enum" in schema:
            return schema["enum"][0]
        if schema.get("format") == "date-time":
            return (self.world.cast.now + timedelta(days=2)).isoformat()
        if schema.get("examples"):
            return schema["examples"][0]
        if "example" in schema:
            return schema["example"]
        if schema.get("type") == "integer":
            return max(schema.get("minimum", 1), 1)
        if schema.get("type") == "boolean":
            return False
        return "x" * max(schema.get("minLength", 1), 8)

    def _known(self) -> dict[str, Any]:
        names = self.world.names
        return {
            **{name: names[name] for name in ("product", "sku", "address")},
            "target": names["group"],
            "login": "zoe@example.com",
            "url": "https://shop.example/hook",
            "old": "correct horse battery",
            "new": "another horse battery",
            "table": f"order,carrier,tracking\n{names['order']},sandbox,T9",
            "scopes": ["orders.read"],
            "ends_at": (self.world.cast.now + timedelta(days=9)).isoformat(),
        }


def _multipart(schema: Mapping[str, Any]) -> dict[str, Any]:
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    files = {
        name: SimpleUploadedFile("x.png", picture.getvalue(), "image/png") for name in schema["properties"]
    }
    return {"data": encode_multipart(BOUNDARY, files), "content_type": MULTIPART_CONTENT}
