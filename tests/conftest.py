"""Fixtures of all tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# As the server does: jsonschema would build a grammar here that nothing uses, for seconds.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

# Processes are started by the hundred: the first of them compiles the package for all the others.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

pytest_plugins = ["pytest_jupyter.jupyter_server"]

SHARED_DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"

# Examples are judged by what they show, not by how long a busy machine takes over them; they are
# the same on every machine. To look for new ones: HYPOTHESIS_PROFILE=explore, with -k and time.
CALM = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("same", max_examples=50, derandomize=True, database=None, **CALM)
settings.register_profile("explore", max_examples=2000, derandomize=False, **CALM)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(scope="session")
def shared_file() -> Callable[[str], Path]:
    """Return a function that finds a file of shared market data, or skips the test."""

    def find(name: str) -> Path:
        path = SHARED_DATA / name
        if not path.is_file():
            pytest.skip(f"shared market data {name} is not beside the project")
        return path

    return find


# The plugin makes an event loop and a server for every test; only the server tests want them.


@pytest.fixture(autouse=True)
def jp_asyncio_loop() -> None:
    """Make no event loop."""


@pytest.fixture(autouse=True)
def jp_server_cleanup() -> None:
    """Clean up no server."""
