"""Candlestick patterns by name: which there are, and which are looked for unasked."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from workbench.errors import InvalidRequest

LIQUIDITY_ENGULFING = "liquidity_engulfing"

TALIB = {
    "two_crows": "CDL2CROWS",
    "three_black_crows": "CDL3BLACKCROWS",
    "three_inside": "CDL3INSIDE",
    "three_line_strike": "CDL3LINESTRIKE",
    "three_outside": "CDL3OUTSIDE",
    "three_stars_in_the_south": "CDL3STARSINSOUTH",
    "three_white_soldiers": "CDL3WHITESOLDIERS",
    "abandoned_baby": "CDLABANDONEDBABY",
    "advance_block": "CDLADVANCEBLOCK",
    "belt_hold": "CDLBELTHOLD",
    "breakaway": "CDLBREAKAWAY",
    "closing_marubozu": "CDLCLOSINGMARUBOZU",
    "concealing_baby_swallow": "CDLCONCEALBABYSWALL",
    "counterattack": "CDLCOUNTERATTACK",
    "dark_cloud_cover": "CDLDARKCLOUDCOVER",
    "doji": "CDLDOJI",
    "doji_star": "CDLDOJISTAR",
    "dragonfly_doji": "CDLDRAGONFLYDOJI",
    "engulfing": "CDLENGULFING",
    "evening_doji_star": "CDLEVENINGDOJISTAR",
    "evening_star": "CDLEVENINGSTAR",
    "gap_side_by_side_white_lines": "CDLGAPSIDESIDEWHITE",
    "gravestone_doji": "CDLGRAVESTONEDOJI",
    "hammer": "CDLHAMMER",
    "hanging_man": "CDLHANGINGMAN",
    "harami": "CDLHARAMI",
    "harami_cross": "CDLHARAMICROSS",
    "high_wave": "CDLHIGHWAVE",
    "hikkake": "CDLHIKKAKE",
    "modified_hikkake": "CDLHIKKAKEMOD",
    "homing_pigeon": "CDLHOMINGPIGEON",
    "identical_three_crows": "CDLIDENTICAL3CROWS",
    "in_neck": "CDLINNECK",
    "inverted_hammer": "CDLINVERTEDHAMMER",
    "kicking": "CDLKICKING",
    "kicking_by_length": "CDLKICKINGBYLENGTH",
    "ladder_bottom": "CDLLADDERBOTTOM",
    "long_legged_doji": "CDLLONGLEGGEDDOJI",
    "long_line": "CDLLONGLINE",
    "marubozu": "CDLMARUBOZU",
    "matching_low": "CDLMATCHINGLOW",
    "mat_hold": "CDLMATHOLD",
    "morning_doji_star": "CDLMORNINGDOJISTAR",
    "morning_star": "CDLMORNINGSTAR",
    "on_neck": "CDLONNECK",
    "piercing": "CDLPIERCING",
    "rickshaw_man": "CDLRICKSHAWMAN",
    "rising_falling_three_methods": "CDLRISEFALL3METHODS",
    "separating_lines": "CDLSEPARATINGLINES",
    "shooting_star": "CDLSHOOTINGSTAR",
    "short_line": "CDLSHORTLINE",
    "spinning_top": "CDLSPINNINGTOP",
    "stalled_pattern": "CDLSTALLEDPATTERN",
    "stick_sandwich": "CDLSTICKSANDWICH",
    "takuri": "CDLTAKURI",
    "tasuki_gap": "CDLTASUKIGAP",
    "thrusting": "CDLTHRUSTING",
    "tristar": "CDLTRISTAR",
    "unique_three_river": "CDLUNIQUE3RIVER",
    "upside_gap_two_crows": "CDLUPSIDEGAP2CROWS",
    "gap_three_methods": "CDLXSIDEGAP3METHODS",
}
"""TA-Lib's function of each."""

DEFAULT = (
    LIQUIDITY_ENGULFING, "engulfing", "hammer", "shooting_star", "morning_star", "evening_star",
    "piercing", "dark_cloud_cover", "three_white_soldiers", "three_black_crows", "three_inside",
    "three_outside",
)  # fmt: skip
"""Reversals and continuations that take a stand, and are rare enough to mean something."""

UNDECIDED = frozenset(
    {
        "doji", "dragonfly_doji", "gravestone_doji", "high_wave", "long_legged_doji",
        "rickshaw_man", "short_line", "spinning_top", "takuri",
    }
)  # fmt: skip
"""Candles of indecision: TA-Lib gives their colour, or always 100; they take no side."""

ALL = (LIQUIDITY_ENGULFING, *TALIB)


def checked_names(names: Any) -> tuple[str, ...]:
    """Return the patterns asked for, each once; the default ones for None.

    Raises
    ------
    InvalidRequest
        One is unknown; TA-Lib's own names (``CDLDOJI``) are understood.
    """
    if names is None:
        return DEFAULT
    if isinstance(names, str):
        names = [names]
    if not isinstance(names, Iterable):
        msg = f"Candlestick patterns are {names!r}: write a list of names"
        raise InvalidRequest(msg, field="patterns", value=repr(names), allowed="a list")
    return tuple(dict.fromkeys(_checked(name) for name in names))


_BY_FUNCTION = {function: name for name, function in TALIB.items()}


def _checked(name: str) -> str:
    text = str(name)
    found = _BY_FUNCTION.get(text.upper(), text.lower())
    if found not in TALIB and found != LIQUIDITY_ENGULFING:
        near = difflib.get_close_matches(found, ALL, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        msg = f"Unknown candlestick pattern {name!r}.{hint}"
        raise InvalidRequest(msg, field="patterns", value=name, allowed=list(ALL))
    return found
