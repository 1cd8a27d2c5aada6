"""What is under our addresses but no route: refused as JSON, as all else here."""

from __future__ import annotations

from workbench.errors import NotFound
from workbench_server.handlers.base import ApiHandler


class UnknownHandler(ApiHandler):
    """Any method of any other path."""

    async def prepare(self) -> None:
        """Say that there is no such route, to who is logged in."""
        await super().prepare()
        method, path = self.request.method, self.request.path[:200]
        msg = f"There is no route {method} {path}; /api/workbench/openapi.json has all there are"
        raise NotFound(msg, field="path", value=path)
