"""A plan carried out by nautilus_trader over bars, its stops and targets as brackets.

It is run in an environment of its own (`python -m tests.oracles --record nautilus`): it does not
take the pandas of this project.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide, OrderType, TimeInForce
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Currency, Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

from oracles.markets import Market
from oracles.plan import FREE, Costs, Outcome, Plan, Trade

DIGITS = 4
"""Of prices: the candles' own, and so those of all orders."""


class Planned(Strategy):
    """Carries out a plan."""

    def __init__(self, plan: Plan, instrument: Any, bars: BarType, opens: dict[int, int]) -> None:
        super().__init__()
        self.plan, self.instrument, self.bars, self.opens = plan, instrument, bars, opens
        self.bar = -1
        self.values: list[float] = []
        self.done: list[tuple[int, int, float, float]] = []

    def on_start(self) -> None:
        self.subscribe_bars(self.bars)

    def on_order_filled(self, event: Any) -> None:
        sign = 1 if event.order_side == OrderSide.BUY else -1
        bar = self.opens[event.ts_event]
        self.done.append((bar, sign, float(event.last_px), float(event.last_qty)))

    def on_bar(self, bar: Bar) -> None:
        self.bar += 1
        held = 0
        for position in self.cache.positions_open(instrument_id=self.instrument.id):
            held = 1 if position.is_long else -1
        wish = self.plan.wish(self.bar, float(bar.close), held)
        if wish is None:
            return
        self.cancel_all_orders(self.instrument.id)
        if held:
            self.close_all_positions(self.instrument.id)
        if wish.sign == 0:
            return
        side = OrderSide.BUY if wish.sign > 0 else OrderSide.SELL
        quantity = Quantity(self.plan.units, 0)
        if wish.stop is None or wish.target is None:
            self.submit_order(self.order_factory.market(self.instrument.id, side, quantity))
            return
        self.submit_order_list(
            self.order_factory.bracket(
                instrument_id=self.instrument.id,
                order_side=side,
                quantity=quantity,
                sl_trigger_price=Price(wish.stop, DIGITS),
                tp_price=Price(wish.target, DIGITS),
                entry_order_type=OrderType.MARKET,
                time_in_force=TimeInForce.GTC,
                tp_post_only=False,
            )
        )


def run(market: Market, plan: Plan, costs: Costs = FREE, adaptive: bool = False) -> Outcome:
    """Carry out a plan; the equity is computed from the fills."""
    venue = Venue("SIM")
    engine = BacktestEngine(
        BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False)
    )
    engine.add_venue(
        venue, OmsType.NETTING, AccountType.MARGIN, base_currency=None,
        starting_balances=[Money(market.capital, USDT)], default_leverage=Decimal(1),
        bar_adaptive_high_low_ordering=adaptive,
    )  # fmt: skip
    name = Symbol("WALK")
    fee = Decimal(str(costs.percent))
    instrument = CryptoPerpetual(
        instrument_id=InstrumentId(name, venue), raw_symbol=name,
        base_currency=Currency.from_str("BTC"), quote_currency=USDT, settlement_currency=USDT,
        is_inverse=False, price_precision=DIGITS, size_precision=0,
        price_increment=Price(10**-DIGITS, DIGITS), size_increment=Quantity(1, 0),
        maker_fee=fee, taker_fee=fee, margin_init=Decimal(0), margin_maint=Decimal(0),
        ts_event=0, ts_init=0,
    )  # fmt: skip
    engine.add_instrument(instrument)
    candles = market.candles
    bars = BarType.from_str(f"{instrument.id}-1-HOUR-LAST-EXTERNAL")
    closes = ((candles.time + candles.timeframe.ms) * 1_000_000).tolist()
    rows = zip(candles.open, candles.high, candles.low, candles.close, closes, strict=True)
    engine.add_data([
        Bar(bars, *(Price(x, DIGITS) for x in row[:4]), Quantity(1_000_000, 0), row[4], row[4])
        for row in rows
    ])  # fmt: skip
    planned = Planned(plan, instrument, bars, {t: n for n, t in enumerate(closes)})
    engine.add_strategy(planned)
    engine.run()
    engine.dispose()
    return _outcome(market, costs, planned.done)


def _outcome(market: Market, costs: Costs, fills: list[tuple[int, int, float, float]]) -> Outcome:
    """Make round trips of fills that open and close in turns."""
    closes = market.candles.close
    cash, held = np.full(len(closes), market.capital), np.zeros(len(closes))
    trades: list[Trade] = []
    for bar, sign, price, size in fills:
        cash[bar:] -= sign * price * size + price * size * costs.percent
        held[bar:] += sign * size
        last = trades[-1] if trades else None
        if last is None or last.exit_bar is not None:
            trades.append(Trade(sign, bar, price, size))
            continue
        fees = (price + last.entry_price) * size * costs.percent
        pnl = -sign * (price - last.entry_price) * size - fees
        trades[-1] = last._replace(exit_bar=bar, exit_price=price, pnl=pnl)
    return Outcome(trades, cash + held * closes)
