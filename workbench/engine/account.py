"""The rows of numbers an account begins with."""

from __future__ import annotations

from math import inf

from workbench.engine.rules.layout import *
from workbench.engine.settings import Settings


def settings_row(settings: Settings) -> list[float]:
    """Return the settings as the rules read them."""
    fees, slips, rules = settings.fees, settings.slips, settings.rules
    row = [0.0] * SETTINGS_WIDTH
    row[S_MAKER] = fees.percent if fees.maker is None else fees.maker
    row[S_TAKER] = fees.percent if fees.taker is None else fees.taker
    row[S_PER_UNIT] = fees.per_unit
    row[S_PER_ORDER] = fees.per_order
    row[S_MINIMUM] = fees.minimum
    row[S_SLIP] = slips.percent
    row[S_SLIP_FIXED] = slips.fixed
    row[S_IMPACT] = slips.impact
    row[S_LEVERAGE] = settings.leverage
    row[S_MAINTENANCE] = settings.maintenance_margin
    row[S_BORROW] = settings.borrow_rate
    row[S_FUNDING] = settings.funding_rate
    row[S_LOT] = settings.lot_size
    row[S_MIN_SIZE] = settings.min_size
    row[S_TICK] = settings.tick_size
    row[S_MAX_POSITIONS] = float(settings.max_positions)
    row[S_HEDGING] = float(settings.hedging)
    row[S_MAX_RISK] = inf if settings.max_risk is None else settings.max_risk
    row[S_OVER_GAPS] = float(settings.fill_over_gaps)
    row[S_RISK] = settings.risk_per_trade
    row[S_AT_CLOSE] = float(rules.market == "close")
    row[S_OPTIMISTIC] = float(rules.path == "optimistic")
    row[S_STOPS_MOVE] = float(rules.stops == "fill")
    row[S_TOUCH_WINS] = float(rules.exits == "touch")
    row[S_TARGET_GAP] = float(rules.target_gap)
    row[S_STOP_GAP] = float(rules.stop_gap)
    row[S_STOP_FIRST] = float(rules.stop_first)
    row[S_ENTRY_CANDLE] = 2.0 if rules.entry_candle == "market" else float(rules.entry_candle)
    row[S_PATH] = float(rules.path in ("ohlc", "olhc", "adaptive"))
    return row


def account_row(settings: Settings) -> list[float]:
    """Return the account before the first candle."""
    row = [0.0] * ACCOUNT_WIDTH
    row[BALANCE] = row[OFFSET] = settings.initial_capital
    row[LOWER], row[UPPER] = -inf, inf
    return row
