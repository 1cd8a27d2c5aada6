"""The HTTP side of a server."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from workbench.client.checking import check_token
from workbench.errors import (
    InvalidRequest,
    NotAllowed,
    NotFound,
    ServerUnreachable,
    WorkbenchError,
    from_body,
)

TIMEOUT_S = 30.0
# Proxies of the environment are not for a server on this machine.
_opener = build_opener(ProxyHandler({}))


class Rest:
    """Requests to one server; the token travels in a header.

    Every method raises the `WorkbenchError` that the server's reply names, or
    `ServerUnreachable`.
    """

    def __init__(self, url: str, token: str) -> None:
        check_token(token)
        self._url = url
        self._token = token

    def get(self, path: str, query: dict[str, Any] | None = None) -> dict[str, Any]:
        """GET a JSON object."""
        return self._json("GET", path, query)

    def post(self, path: str, body: Any) -> dict[str, Any]:
        """POST a JSON body."""
        try:
            data = json.dumps(body, allow_nan=False).encode()
        except ValueError as error:
            msg = f"A number in {body} is not finite"
            raise InvalidRequest(msg, field=None, value=None, allowed="finite numbers") from error
        return self._json("POST", path, None, data)

    def delete(self, path: str) -> None:
        """DELETE."""
        self.request("DELETE", path)

    def text(self, path: str) -> str:
        """GET a text."""
        return self.request("GET", path).decode()

    def request(
        self,
        method: str,
        path: str,
        query: dict[str, Any] | None = None,
        body: bytes | None = None,
    ) -> bytes:
        """Send a request and return the reply's body."""
        chosen = {name: value for name, value in (query or {}).items() if value is not None}
        address = self._url + path + (f"?{urlencode(chosen)}" if chosen else "")
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._token:
            headers["Authorization"] = f"token {self._token}"
        request = Request(address, data=body, headers=headers, method=method)
        try:
            with _opener.open(request, timeout=TIMEOUT_S) as reply:
                data: bytes = reply.read()
                return data
        except HTTPError as error:
            raise _error(error) from None
        except (URLError, http.client.HTTPException, OSError) as error:
            reason = getattr(error, "reason", None) or error
            msg = f"No server answers at {self._url}: {reason}"
            raise ServerUnreachable(msg, url=self._url) from None

    def _json(
        self, method: str, path: str, query: dict[str, Any] | None, body: bytes | None = None
    ) -> dict[str, Any]:
        try:
            value: dict[str, Any] = json.loads(self.request(method, path, query, body))
        except ValueError:
            msg = f"What answers at {self._url}{path} is not a workbench: it does not say JSON"
            raise ServerUnreachable(msg, url=self._url) from None
        return value


def _error(error: HTTPError) -> WorkbenchError:
    try:
        body = json.loads(error.read())
    except ValueError:
        body = {}
    if not isinstance(body, dict) or "error" not in body:
        kind = {403: NotAllowed, 404: NotFound}.get(error.code, WorkbenchError)
        return kind(f"HTTP {error.code} {error.reason}")
    return from_body(body)
