"""`wb.live`, `wb.list_sessions`, `wb.sessions_view`: starting live sessions, finding them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.client.discovery import connect
from workbench.client.live_asking import request_body
from workbench.client.server import Server
from workbench.client.session import Session
from workbench.errors import InvalidRequest

if TYPE_CHECKING:
    import pandas as pd

    from workbench.engine import Strategy
    from workbench.widgets.sessions_view import SessionsView


def live(
    strategy: type[Strategy] | str | Sequence[type[Strategy] | str],
    *,
    symbols: Sequence[str] | str,
    timeframes: Sequence[str] | str = ("1M",),
    broker: str = "paper",
    feed: str | Mapping[str, Any] | None = None,
    url: str | None = None,
    token: str | None = None,
    server: Server | None = None,
    **options: Any,
) -> Session:
    """Trade a strategy on a market as it comes, in a process of its own; return its handle.

    It goes on without this notebook, and without the server; a process that dies is started again
    where it was. Paper is the default: nothing is ordered anywhere.

    Parameters
    ----------
    strategy
        As for `workbench.start`: the same class as in a backtest.
    symbols
        Such as ``["BTC-USD", "ETH-USD"]``: each has an instance of the strategy and an equal part
        of the capital (`allocation` for other parts).
    timeframes
        As for `workbench.start`; the strategy decides on the shortest.
    broker
        ``paper``, or the name of an exchange such as ``binance``: its test system, unless `sandbox`
        is False. The server's configuration must allow it (see docs/brokers.md).
    feed
        Where prices come from: ``synthetic``, ``replay`` (stored candles, at a `speed`),
        ``exchange``; or the fields of `workbench.feeds.spec.FeedSpec` in a dict. The server's
        default where absent.
    url, token, server
        The server; by default the Jupyter server this kernel belongs to, or a private one.
    **options
        The strategy's parameters by name; `limits` and `account_limits`
        (`workbench.RiskLimits`, or a dict: ``{"max_daily_loss": 500}``); `allocation`,
        `latency`, `participation`, `account`, `sandbox`, `history`, `keep` of
        `workbench.trading.spec.LiveSettings`; `speed`, `start`, `end`, `path`, `seed`, `exchange`,
        `market` of the feed; those of `workbench.engine.settings.Settings`: `initial_capital`,
        `commission`, `leverage`, ...; `name`, `notes`, `tags`.

    Raises
    ------
    InvalidRequest
        Or one of its kinds; nothing was started.
    ServerUnreachable
        The server named by `url` does not answer.

    Examples
    --------
    >>> session = wb.live(SmaCross, symbols=["BTC-USD"], timeframes=["1M"])
    >>> session                          # the live view
    >>> session.positions, session.pnl
    >>> session.flatten()                # close everything, open nothing more
    >>> session.stop()
    >>> wb.diff(session, strategy=SmaCross)  # against the backtest over the same candles
    """
    body = request_body(strategy, symbols, timeframes, broker, feed, options)
    server = _server(url, token, server)
    reply = server.rest.post("api/live-trading/start", body)
    return Session(str(reply["session_id"]), server)


def list_sessions(
    *, url: str | None = None, token: str | None = None, server: Server | None = None
) -> pd.DataFrame:
    """Return the server's live sessions as a table, the newest first, by id.

    As they are now; `sessions_view` shows them as they go on.
    """
    import pandas as pd

    server = _server(url, token, server)
    listed = server.rest.get("api/live-trading")["sessions"]
    rows = [{**one, **(one.get("risk") or {}), **(one.get("pnl") or {})} for one in listed]
    index = pd.Index([one["session_id"] for one in listed], name="id", dtype="object")
    frame = pd.DataFrame(index=index)
    for name in ("name", "status", "strategy", "symbols", "timeframes", "broker", "entries"):
        told = [row.get(name) for row in rows]
        shown = [" ".join(one) if isinstance(one, list) else one for one in told]
        frame[name] = pd.Series(shown, index=index, dtype="object")
    created = pd.to_datetime([row["created"] for row in rows], utc=True, format="ISO8601")
    frame["created"] = created.as_unit("ms")
    for name in ("equity", "realized", "unrealized", "exposure"):
        frame[name] = pd.Series([row.get(name) for row in rows], index=index, dtype="float64")
    return frame


def sessions_view(
    *,
    height: int = 560,
    url: str | None = None,
    token: str | None = None,
    server: Server | None = None,
) -> SessionsView:
    """Return the live view of all sessions: a row each, and one button that flattens them all.

    The rows come and go with the sessions. A click on one opens its view below; `height` is that
    of its charts, in CSS pixels. The page reads the server itself, so that the view and its button
    work while this kernel is busy. `list_sessions` is the same as a table, as it is now.

    Raises
    ------
    ServerUnreachable
        The server named by `url` does not answer.
    """
    from workbench.client.sessions_source import SessionsSource
    from workbench.widgets.sessions_view import SessionsView

    server = _server(url, token, server)
    return SessionsView(source=SessionsSource(server), direct=server.own, height=height)


def flatten_all(
    *, url: str | None = None, token: str | None = None, server: Server | None = None
) -> list[str]:
    """Close everything in all live sessions, and open nothing more; return their ids.

    The kill switch: it works also where a strategy's process hangs.
    """
    server = _server(url, token, server)
    reply = server.rest.post("api/live-trading/flatten", {})
    return [str(one["session_id"]) for one in reply["sessions"]]


def _server(url: str | None, token: str | None, server: object) -> Server:
    if server is None:
        return connect(url, token)
    if not isinstance(server, Server):
        what = server if isinstance(server, str) else type(server).__name__
        msg = f"server is {what!r}, not a server that is connected: give its address as url="
        raise InvalidRequest(msg, field="server", value=what, allowed="workbench.connect(url)")
    return server
