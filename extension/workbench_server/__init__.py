"""The Jupyter Server extension: runs over HTTP, streams over WebSockets."""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from workbench_server.app import WorkbenchApp

    return [{"module": "workbench_server.app", "app": WorkbenchApp}]
