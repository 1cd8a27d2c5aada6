"""The contract: for programs, and as a page to read."""

from __future__ import annotations

import asyncio
from functools import partial

from jupyter_server.auth.decorator import authorized
from tornado import web

from workbench.contract import files
from workbench_server.handlers.base import ApiHandler


class _FileHandler(ApiHandler):
    """Base of the handlers that serve one of the contract's files."""

    file: str

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Return the file."""
        self.finish(await self.content(self.file))

    async def content(self, name: str) -> bytes:
        """Return a file with this server's address in it; no stream waits for its making."""
        made = partial(
            files.served,
            name,
            self.request.host,
            self.base_url,
            secure=self.request.protocol == "https",
        )
        return await asyncio.get_running_loop().run_in_executor(None, made)


class SchemasHandler(_FileHandler):
    """`GET /api/workbench/schemas.json`."""

    file = "schemas.json"


class AsyncApiHandler(_FileHandler):
    """`GET /api/workbench/asyncapi.json`."""

    file = "asyncapi.json"


class OpenApiHandler(_FileHandler):
    """`GET /api/workbench/openapi.json`."""

    file = "openapi.json"


class DocsHandler(_FileHandler):
    """`GET /api/workbench/docs`."""

    file = "index.html"

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Return the page; it may run its own script and load nothing."""
        self.set_header(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
            "sandbox allow-scripts",
        )
        page = await self.content(self.file)
        self.finish(page, set_content_type="text/html; charset=utf-8")
