"""What docs/detectors.md shows runs as it stands there, and names what there is."""

from __future__ import annotations

import re
from pathlib import Path

from workbench.analysis.confluence import WEIGHTS
from workbench.analysis.patterns import ALL, DEFAULT

PAGE = Path(__file__).parents[2] / "docs" / "detectors.md"


def test_the_page_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 4
    space: dict[str, object] = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), space)
    assert space["result"].metrics["total_trades"] > 5  # type: ignore[attr-defined]


def test_the_page_names_the_default_patterns_and_terms() -> None:
    text = PAGE.read_text()
    assert [name for name in DEFAULT if f"`{name}`" not in text] == []
    for name, weight in WEIGHTS.items():
        assert f"| `{name}` | {weight} |" in text
    assert f"The other {len(ALL) - len(DEFAULT)} are there by name" in text
