"""The examples of docs/sweeps.md run, one after the other, as they are printed."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

from .conftest import ServerProcess

TEXT = (Path(__file__).parents[2] / "docs" / "sweeps.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_examples_run_in_order(tmp_path, monkeypatch):
    process = ServerProcess(tmp_path)
    server = process.start()
    try:
        for name in ("api", "sweeping"):
            monkeypatch.setattr(f"workbench.client.{name}.connect", lambda url, token: server)
        dask, distributed = ModuleType("dask"), ModuleType("dask.distributed")
        distributed.Client = lambda: ThreadPoolExecutor(1)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "dask", dask)
        monkeypatch.setitem(sys.modules, "dask.distributed", distributed)
        names: dict[str, Any] = {}
        for example in EXAMPLES:
            # Shorter than printed; and a picture would need matplotlib.
            plain = example.replace("2017-12-29", "2017-02-28").replace("curve.plot()", "curve")
            exec(compile(plain, "docs/sweeps.md", "exec"), names)
        assert names["sweep"].best.keys() == {"fast", "slow"}
        assert len(names["sweep"].results) == 100
        assert names["run"].wait(60).status == "complete"
        assert names["figures"]["splits"] == 3
        assert names["spread_out"].status == "stopped"
        rest = names["rest"]
        assert rest.spec.resumed_from == names["spread_out"].id
        rest.stop()
        assert rest.wait(60).status == "stopped"
    finally:
        process.stop()
