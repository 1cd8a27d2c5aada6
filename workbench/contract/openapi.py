"""The REST routes as an OpenAPI 3.1 document."""

from __future__ import annotations

from typing import Any

from workbench import __version__
from workbench.contract import examples, live_examples, market_examples, more_examples, wording
from workbench.contract.failures import codes_below
from workbench.contract.operation import JSON, Operation
from workbench.contract.operations import OPERATIONS
from workbench.contract.parameters import RUN_ID, Parameter
from workbench.contract.schemas import DIALECT, Schema, components
from workbench.errors import (
    NotAllowed,
    PayloadTooLarge,
    UnsupportedMediaType,
    WorkbenchError,
)
from workbench.feeds.checking import NAME, FeedRequest
from workbench.runs.combination import OpenRequest
from workbench.runs.publication import PublishRequest
from workbench.runs.request import StartRequest
from workbench.sessions.request import LiveRequest

SCHEMAS = "#/components/schemas/"
_DESCRIPTION = (
    "Start, control and read runs, feeds of markets and live sessions. Streams are described by "
    "`asyncapi.json`. Prometheus metrics are at the Jupyter server's own `/metrics`. A method "
    "that a route does not have is refused with 405, code `method_not_allowed`, and the header "
    "`Allow`.\n\n" + wording.UNITS
)
_RUN = {
    "name": "backtest_id",
    "in": "path",
    "required": True,
    "description": "The `backtest_id` of the start reply.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.-]+$"},
    "example": RUN_ID,
}
_FEED = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "The `name` of the start reply: the symbol, unless another was given.",
    "schema": {"type": "string", "pattern": f"^{NAME}$"},
    "example": "BTC-USD",
}
_SESSION = {
    "name": "session_id",
    "in": "path",
    "required": True,
    "description": "The `session_id` of the start reply; routes of runs know it, too.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.-]+$"},
    "example": live_examples.SESSION,
}
_PLACES = {"backtest_id": _RUN, "name": _FEED, "session_id": _SESSION}
_BODIES: dict[Any, Any] = {
    StartRequest: examples.START,
    PublishRequest: examples.PUBLISH,
    OpenRequest: more_examples.OPEN,
    FeedRequest: market_examples.START,
    LiveRequest: live_examples.START,
}
_MEANINGS = {
    400: "The request is wrong.",
    403: "Nobody known asks (`not_authenticated`), or the right is missing.",
    404: "There is no such run, session or feed.",
    409: "The present state of the run, session or feed does not allow this.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    503: "As many feeds, or sessions, run as may; try again later.",
    422: "The candles are missing or broken.",
}


def document() -> Schema:
    """Return the document."""
    schemas = components(SCHEMAS)
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        path = paths.setdefault(operation.path, {})
        for name in _PLACES:
            if f"{{{name}}}" in operation.path:
                path["parameters"] = [{"$ref": f"#/components/parameters/{name}"}]
        path[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": f"{wording.TITLE}: runs",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": wording.LICENSE,
        },
        "servers": [
            {
                "url": "http://localhost:8888",
                "description": "A Jupyter server with the extension; all paths are below its "
                "base URL.",
            }
        ],
        "security": [{name: []} for name in wording.SECURITY],
        "paths": paths,
        "components": {
            "parameters": _PLACES,
            "schemas": schemas,
            "securitySchemes": {
                name: {"type": "apiKey", **each} for name, each in wording.SECURITY.items()
            },
        },
        "x-error-codes": wording.error_codes(),
    }


def _operation(operation: Operation, schemas: dict[str, Schema]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "x-right": operation.right,
    }
    if operation.description:
        made["description"] = operation.description
    if operation.query:
        made["parameters"] = [_parameter(each) for each in operation.query]
    if operation.body is not None:
        made["requestBody"] = {"required": True, "content": {JSON: _body(operation, schemas)}}
    reply: dict[str, Any] = {"description": "Done."}
    if operation.status != 204:
        shape: Schema = {"type": "string" if operation.media != JSON else "object"}
        if operation.reply is not None:
            shape = {"$ref": SCHEMAS + operation.reply.__name__}
        reply["content"] = {operation.media: {"schema": shape}}
    made["responses"] = {str(operation.status): reply, **_refusals(operation)}
    return made


def _parameter(each: Parameter) -> dict[str, Any]:
    made = {
        "name": each.name,
        "in": "query",
        "description": each.description,
        "schema": each.schema,
    }
    return {**made, "example": each.example} if each.example else made


def _body(operation: Operation, schemas: dict[str, Schema]) -> dict[str, Any]:
    name = operation.body.__name__
    if not operation.omit:
        return {
            "schema": {"$ref": SCHEMAS + name},
            "examples": {operation.id: {"value": _BODIES[operation.body]}},
        }
    shape = {**schemas[name], "additionalProperties": False}
    shape["properties"] = {k: v for k, v in shape["properties"].items() if k not in operation.omit}
    shape["required"] = [field for field in shape["required"] if field not in operation.omit]
    bodies = {
        title: {key: value for key, value in examples.plain(each).items() if key != "type"}
        for title, each in examples.REQUESTS.items()
        if type(each) is operation.body
    }
    return {
        "schema": shape,
        "examples": {
            title: {"value": value}
            for title, value in bodies.items()
            if value.keys() <= shape["properties"].keys()
        },
    }


def _refusals(operation: Operation) -> dict[str, Any]:
    kinds: list[type[WorkbenchError]] = [NotAllowed, *operation.errors]
    if operation.body is not None:
        kinds += [PayloadTooLarge, UnsupportedMediaType]
    codes: dict[int, list[str]] = {}
    for kind in kinds:
        codes.setdefault(kind.status, []).extend(codes_below(kind, kind.status))
    return {
        str(status): {
            "description": _MEANINGS[status],
            "content": {JSON: {"schema": {"$ref": SCHEMAS + "ErrorBody"}}},
            "x-error-codes": names,
        }
        for status, names in sorted(codes.items())
    }
