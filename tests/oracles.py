"""``python -m tests.oracles``: the engine beside others on whole files of real prices."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

from oracles.table import main

if __name__ == "__main__":
    main()
