"""Where `workbench serve` has its settings from."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import sys
from workbench_server.__main__ import StandaloneServer, main

def told(self):
    (app,) = self.extension_manager.extension_apps["workbench_server"]
    print("SET", app.keep_days, app.stop_patience, self.port_retries, flush=True)

StandaloneServer.start = told
sys.exit(main(["--port=0", *sys.argv[1:]]))
"""


@pytest.fixture
def serve(tmp_path):
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "jupyter_server_config.py").write_text(
        "c.WorkbenchApp.keep_days = 3\n"
        "c.WorkbenchApp.stop_patience = 2\n"
        "c.ServerApp.certfile = 'nowhere.pem'\n"
    )
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    environment = {
        **kept,
        "WORKBENCH_HOME": str(tmp_path / "home"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "JUPYTER_CONFIG_DIR": str(folder),
    }

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-c", SCRIPT, *arguments],
            env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


def test_the_file_of_the_jupyter_server_is_read_for_the_workbench_alone(serve):
    done = serve()
    assert "SET 3.0 2.0 0" in done.stdout, done.stderr


def test_the_command_line_goes_before_the_file(serve):
    done = serve("--WorkbenchApp.keep_days=1")
    assert "SET 1.0 2.0 0" in done.stdout, done.stderr


def test_other_arguments_are_wrong_usage(serve):
    done = serve("--keep-days=1")
    assert done.returncode == 2
    assert "--keep-days=1" in done.stderr


def test_a_feed_that_cannot_be_is_said_at_the_start(serve):
    done = serve('--WorkbenchApp.feeds={"X": {"feed": "exchange"}}')
    assert "feeds['X'] cannot be a feed: exchange is missing" in done.stderr
