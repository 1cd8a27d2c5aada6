"""Stretches of time: what has been asked for, and what is left to ask."""

from __future__ import annotations

import json
from collections.abc import Iterable

Range = tuple[int, int]
"""From the first time on, before the second (epoch ms)."""


def joined(ranges: Iterable[Range]) -> list[Range]:
    """Return the same time as ranges that neither touch nor overlap, in order."""
    found: list[Range] = []
    for start, end in sorted(one for one in ranges if one[0] < one[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def missing(wanted: Range, known: Iterable[Range]) -> list[Range]:
    """Return the parts of `wanted` that are not in `known`, in order."""
    at, end = wanted
    left = []
    for first, last in joined(known):
        if first >= end:
            break
        if first > at:
            left.append((at, first))
        at = max(at, last)
    return [*left, (at, end)] if at < end else left


def written(ranges: Iterable[Range]) -> str:
    """Return ranges as text, for `read`."""
    return json.dumps(joined(ranges))


def read(text: str | None) -> list[Range]:
    """Return what `written` wrote."""
    return [(int(start), int(end)) for start, end in json.loads(text)] if text else []
