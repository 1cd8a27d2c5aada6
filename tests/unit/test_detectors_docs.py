"""What docs/detectors.md shows runs as it stands there, and names what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.analysis.batch import detect
from workbench.analysis.confluence import WEIGHTS
from workbench.analysis.patterns import ALL, DEFAULT

PAGE = Path(__file__).parents[2] / "docs" / "detectors.md"


def test_the_page_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 7
    space: dict[str, object] = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), space)
    result: Any = space["result"]
    assert result.metrics["total_trades"] > 5
    found = detect(result.candles)
    seen = pd.concat([found.patterns(), found.confluence().assign(timeframe="1H", pattern="score")])
    for entered in pd.to_datetime(result.trades["entry_time"], utc=True):
        now = seen[(seen["confirmed_at"] == entered) & (seen["timeframe"] == "1H")]
        engulfed = now[now["pattern"] == "liquidity_engulfing"]["direction"]
        score = now[(now["pattern"] == "score") & (now["score"] > 0.8)]["direction"]
        assert "bullish" in {*engulfed, *score}, entered


def test_the_page_names_the_default_patterns_and_terms() -> None:
    text = PAGE.read_text()
    assert [name for name in DEFAULT if f"`{name}`" not in text] == []
    for name, weight in WEIGHTS.items():
        assert f"| `{name}` | {weight} |" in text
    assert f"The other {len(ALL) - len(DEFAULT)} are there by name" in text
