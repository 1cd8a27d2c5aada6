"""`ws …/api/ws/stream/backtest/{id}`: a run's story, from the start or a position."""

from __future__ import annotations

from jupyter_server.utils import ensure_async

from workbench.errors import InvalidRequest, NotAllowed, WorkbenchError
from workbench.messages import ControlRequest
from workbench.runs.spoken import attempted
from workbench_server.handlers.base import RESOURCE
from workbench_server.handlers.refusing import asker
from workbench_server.handlers.streaming import StreamHandler
from workbench_server.subjects import Subject, of_run


class BacktestStreamHandler(StreamHandler):
    """One subscriber of a backtest."""

    async def subject(self) -> Subject:
        """Return what the run's stream is about."""
        return of_run(self.service.registry.get(self.stream_name))

    async def control(self, request: ControlRequest) -> None:
        """Pass a control on to the run, or to the replay that is watched."""
        replay = self.extensionapp.manager.replays.of(self)
        if replay is not None:
            replay.ask(request)
            return
        await self._check_right(request)
        self.service.control(self.stream_name, request, asker(self.current_user))

    async def _check_right(self, request: ControlRequest) -> None:
        """Refuse who may only read, before all."""
        allowed = await ensure_async(
            self.authorizer.is_authorized(self, self.current_user, "execute", RESOURCE)
        )
        if not allowed:
            action = request.action[:40]
            msg = f"You may read this stream, but not control the run ({action})"
            error = NotAllowed(msg, field="action", value=action)
            self._show_refused(request, error)
            raise error

    async def misread(self, message: str | bytes, error: InvalidRequest) -> None:
        """Show in the stream a control that could be read in part only."""
        tried = attempted(message)
        if tried is not None and self.extensionapp.manager.replays.of(self) is None:
            await self._check_right(tried)
            self._show_refused(tried, error)

    def _show_refused(self, request: ControlRequest, error: WorkbenchError) -> None:
        by = asker(self.current_user)
        self.service.controller.refuse(self.stream_name, request, error, by)
