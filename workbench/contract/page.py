"""The contract as one HTML page, made from the documents for programs."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from string import Template
from typing import Any

from workbench import __version__
from workbench.contract import asyncapi, openapi, schemas, wording
from workbench.contract.typing_words import type_words
from workbench.messages import MESSAGE_TYPES, PROTOCOL

Section = tuple[str, str, str]


def render() -> str:
    """Return the page. It loads nothing from elsewhere, and its links are to itself."""
    events, rest, defs = asyncapi.document(), openapi.document(), schemas.document()["$defs"]
    sections: list[Section] = [
        ("routes", "Routes", _routes(rest)),
        ("stream", "The streams", _stream(events)),
        ("messages", "Messages", _messages(events, defs, "told")),
        ("requests", "What a client may say", _messages(events, defs, "request_")),
        ("publishing", "Publishing", _publishing(events, defs)),
        ("delivery", "Delivery classes", _pairs(events["x-delivery-classes"].items())),
        ("closing", "Close codes", _close_codes(events["x-close-codes"])),
        ("errors", "Errors", _errors(events["x-error-codes"])),
        ("structures", "Other structures", _structures(defs)),
    ]
    page = Template((files("workbench.contract") / "page.html").read_text())
    names = ("schemas.json", "asyncapi.json", "openapi.json")
    return page.substitute(
        title=f"{wording.TITLE}: the contract",
        version=__version__,
        protocol=PROTOCOL,
        files=", ".join(f'<a href="{name}">{name}</a>' for name in names),
        units=_text(wording.UNITS),
        contents=" · ".join(f'<a href="#{name}">{title}</a>' for name, title, _ in sections),
        sections="\n".join(
            f'<details open><summary><h2 id="{name}">{title}</h2></summary>\n{body}</details>'
            for name, title, body in sections
        ),
    )


def _routes(rest: dict[str, Any]) -> str:
    return "\n".join(
        _route(method.upper(), path, operation)
        for path, methods in rest["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    )


def _route(method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [f"<p>{_text(operation['summary'])}</p>"]
    if "description" in operation:
        parts.append(f"<p>{_text(operation['description'])}</p>")
    if "parameters" in operation:
        parts.append(_parameters([(each["name"], each) for each in operation["parameters"]]))
    for body in operation.get("requestBody", {}).get("content", {}).values():
        parts.append(f"<p>Body: {type_words(body['schema'])}</p>")
        parts += [_example(each["value"]) for each in list(body["examples"].values())[:1]]
    for status, reply in operation["responses"].items():
        if status < "300":
            for shape in reply.get("content", {}).values():
                parts.append(f"<p>Reply: {type_words(shape['schema'])}</p>")
        else:
            codes = ", ".join(_link(f"error-{code}", code) for code in reply["x-error-codes"])
            parts.append(f'<p class="soft">{status}: {codes}</p>')
    tags = f"right: {operation['x-right']}"
    return _article(f"route-{operation['operationId']}", f"{method} {path}", parts, tags)


def _stream(events: dict[str, Any]) -> str:
    channels = events["channels"]
    return "\n".join(
        _channel(f"stream-{name}", channels[name], "right: read")
        for name in ("backtest", "market", "live")
    )


def _channel(anchor: str, channel: dict[str, Any], right: str) -> str:
    query = channel["bindings"]["ws"]["query"]["properties"]
    rows = [(name, {**schema, "schema": schema}) for name, schema in query.items()]
    parts = [f"<p>{_text(channel['description'])}</p>", _parameters(rows)]
    return _article(anchor, f"ws {channel['address']}", parts, right)


def _messages(events: dict[str, Any], defs: dict[str, Any], kind: str) -> str:
    """Return the messages whose name starts with `kind`; ``told`` for those of the stream."""
    found = []
    for name, message in events["components"]["messages"].items():
        if kind == "told" and "x-delivery" in message:
            found.append(_message(f"message-{name}", name, message, defs))
        elif name.startswith(kind):
            found.append(
                _message(name.replace("_", "-", 1), name.removeprefix(kind), message, defs)
            )
    return "\n".join(found)


def _publishing(events: dict[str, Any], defs: dict[str, Any]) -> str:
    channel = _channel("stream-publish", events["channels"]["publish"], "the run's publish token")
    return channel + _messages(events, defs, "publish_")


def _message(anchor: str, name: str, message: dict[str, Any], defs: dict[str, Any]) -> str:
    schema = defs[message["title"]]
    parts = [f"<p>{_text(schema['description'])}</p>"] if "description" in schema else []
    parts += [_example(each["payload"]) for each in message["examples"]]
    if "x-delivery" in message:
        for carried in _carried(schema):
            title = _link(f"type-{carried}", carried)
            parts.append(f'<h4 id="type-{carried}">{title}</h4>{_properties(defs[carried])}')
    else:
        parts.append(_properties(schema))
    return _article(anchor, name, parts, message.get("x-delivery", ""))


def _carried(message: dict[str, Any]) -> list[str]:
    """Return the names of the structures in a message's `data` and `extra`."""
    shapes = [message["properties"].get(key, {}) for key in ("data", "extra")]
    refs = [each.get("$ref") for shape in shapes for each in shape.get("anyOf", [shape])]
    return [str(ref).rpartition("/")[2] for ref in refs if ref]


