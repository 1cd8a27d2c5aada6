"""The TypeScript side: its types, and its own tests on Node."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "extension" / "frontend"


@pytest.fixture(scope="module")
def npm():
    """Return a function that runs npm in the frontend's folder, its packages installed."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    hatch_build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hatch_build)
    command, env = hatch_build.find_npm()

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [*command, *arguments], cwd=FRONTEND, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    if not (FRONTEND / "node_modules" / "typescript").exists():
        run("ci", "--no-audit", "--no-fund")
    return run


def test_types(npm):
    npm("run", "check")


def test_its_own_tests(npm):
    assert "# fail 0" in npm("test")
