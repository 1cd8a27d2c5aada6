"""What docs/strategies.md shows runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import workbench as wb

PAGE = Path(__file__).parents[2] / "docs" / "strategies.md"


@pytest.mark.timeout(400)  # it may compile the rules
def test_the_page_runs(capsys) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 4
    space: dict[str, object] = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), space)
    shown = capsys.readouterr().out
    assert "Breakout of 20 candles" in shown
    assert "SmaCross" in shown
    fast, compiled = space["fast"], space["compiled"]
    assert fast.metrics["total_trades"] == compiled.metrics["total_trades"] == 70  # type: ignore[attr-defined]


def test_the_page_names_every_setting() -> None:
    text = PAGE.read_text()
    unnamed = {"initial_capital", "check_lookahead"}
    for name in set(wb.Settings.__struct_fields__) - unnamed:
        assert f"`{name}`" in text, name
