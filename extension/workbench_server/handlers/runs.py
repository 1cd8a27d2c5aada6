"""Starting, listing, controlling and deleting runs."""

from __future__ import annotations

import re

import msgspec
from jupyter_server.auth.decorator import authorized
from tornado import web

from workbench.errors import InvalidRequest
from workbench.messages import ControlRequest, Until
from workbench.runs.commands import TAKES
from workbench_server.handlers.base import ApiHandler


class ControlBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a control request: a subscriber's `control` message without its type."""

    action: str
    value: float | None = None
    unit: str | None = None
    until: Until | None = None

    def request(self) -> ControlRequest:
        """Return what a subscriber would say for the same."""
        return ControlRequest(self.action, self.value, self.unit, self.until)


class StartHandler(ApiHandler):
    """`POST /api/backtesting/start`."""

    @web.authenticated
    @authorized(action="execute")
    def post(self) -> None:
        """Queue a run."""
        record = self.service.start(
            self.json_body(), pickled_allowed=not self.extensionapp.insecure_no_auth
        )
        path = f"{self.base_url}api/ws/stream/backtest/{record.id}"
        scheme = "wss" if self.request.protocol == "https" else "ws"
        self.reply(
            {
                "backtest_id": record.id,
                "status": "pending",
                "streaming": True,
                "stream_url": f"{scheme}://{self.request.host}{path}",
                "message": (
                    f"Backtest '{record.spec.name}' queued. "
                    "Connect to WebSocket for real-time updates."
                ),
                "stream_path": path,
                "source": record.source,
                "synthetic": record.synthetic,
            }
        )


class RunsHandler(ApiHandler):
    """`GET /api/backtesting`."""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """List the runs, the newest first."""
        limit = self.int_argument("limit", 100, 1)
        records = self.service.registry.list()[:limit]
        self.reply({"backtests": [self.service.summary(record) for record in records]})


class RunHandler(ApiHandler):
    """`/api/backtesting/{id}`."""

    @web.authenticated
    @authorized
    def get(self, run_id: str) -> None:
        """Tell all about one run."""
        self.reply(self.service.detail(run_id))

    @web.authenticated
    @authorized(action="execute")
    def delete(self, run_id: str) -> None:
        """Delete a run and its log."""
        self.service.delete(run_id)
        self.set_status(204)
        self.finish()


class ControlHandler(ApiHandler):
    """`POST /api/backtesting/{id}/control`."""

    @web.authenticated
    @authorized(action="execute")
    def post(self, run_id: str) -> None:
        """Pause, resume, step, set the speed, run until something happens, or stop."""
        try:
            body = msgspec.json.decode(self.json_body(), type=ControlBody)
        except msgspec.DecodeError as error:
            raise _explain(error) from error
        self.reply(self.service.control(run_id, body.request(), by=self.current_user.username))


def _explain(error: msgspec.DecodeError) -> InvalidRequest:
    """Name the field that is unknown, missing or of the wrong type."""
    text = str(error)
    named = re.search(r"field `(\w+)`", text) or re.search(r"at `\$\.([\w.]+)`", text)
    allowed = {
        "action": list(TAKES),
        "value": "a number: candles to step, or the speed",
        "unit": ["x"],
        "until": list(Until.__struct_fields__),
    }
    return InvalidRequest(
        f"The control is wrong: {text}",
        field=named[1] if named else None,
        value=None,
        allowed=allowed,
    )
