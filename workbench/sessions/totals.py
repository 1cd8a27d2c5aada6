"""What a session that was closed without its own process has come to: pure."""

from __future__ import annotations

from msgspec import UNSET, structs

from workbench.messages import FinalMetrics, PnlData, PnlPart, RiskData
from workbench.runs.spec import RunSpec
from workbench.sessions.remains import Remains


def pnl_of(remains: Remains, capital: float, time: str) -> PnlData:
    """Return the profit: what was told last, and what has been closed since.

    Parameters
    ----------
    remains
        What is known of the session.
    capital
        Money it began with.
    time
        Market time, ISO 8601.
    """
    by_symbol: dict[str, PnlPart] = {}
    by_strategy: dict[str, PnlPart] = {}
    for (symbol, strategy), sums in remains.sums.items():
        open_ = sum(
            one.unrealized_pnl for one in remains.positions.values()
            if (one.symbol, one.strategy) == (symbol, strategy)
        )  # fmt: skip
        part = PnlPart(sums.realized, open_, sums.fees, sums.trades)
        by_symbol[symbol] = _sum(by_symbol.get(symbol), part)
        by_strategy[strategy] = _sum(by_strategy.get(strategy), part)
    total = PnlPart(0.0, 0.0, 0.0, 0)
    for part in by_symbol.values():
        total = _sum(total, part)
    balance = capital + total.realized
    return PnlData(
        remains.session, time, balance + total.unrealized, balance,
        total.realized, total.unrealized, total.fees, total.trades, by_symbol, by_strategy,
    )  # fmt: skip


def risk_of(remains: Remains, spec: RunSpec, before: RiskData, pnl: PnlData) -> RiskData:
    """Return the risk of what is still open, `before` being what was told last."""
    positions = remains.positions.values()
    signed = [
        (1.0 if one.direction == "long" else -1.0) * one.quantity * one.price for one in positions
    ]
    exposure = sum(map(abs, signed))
    return structs.replace(
        before, time=pnl.time, equity=pnl.equity, exposure=exposure, net_exposure=sum(signed),
        leverage=exposure / pnl.equity if pnl.equity > 0 else 0.0,
        margin=exposure / spec.leverage, open_orders=len(remains.orders),
        daily_pnl=before.daily_pnl + pnl.equity - before.equity, entries="paused", limits=[],
        breach=UNSET,
    )  # fmt: skip


def final_of(remains: Remains, capital: float, equity: float) -> FinalMetrics:
    """Return the metrics of the end; those of the curve are as they were told last."""
    trades, metrics = remains.trades, remains.metrics
    losers = trades.count - trades.wins
    drawdown = 0.0 if metrics is None else metrics.max_drawdown
    return FinalMetrics(
        trades.count, trades.wins, losers,
        trades.wins / trades.count if trades.count else 0.0,
        trades.profit / trades.loss if trades.loss else 0.0,
        100 * (equity / capital - 1), 100 * drawdown,
        0.0 if metrics is None else metrics.sharpe_ratio,
        trades.win_percent / trades.wins if trades.wins else 0.0,
        trades.loss_percent / losers if losers else 0.0,
        trades.largest_win, trades.largest_loss, remains.commissions,
    )  # fmt: skip


def _sum(known: PnlPart | None, part: PnlPart) -> PnlPart:
    if known is None:
        return part
    return PnlPart(
        known.realized + part.realized,
        known.unrealized + part.unrealized,
        known.fees + part.fees,
        known.trades + part.trades,
    )
