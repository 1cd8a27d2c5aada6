"""A run whose worker is the test itself: nothing comes but what the test publishes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import psutil
from bodies import SPEC_BODY

from workbench.runs.service import RunService

TOKEN = "publish-token"


def run_in_hand(home: Path) -> str:
    """Make it in a state folder, before or while a server serves it; return its name.

    Never delete it through the server: that ends its worker.
    """
    service = RunService(home, list, max_workers=0)
    run_id = service.start(json.dumps(SPEC_BODY).encode()).id
    service.registry.set_token(run_id, TOKEN)
    service.registry.set_worker(run_id, os.getpid(), psutil.Process().create_time())
    service.close()
    return run_id
