"""The notebooks give what is saved in them, run by nbval against a real server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.client.launching import launch

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture
def server(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    launched = launch(home, [], home / "server.log")
    yield launched
    launched.stop()


@pytest.mark.process
@pytest.mark.timeout(400)
def test_the_notebooks(server):
    assert len(NOTEBOOKS) > 1
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
            "--override-ini=filterwarnings=default", "--override-ini=addopts=",
            # Notebooks wait a lot: two go beside each other.
            "--numprocesses=2", "--dist=loadfile",
            "--nbval", "--nbval-current-env", "--nbval-cell-timeout=100",
            f"--nbval-sanitize-with={ROOT / 'notebooks' / 'sanitize.cfg'}",
            *map(str, NOTEBOOKS),
        ],
        env={**os.environ, "WORKBENCH_URL": server.url, "WORKBENCH_TOKEN": server.token},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=360,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
