"""What a stream says of a finding."""

from __future__ import annotations

from functools import lru_cache

from msgspec import UNSET

from workbench.analysis.detecting import Finding, PatternFinding, StructureFinding
from workbench.messages import (
    Confluence,
    ConfluenceData,
    Message,
    Pattern,
    PatternData,
    Structure,
    StructureData,
    iso_time,
)

# What is found on one candle has the same two times.
_written = lru_cache(maxsize=64)(iso_time)


def message_of(finding: Finding, symbol: str, now: str) -> Message:
    """Return the message of a finding.

    Parameters
    ----------
    symbol
        Of the market.
    now
        When it is told: ISO 8601, UTC.
    """
    times = _written(finding.bar_time), _written(finding.confirmed_at)
    if isinstance(finding, PatternFinding):
        return Pattern(
            now,
            data=PatternData(
                symbol, finding.timeframe, finding.pattern, finding.direction, finding.strength,
                *times, finding.provisional,
            ),
        )  # fmt: skip
    if isinstance(finding, StructureFinding):
        top, bottom = finding.top, finding.bottom
        return Structure(
            now,
            data=StructureData(
                symbol, finding.timeframe, finding.id, finding.kind, finding.direction,
                finding.status, *times, finding.price,
                UNSET if top is None else top, UNSET if bottom is None else bottom,
                finding.numbers or UNSET,
            ),
        )  # fmt: skip
    return Confluence(
        now,
        data=ConfluenceData(
            symbol, finding.timeframe, *times, finding.score, finding.direction,
            list(finding.terms), finding.rationale,
        ),
    )  # fmt: skip