def _structures(defs: dict[str, Any]) -> str:
    """Return what is not told with the messages already."""
    told = {name for cls in MESSAGE_TYPES.values() for name in _carried(defs[cls.__name__])}
    return "\n".join(
        _article(
            f"type-{name}",
            name,
            [
                f"<p>{_text(schema.get('description', ''))}</p>",
                _properties(schema) if "properties" in schema else f"<p>{type_words(schema)}</p>",
            ],
        )
        for name, schema in sorted(defs.items())
        if name not in told
    )


def _properties(schema: dict[str, Any]) -> str:
    always = [*schema.get("required", ()), *schema.get("x-always", ())]
    rows = [
        (
            f"<code>{name}</code>{'' if name in always else ' <span class=soft>optional</span>'}",
            type_words(shape),
            _safe(shape.get("x-unit", "")),
            _text(shape.get("description", "")),
        )
        for name, shape in schema["properties"].items()
    ]
    return _table(("field", "type", "unit", ""), rows)


def _parameters(given: Sequence[tuple[str, dict[str, Any]]]) -> str:
    rows = [
        (
            f"<code>{name}</code>",
            type_words(each["schema"]),
            _safe(each["schema"].get("default", "")),
            _text(each.get("description", "")),
        )
        for name, each in given
    ]
    return _table(("parameter", "type", "default", ""), rows)


def _close_codes(codes: Iterable[dict[str, Any]]) -> str:
    rows = [
        (str(each["code"]), _safe(each["meaning"]), "yes" if each["resume"] else "")
        for each in codes
    ]
    return _table(("code", "meaning", "come back with since"), rows, "close")


def _errors(errors: Iterable[dict[str, Any]]) -> str:
    rows = [
        (
            each["code"],
            str(each["status"]),
            _link(f"error-{each['parent']}", each["parent"]) if each["parent"] else "",
            _text(each["description"]),
        )
        for each in errors
    ]
    return _table(("code", "HTTP", "a kind of", ""), rows, "error")


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return _table(("class", ""), [(name, _text(text)) for name, text in pairs], "delivery")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], anchor: str = "") -> str:
    """Return a table; with `anchor`, each row can be linked to by its first cell."""
    titles = "".join(f"<th>{title}</th>" for title in head)
    body = "".join(
        (f'<tr id="{anchor}-{row[0]}">' if anchor else "<tr>")
        + "".join(f"<td>{cell}</td>" for cell in row)
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide"><table><thead><tr>{titles}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _article(anchor: str, title: str, parts: Sequence[str], tag: str = "") -> str:
    label = f'<span class="tag">{_safe(tag)}</span>' if tag else ""
    head = f'<h3><a href="#{anchor}">{_safe(title)}</a>{label}</h3>'
    return f'<article id="{anchor}">{head}{"".join(parts)}</article>'


def _example(value: Any) -> str:
    return f"<pre>{_safe(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"


def _link(anchor: str, text: str) -> str:
    return f'<a href="#{anchor}">{_safe(text)}</a>'


def _text(markdown: str) -> str:
    """Return text with `code` in it as HTML."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", _safe(markdown)).replace("\n\n", "<br>")


def _safe(text: object) -> str:
    return html.escape(str(text))
