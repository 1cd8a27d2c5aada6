"""The cases of docs/fills.md, by group: each is a test, a row of the table, and a picture."""

from __future__ import annotations

from fill_cases import conventions, entries, exits, money, refusals, together
from fill_cases.case import Case, Played, lines, play, told

GROUPS: dict[str, list[Case]] = {
    "Entries": entries.CASES,
    "Stops, targets and exits": exits.CASES,
    "Several orders, trades and strategies": together.CASES,
    "Sizes, costs and margin": money.CASES,
    "Signals that come to no fill": refusals.CASES,
    "Shorter candles and conventions": conventions.CASES,
}
CASES = [case for group in GROUPS.values() for case in group]

__all__ = ["CASES", "GROUPS", "Case", "Played", "lines", "play", "told"]
