"""Confluence in words, made of what voted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from workbench.analysis.patterns.names import LIQUIDITY_ENGULFING

if TYPE_CHECKING:
    from workbench.analysis.confluence import Place

STRONG, MODERATE = 0.7, 0.5
"""Scores from which confluence is called so."""

CLEAR = 0.25
"""A vote from which a term is worth mentioning."""

_KINDS = {
    "fvg": "fair value gap", "order_block": "order block", "zone": "zone",
    "swing_high": "swing high", "swing_low": "swing low",
}  # fmt: skip


def spoken(pattern: str) -> str:
    """Return a pattern as one says it."""
    return "LE candle" if pattern == LIQUIDITY_ENGULFING else pattern.replace("_", " ")


def grade(score: float) -> str:
    """Return how a score is called."""
    return "Strong" if score >= STRONG else "Moderate" if score >= MODERATE else "Weak"


def place_words(places: Mapping[int, Place]) -> str:
    """Say where price is."""
    if not places:
        return "At no support or resistance"
    told = []
    for sign, (area, timeframe, distance) in places.items():
        side = "support" if sign > 0 else "resistance"
        edge = area.top if sign > 0 else area.bottom
        within = "at" if area.kind.startswith("swing") else "in"
        away = f"{distance:.2f} ATR from" if distance else within
        told.append(f"{away} {side}: {timeframe} {_KINDS[area.kind]} at {edge:.8g}")
    return f"between both, {' and '.join(told)}" if len(told) > 1 else told[0]


def reason(
    score: float,
    sign: int,
    votes: Sequence[float],
    patterns: Sequence[str],
    longer: bool,
    between: bool = False,
) -> str:
    """Return the sentence of a score.

    Parameters
    ----------
    sign
        Where it leans.
    votes
        Of trend, location, pattern and momentum, -1 to 1.
    patterns
        That speak for this side.
    longer
        Whether the trend is that of longer timeframes.
    between
        Whether price is at support and at resistance: it is at neither then.
    """
    if not sign:
        return f"No confluence: {'the votes cancel' if any(votes) else 'nothing votes'}"
    trend, location, pattern, momentum = votes
    pro, contra = _sides(
        sign, (trend, 0.0 if between else location, pattern, momentum), patterns, longer
    )
    where = ", between support and resistance" if between else ""
    against = f", against {' and '.join(contra)}" if contra else ""
    return f"{grade(score)} confluence: {' + '.join(pro) or 'slight leanings'}{where}{against}"


def _sides(
    sign: int, votes: Sequence[float], patterns: Sequence[str], longer: bool
) -> tuple[list[str], list[str]]:
    trend, location, pattern, momentum = [vote * sign for vote in votes]
    bias, other = ("bullish", "bearish") if sign > 0 else ("bearish", "bullish")
    place, opposite = ("support", "resistance") if sign > 0 else ("resistance", "support")
    high, low = ("HTF ", "LTF ") if longer else ("", "")
    pro, contra = [], []
    if trend >= CLEAR:
        pro.append(f"{high}{bias} bias")
    if momentum >= CLEAR:
        pro.append(f"{bias} momentum")
    at = f" at {place}" if location >= CLEAR else ""
    if pattern >= CLEAR and patterns:
        # The rarest word first: an LE candle says more than the engulfing it often is as well.
        pro.append(f"{low}{spoken(patterns[0])}{at}")
    elif at:
        pro.append(f"price{at}")
    if trend <= -CLEAR:
        contra.append(f"{high}{other} bias")
    if location <= -CLEAR:
        contra.append(opposite)
    if pattern <= -CLEAR:
        contra.append(f"a {other} candle")
    if momentum <= -CLEAR:
        contra.append(f"{other} momentum")
    return pro, contra
