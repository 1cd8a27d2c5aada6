"""How the handlers refuse: `{"error", "code", "details"}`, whoever raised the error."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from tornado import web

from workbench.errors import (
    InvalidRequest,
    MethodNotAllowed,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    StorageFull,
    WorkbenchError,
)

_KINDS: dict[int, type[WorkbenchError]] = {
    400: InvalidRequest,
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotFound,
    410: NotFound,
}
_METHODS = ("GET", "POST", "DELETE")


class Refusing(web.RequestHandler):
    """Base of handlers whose refusals are JSON."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write `{"error", "code", "details"}`, also for errors of the server's own."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        if isinstance(error, WorkbenchError):
            self.set_status(error.status)
        else:
            error = self._understood(status_code, error)
        self.set_header("Content-Type", "application/json")
        self.finish(msgspec.json.encode(error.body(), enc_hook=str))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log refusals in a line, without the body; anything else with its traceback."""
        if isinstance(value, StorageFull):
            self.extensionapp.storage.full(value)  # type: ignore[attr-defined]
        if isinstance(value, WorkbenchError):
            self.log.info("%s %s: %s", self.request.method, self.request.path, value.code)
        else:
            super().log_exception(typ, value, tb)

    def _understood(self, status: int, error: BaseException | None) -> WorkbenchError:
        """Return what an error of Tornado or Jupyter means."""
        if not isinstance(error, web.HTTPError):
            return WorkbenchError("Internal server error; see the server's log")
        if status == 405:
            method, allowed = self.request.method, self._methods()
            self.set_header("Allow", ", ".join(allowed))
            msg = f"{method} is not possible here, only {' and '.join(allowed)}"
            return MethodNotAllowed(msg, field="method", value=method, allowed=allowed)
        if status in (401, 403) and getattr(self, "_jupyter_current_user", None) is None:
            return self._stranger()
        kind = _KINDS.get(status, WorkbenchError)
        return kind(error.log_message or error.reason or "refused")

    def _stranger(self) -> WorkbenchError:
        """Return what to say to whom nobody has logged in, or who calls the server a wrong name."""
        if not self.check_host():  # type: ignore[attr-defined]
            host = self.request.host
            allowed = "a name of this machine, or ServerApp.allow_remote_access=True"
            msg = f"Host is {host[:100]!r}, by which this server is not to be reached: {allowed}"
            return NotAllowed(msg, field="Host", value=host[:100], allowed=allowed)
        allowed = "Authorization: token TOKEN"
        msg = f"A token is missing or wrong: send the header `{allowed}`"
        return NotAuthenticated(msg, field="Authorization", value=None, allowed=allowed)

    def _methods(self) -> list[str]:
        plain = web.RequestHandler
        return [
            name
            for name in _METHODS
            if getattr(type(self), name.lower()) is not getattr(plain, name.lower())
        ]


def asker(user: Any) -> str | None:
    """Return who asks, for others to see; None where Jupyter has only made up a name.

    With a token shared by all, it draws a user name for every request.
    """
    name = str(user.username)
    drawn = re.fullmatch(r"[0-9a-f]{32}", name) and str(user.name).startswith("Anonymous ")
    return None if drawn else name
