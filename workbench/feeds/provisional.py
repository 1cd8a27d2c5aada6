"""Patterns that a growing candle shows: told when they come, change and go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.analysis.detecting import Finding, PatternFinding


class Provisional:
    """Remembers which provisional patterns have been told, by timeframe."""

    def __init__(self) -> None:
        self._shown: dict[str, dict[str, PatternFinding]] = {}

    def changed(self, timeframe: str, findings: Sequence[Finding]) -> list[Finding]:
        """Return what is new in what a growing candle shows, and what it shows no more."""
        shown = self._shown.setdefault(timeframe, {})
        out: list[Finding] = []
        seen = set()
        for finding in findings:
            if not isinstance(finding, PatternFinding):
                out.append(finding)
                continue
            seen.add(finding.pattern)
            known = shown.get(finding.pattern)
            if finding.strength == 0:
                if known is not None:
                    out.append(finding)
                    del shown[finding.pattern]
            elif known is None or _said(known) != _said(finding):
                shown[finding.pattern] = finding
                out.append(finding)
        for pattern in [pattern for pattern in shown if pattern not in seen]:
            out.append(_gone(shown.pop(pattern)))
        return out

    def over(self, timeframe: str) -> list[Finding]:
        """Return that all have gone: their candle has closed."""
        return [_gone(finding) for finding in self._shown.pop(timeframe, {}).values()]


def _said(finding: PatternFinding) -> tuple[object, ...]:
    return finding.bar_time, finding.direction, finding.strength


def _gone(finding: PatternFinding) -> PatternFinding:
    return replace(finding, strength=0, direction="neutral")
