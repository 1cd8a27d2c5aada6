"""What the HTTP handlers share: errors as JSON, bodies checked, the extension's objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import msgspec
from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin

from workbench.errors import (
    InvalidRequest,
    NotAllowed,
    PayloadTooLarge,
    UnsupportedMediaType,
)
from workbench_server.handlers.refusing import Refusing

if TYPE_CHECKING:
    from workbench.runs.service import RunService
    from workbench_server.app import WorkbenchApp

RESOURCE = "workbench"


class ApiHandler(Refusing, ExtensionHandlerMixin, APIHandler):
    """Base of the REST handlers."""

    auth_resource = RESOURCE
    extensionapp: WorkbenchApp

    @property
    def service(self) -> RunService:
        """The runs."""
        return self.extensionapp.service

    async def prepare(self) -> None:
        """Refuse what a foreign web page could send, then do as any Jupyter handler."""
        if self.extensionapp.insecure_no_auth and foreign_origin(self.request):
            origin = self.request.headers.get("Origin")
            msg = "This server runs without authentication and takes no requests of web pages"
            raise NotAllowed(msg, field="Origin", value=origin, allowed=self.request.host)
        await super().prepare()

    def reply(self, value: Any, status: int = 200) -> None:
        """Finish with a JSON body."""
        self.set_status(status)
        self.finish(msgspec.json.encode(value))

    def json_body(self) -> bytes:
        """Return the body.

        Raises
        ------
        UnsupportedMediaType
            It is not declared as JSON.
        PayloadTooLarge
            It is over the limit.
        """
        content_type = self.request.headers.get("Content-Type", "")
        if content_type.split(";")[0].strip().lower() != "application/json":
            msg = f"Content-Type is {content_type!r}, expected application/json"
            raise UnsupportedMediaType(
                msg, field="Content-Type", value=content_type, allowed=["application/json"]
            )
        limit = self.extensionapp.max_body_bytes
        size = len(self.request.body)
        if size > limit:
            msg = f"The body has {size} bytes, allowed are {limit}"
            raise PayloadTooLarge(msg, field=None, value=size, allowed=limit)
        return self.request.body

    def int_argument(self, name: str, default: int | None, lowest: int = 0) -> int | None:
        """Return a whole-number query parameter."""
        text = self.get_query_argument(name, None)
        if text is None or text == "":
            return default
        try:
            value = int(text)
        except ValueError:
            value = lowest - 1
        if value < lowest:
            allowed = f"a whole number, {lowest} or more"
            msg = f"{name} is {text!r}, expected {allowed}"
            raise InvalidRequest(msg, field=name, value=text, allowed=allowed)
        return value


def foreign_origin(request: Any) -> bool:
    """Tell whether a web page of another origin made this request."""
    origin = request.headers.get("Origin")
    if origin is not None:
        return urlparse(origin).netloc.lower() != request.host.lower()
    return request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
