"""Starting, listing, controlling and deleting runs."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from workbench.errors import InvalidRequest
from workbench.runs.records import RunRecord
from workbench.runs.spoken import attempted, read_control
from workbench_server.handlers.base import ApiHandler
from workbench_server.handlers.refusing import asker


class StartHandler(ApiHandler):
    """`POST /api/backtesting/start`."""

    @web.authenticated
    @authorized(action="execute")
    def post(self) -> None:
        """Queue a run."""
        self.queued(
            self.service.start(
                self.json_body(), pickled_allowed=not self.extensionapp.insecure_no_auth
            )
        )

    def queued(self, record: RunRecord) -> None:
        """Reply what was queued, and where it is told."""
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


class OpenHandler(StartHandler):
    """`POST /api/backtesting/{id}/open`."""

    @web.authenticated
    @authorized(action="execute")
    def post(self, run_id: str) -> None:  # type: ignore[override]
        """Queue a combination of a sweep as a run of its own."""
        self.queued(self.service.open(run_id, self.json_body()))


class ResumeHandler(StartHandler):
    """`POST /api/backtesting/{id}/resume`."""

    @web.authenticated
    @authorized(action="execute")
    def post(self, run_id: str) -> None:  # type: ignore[override]
        """Queue a sweep that goes on with one that ended before it was done."""
        self.queued(self.service.resume(run_id))


class RunsHandler(ApiHandler):
    """`GET /api/backtesting`."""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """List the runs, the newest first."""
        limit = self.int_argument("limit", 100, 1)
        records = self.service.registry.list(sessions=False)[:limit]
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
        body, by = self.json_body(), asker(self.current_user)
        try:
            asked = read_control(body)
        except InvalidRequest as error:
            tried = attempted(body)
            if tried is not None:
                self.service.controller.refuse(run_id, tried, error, by)
            raise
        self.reply(self.service.control(run_id, asked, by))
