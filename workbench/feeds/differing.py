"""What makes a feed another than the one of its name: pure."""

from __future__ import annotations

import json
from typing import Any

from workbench.errors import Conflict
from workbench.feeds.book import FeedRecord
from workbench.feeds.spec import FeedSpec

_SHOWN = 80


def differences(runs: FeedRecord, spec: FeedSpec, detectors: bytes | None) -> list[str]:
    """Return what is asked for otherwise than what runs: ``speed: none ≠ "600x"``."""
    found = []
    for name in FeedSpec.__struct_fields__:
        asked, there = getattr(spec, name), getattr(runs.spec, name)
        if asked != there:
            found.append(f"{name}: {_text(asked)} ≠ {_text(there)}")
    if detectors != runs.detectors:
        found.append("detectors: not those that were sent before")
    return found


def conflict(name: str, runs: FeedRecord, spec: FeedSpec, detectors: bytes | None) -> Conflict:
    """Return the error of asking for another feed under the name of one that runs."""
    differs = differences(runs, spec, detectors)
    msg = (
        f"A feed {name!r} runs already, and it is another ({'; '.join(differs)}): give this one a "
        "name of its own, or replace: true"
    )
    allowed = "another name, or replace"
    return Conflict(msg, field="name", value=name, allowed=allowed, differs=differs)


def _text(value: Any) -> str:
    if value is None:
        return "none"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
