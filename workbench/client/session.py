"""The handle of a live session: what it holds, what it has ordered, and its live view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.client.run import Run
from workbench.errors import NotFound, UnknownSymbol, WorkbenchError
from workbench.messages import Candle, Message

if TYPE_CHECKING:
    import pandas as pd

    from workbench.engine import BacktestResult
    from workbench.report.differences import Diff
    from workbench.widgets.live_view import LiveView

BASE = "api/live-trading"


class Session(Run):
    """A live session on a server. It goes on without this handle, this kernel and this notebook.

    Made by `workbench.live` and `workbench.attach`. Shown as a cell's value it is the live view.
    What a run has, it has, too: `trades`, `equity`, `signals`, `explain`, `why_not`, `events`,
    `stream`, `report`.

    Attributes
    ----------
    id
        The session's id, for `workbench.attach`.
    server
        Where it is.
    """

    # --- what it is doing ---------------------------------------------------------------

    @property
    def info(self) -> dict[str, Any]:
        """All the server knows of the session now: status, spec, positions, orders, risk, pnl."""
        return self.server.rest.get(f"{BASE}/{self.id}")

    @property
    def progress(self) -> float:
        """NaN: a live session has no end that is known."""
        return float("nan")

    @property
    def symbols(self) -> list[str]:
        """What it trades."""
        return list(self.info["symbols"])

    @property
    def positions(self) -> pd.DataFrame:
        """What it holds now, a row a position, by its id."""
        from workbench.client.live_frames import positions_frame

        return positions_frame(self.info["positions"])

    @property
    def orders(self) -> pd.DataFrame:
        """All its orders, as they stand now, a row an order, by its id; open ones first."""
        from workbench.client.live_frames import orders_frame

        return orders_frame(self.events("order"))

    @property
    def pnl(self) -> pd.DataFrame:
        """Profit by symbol, and of all: realised (net of fees), unrealised, fees, trades."""
        from workbench.client.live_frames import pnl_frame

        return pnl_frame(self.info["pnl"])

    @property
    def risk(self) -> dict[str, Any]:
        """What it risks now: equity, exposure, leverage, drawdown, VaR, …; see docs/risk.md."""
        found: dict[str, Any] = dict(self.info["risk"] or {})
        found.pop("limits", None)
        return found

    @property
    def limits(self) -> pd.DataFrame:
        """Its limits and how much of each is used, a row a limit, by its name."""
        from workbench.client.live_frames import limits_frame

        return limits_frame(self.info["risk"])

    @property
    def breaches(self) -> pd.DataFrame:
        """Limits that were met so far, one a row: when, with what, and what was done."""
        from workbench.client.live_frames import breaches_frame

        return breaches_frame(self.events("risk"))

    def candles(self, timeframe: str | None = None, symbol: str | None = None) -> pd.DataFrame:
        """Return the closed candles it has seen, by open time (UTC), the history included.

        Parameters
        ----------
        timeframe
            One of the session's; the shortest where absent.
        symbol
            One of the session's; the first where absent.

        Raises
        ------
        UnknownSymbol, UnknownTimeframe
            The session has none such.
        """
        from workbench.client.live_frames import candles_frame
        from workbench.client.market_asking import timeframe_of

        now = self.info
        name = self._symbol(symbol, now["symbols"])
        known = now["timeframes"]
        chosen = known[0] if timeframe is None else timeframe_of(self.id, timeframe, known)
        return candles_frame(self._seen(), name, chosen)

    # --- what is done with it -----------------------------------------------------------

    def flatten(self) -> None:
        """Close everything at market, cancel all orders, open nothing more; it goes on watching.

        Works also where the strategy's process hangs: then the session ends.
        """
        self._post("flatten")

    def pause_entries(self) -> None:
        """Open nothing more; what is held goes on as it is."""
        self._post("pause_entries")

    def resume_entries(self) -> None:
        """Let the strategy open positions again."""
        self._post("resume_entries")

    def stop(self) -> None:
        """End the session: what is held is closed at market, unless it was started with `keep`."""
        self._post("stop")

    def delete(self) -> None:
        """Remove the session and its log for good, once it has ended."""
        self.server.rest.delete(f"{BASE}/{self.id}")

    # --- against its backtest -----------------------------------------------------------

    def backtest(self, strategy: Any = None) -> dict[str, BacktestResult]:
        """Run the backtest over the very candles the session has seen, here; by symbol.

        Parameters
        ----------
        strategy
            The class that was started; by default it is looked up by its name among the
            registered ones.

        Raises
        ------
        InvalidRequest
            The strategy is none that is registered: give the class.
        """
        from workbench.client.live_backtest import backtests

        return backtests(self.info, self._seen(), strategy)

    def diff(self, strategy: Any = None) -> Diff:
        """Compare with the backtest over the same candles; see `workbench.diff`."""
        from workbench.report.comparing import compare

        tested = self.backtest(strategy).values()
        return compare([one for result in tested for one in result.messages], self._messages())

    # --- looking at it ------------------------------------------------------------------

    def view(self) -> LiveView:
        """Return the live view, an ipywidget; the same one each time."""
        if self._view is None:
            from workbench.client.source import ServerSource
            from workbench.widgets.live_view import LiveView

            now = self.info
            self._view = LiveView(
                self.id,
                source=ServerSource(self.server, self.id),
                direct=self.server.own,
                title=f"{now['strategy']} on {' '.join(now['symbols'])}",
            )
        return self._view

    def compare(self, strategy: Any = None) -> LiveView:
        """Return the live view with the backtest over the same candles drawn beside it."""
        from workbench.client.live_backtest import beside

        view = self.view()
        view.beside = beside(self.backtest(strategy))
        return view

    def _seen(self) -> list[Candle]:
        return [one for one in self.events("candle") if isinstance(one, Candle)]

    def _messages(self) -> list[Message]:
        from workbench.report.deals import TYPES

        return [one for one in self.events(*TYPES) if isinstance(one, Message)]

    def _how_far(self, info: dict[str, Any]) -> str:
        return _money(info)

    def _symbol(self, symbol: str | None, known: list[str]) -> str:
        if symbol is not None and symbol not in known:
            msg = f"{self.id} does not trade {symbol!r}: it trades {', '.join(known)}"
            raise UnknownSymbol(msg, field="symbol", value=symbol, allowed=known)
        return known[0] if symbol is None else symbol

    def _post(self, action: str) -> None:
        self.server.rest.post(f"{BASE}/{self.id}/{action}", {})

    def __repr__(self) -> str:
        try:
            now = self.info
        except NotFound:
            return f"<Session {self.id}: deleted>"
        except WorkbenchError as error:
            return f"<Session {self.id} on {self.server.url}: {error}>"
        what = f"{now['strategy']} on {' '.join(now['symbols'])} {'/'.join(now['timeframes'])}"
        return f"<Session {self.id}: {what}, {now['broker']}, {now['status']}{_money(now)}>"


def _money(info: dict[str, Any]) -> str:
    pnl = info.get("pnl")
    return f", equity {pnl['equity']:,.2f}, {len(info['positions'])} open" if pnl else ""
