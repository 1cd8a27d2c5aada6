"""Finding the server a kernel or script belongs to; starting a private one if there is none."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench import paths
from workbench.client.launching import launch
from workbench.client.server import Server, server_at
from workbench.errors import NotAllowed, NotFound, ServerUnreachable, WorkbenchError
from workbench.runs import servers

PRIVATE_IDLE_S = 3600


def connect(url: str | None = None, token: str | None = None) -> Server:
    """Return the server to use.

    With `url`, that one. Otherwise the Jupyter server this kernel belongs to; failing that,
    `$WORKBENCH_URL` with `$WORKBENCH_TOKEN`; failing that, a private server on loopback,
    which is started if none runs yet, and stops by itself an hour after its last use.

    Raises
    ------
    ServerUnreachable
        The server that was named does not answer, or has no workbench.
    """
    server = _known(url, token) or _running(private=True)
    if server is None:
        server = start_private()
        print(f"No Jupyter server here: started a private one at {server.url}")
    return server


def _known(url: str | None, token: str | None) -> Server | None:
    if url is not None:
        return _checked(server_at(url, token, os.environ.get("JUPYTER_TOKEN", "")))
    if own := _own_server():
        try:
            return _checked(own)
        except ServerUnreachable as problem:
            print(f"{problem} Going on with a private server.", file=sys.stderr)
    if named := os.environ.get("WORKBENCH_URL"):
        return _checked(server_at(named, token, os.environ.get("WORKBENCH_TOKEN", "")))
    return None


def _checked(server: Server) -> Server:
    try:
        info = server.rest.get("api/workbench")
    except NotFound:
        msg = (
            f"The server at {server.url} has no workbench: install jupyter-backtest-workbench "
            "into its environment and start it again."
        )
        raise ServerUnreachable(msg, url=server.url) from None
    except NotAllowed:
        msg = f"The server at {server.url} refuses this token; give url= and token=."
        raise ServerUnreachable(msg, url=server.url) from None
    if info.get("name") != "workbench":
        msg = f"What answers at {server.url} is not a workbench."
        raise ServerUnreachable(msg, url=server.url)
    return replace(server, authenticated=info.get("authentication") is not False)


def _own_server() -> Server | None:
    """Return the Jupyter server that started this kernel."""
    hub_url = os.environ.get("JUPYTERHUB_SERVICE_URL")
    hub_token = os.environ.get("JUPYTERHUB_API_TOKEN")
    if hub_url and hub_token:
        there = server_at(hub_url.replace("://0.0.0.0", "://127.0.0.1"), hub_token)
        return replace(there, own=True)
    parent = os.environ.get("JPY_PARENT_PID", "")
    info = _server_info(int(parent)) if parent.isdecimal() else None
    return None if info is None else Server(info["url"], info["token"], own=True)


def _server_info(pid: int) -> dict[str, Any] | None:
    """Read what the Jupyter server with this pid says of itself in the runtime folder."""
    from jupyter_core.paths import jupyter_runtime_dir

    try:
        text = (Path(jupyter_runtime_dir()) / f"jpserver-{pid}.json").read_text()
        info: dict[str, Any] = json.loads(text)
    except (OSError, json.JSONDecodeError):
        return None
    host = info.get("hostname") or "127.0.0.1"
    if host in ("0.0.0.0", "::", "*"):
        info["url"] = info["url"].replace(host, "127.0.0.1", 1)
    return info


def find(
    url: str | None = None, token: str | None = None, *, pickles: bool = False
) -> Server | None:
    """Return the server to use, as `connect`, but start none.

    Where `connect` looks for a private server this takes any that serves the state folder
    and belongs to this user; with `pickles`, only one that takes pickled strategies.

    Raises
    ------
    ServerUnreachable
        The server that was named does not answer, or has no workbench.
    """
    return _known(url, token) or _running(pickles=pickles)


def _running(*, private: bool = False, pickles: bool = False) -> Server | None:
    """Return a server of the state folder; only a private one, or one that takes pickles."""
    for candidate in servers.running(paths.home()):
        wanted = candidate.private or not private
        info = _server_info(candidate.pid) if wanted else None
        if info is not None:
            try:
                server = Server(candidate.url, info["token"], private=candidate.private)
                server = _checked(server)
            except WorkbenchError:
                continue
            if server.authenticated or not pickles:
                return server
    return None


def start_private() -> Server:
    """Start a server on loopback that stops by itself an hour after its last use.

    Raises
    ------
    ServerUnreachable
        It did not start.
    """
    home = paths.home()
    options = ["--private", f"--idle-timeout={PRIVATE_IDLE_S}"]
    started = launch(home, options, home / "logs" / "private-server.log")
    started.let_go()
    return _checked(Server(started.url, started.token, private=True))
