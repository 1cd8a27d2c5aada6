"""A real JupyterLab and a headless Chromium to drive it with."""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from playwright.sync_api import Page, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows",
]  # fmt: skip
# Looked up among all panels: a dialog or the file browser may have the focus.
PANEL = (
    "[...(window.jupyterapp?.shell?.widgets('main') || [])]"
    ".find(w => w.context && w.content?.widgets)"
)


class Lab(NamedTuple):
    """A running JupyterLab."""

    url: str
    token: str
    pid: int
    root: Path
    home: Path


def free_port() -> int:
    """Return a free loopback port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end_with_parent() -> None:
    """In a child: get SIGTERM when the test process dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@contextmanager
def lab_server(base_url: str = "/user/test/") -> Iterator[Lab]:
    """Start JupyterLab on loopback, with folders of its own."""
    port, token = free_port(), secrets.token_hex(16)
    scratch = Path(tempfile.mkdtemp(prefix="workbench_lab_"))
    root = scratch / "notebooks"
    root.mkdir()
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "WORKBENCH_HOME": "home",
        "IPYTHONDIR": "ipython",
    }
    environment = {**os.environ, **{name: str(scratch / path) for name, path in folders.items()}}
    environment.pop("JUPYTER_TOKEN", None)
    config = scratch / "config" / "labconfig"
    config.mkdir(parents=True)
    quiet = {"buildCheck": False, "buildAvailable": False}
    (config / "page_config.json").write_text(json.dumps(quiet))
    overrides = {
        "@jupyterlab/apputils-extension:notification": {
            "fetchNews": "false",
            "checkForUpdates": False,
        },
        "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    }
    (config / "default_setting_overrides.json").write_text(json.dumps(overrides))
    command = [
        sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root",
        "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}", f"--ServerApp.base_url={base_url}",
        f"--ServerApp.root_dir={root}", "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--ServerApp.terminals_enabled=False",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{port}{base_url}"
    log = scratch / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=end_with_parent,
        )  # fmt: skip
        try:
            _wait_until_up(url, token, process, log)
            yield Lab(url, token, process.pid, root, scratch / "home")
        finally:
            _shut_down(url, token, process)
            shutil.rmtree(scratch, ignore_errors=True)


def _wait_until_up(url: str, token: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"JupyterLab ended: {log.read_text()[-3000:]}")
        try:
            with urllib.request.urlopen(f"{url}api/status?token={token}", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab does not answer: {log.read_text()[-3000:]}")


def _shut_down(url: str, token: str, process: subprocess.Popen[bytes]) -> None:
    # Asked, it ends its kernels; killed, it would leave them behind.
    request = urllib.request.Request(
        f"{url}api/shutdown", method="POST", headers={"Authorization": f"token {token}"}
    )
    try:
        urllib.request.urlopen(request, timeout=5).close()
        process.wait(20)
    except (OSError, subprocess.TimeoutExpired):
        process.kill()
        process.wait()


@contextmanager
def browser_page(size: tuple[int, int] = (1400, 1000)) -> Iterator[Page]:
    """Open a page in a fresh Chromium; `page.problems` collects its errors."""
    profile = tempfile.mkdtemp(prefix="workbench_chromium_")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            headless=True,
            args=CHROMIUM_FLAGS,
            viewport={"width": size[0], "height": size[1]},
        )
        try:
            page = context.pages[0]
            page.set_default_timeout(90_000)
            page.problems = []
            page.on("pageerror", lambda error: page.problems.append(str(error)))
            yield page
        finally:
            context.close()
            shutil.rmtree(profile, ignore_errors=True)


def write_notebook(path: Path, cells: list[str]) -> None:
    """Write a notebook of code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    notebook.metadata["kernelspec"] = {
        "name": "python3", "display_name": "Python 3", "language": "python",
    }  # fmt: skip
    nbformat.write(notebook, path)


def open_notebook(page: Page, lab: Lab, name: str) -> None:
    """Open a notebook and wait until its kernel is idle."""
    page.goto(f"{lab.url}lab/tree/{name}?reset&token={lab.token}", wait_until="domcontentloaded")
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=90_000)
    page.wait_for_function(
        f"""() => {{ const w = {PANEL}; const s = w?.context?.sessionContext;
        return w?.context?.isReady && s?.isReady && s?.session?.kernel?.status === 'idle'; }}""",
        timeout=90_000,
    )
    page.evaluate(
        f"() => {{ jupyterapp.shell.activateById(({PANEL}).id);"
        " jupyterapp.shell.collapseLeft?.(); }"
    )


def run_cell(page: Page, index: int) -> None:
    """Run a cell without waiting for it."""
    page.evaluate(
        f"""i => {{ const p = {PANEL}; jupyterapp.shell.activateById(p.id);
        p.content.deselectAll(); p.content.activeCellIndex = i;
        window.__run = jupyterapp.commands.execute('notebook:run-cell'); return true; }}""",
        index,
    )


def wait_cell(page: Page, index: int, timeout_s: float = 120) -> None:
    """Wait until a cell has run."""
    page.wait_for_function(
        f"""i => {{ const c = ({PANEL}).content.widgets[i];
        return c.model.executionCount !== null && c.model.executionState !== 'running'; }}""",
        arg=index,
        timeout=timeout_s * 1000,
    )


def cell_text(page: Page, index: int) -> str:
    """Return all outputs of a cell as text."""
    outputs: Any = page.evaluate(f"i => ({PANEL}).content.widgets[i].model.outputs.toJSON()", index)
    return json.dumps(outputs)
