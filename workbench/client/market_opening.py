"""`wb.market`: watching a market on a server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from workbench.client.discovery import connect
from workbench.client.market import Market
from workbench.client.market_asking import request_body
from workbench.client.market_stream import MarketStream
from workbench.client.server import Server
from workbench.errors import Conflict, InvalidRequest, NotFound


def market(
    symbol: str,
    timeframes: Sequence[str] | str | None = None,
    *,
    detectors: Iterable[Any] = (),
    url: str | None = None,
    token: str | None = None,
    server: Server | None = None,
    **options: Any,
) -> Market:
    """Watch a market: its candles as they grow, and what detectors see in them.

    The feed is a process of its own on the server, shared by all who watch it; it ends some time
    after the last of them has gone.

    Parameters
    ----------
    symbol
        What is traded, such as ``BTC-USD``. Given alone it may also be the name of a feed: the
        one that is there is watched, whatever it was asked to be.
    timeframes
        Such as ``["15M", "1H", "4H"]``: whole multiples of the shortest. The server's where
        absent.
    detectors
        Further detectors: names of registered ones, or classes and instances of this notebook
        with an ``update(bar)``, which are sent by value.
    url, token, server
        The server; by default the Jupyter server this kernel belongs to, or a private one.
    **options
        `name` of the feed, where it is not the symbol; `replace`: put this feed in the place of
        another of its name; and the fields of `workbench.feeds.spec.FeedSpec`: `feed`
        (``synthetic``, ``replay`` or ``exchange``; the server decides where absent),
        `exchange`, `market`, `path`, `start`, `end`, `speed`, `seed`, `patterns`, `weights`,
        `history`, `options`.

    Raises
    ------
    InvalidRequest
        Or one of its kinds; nothing was started.
    Conflict
        Another feed of this name runs; it says what differs, and what to write.
    ServerUnreachable
        The server named by `url` does not answer.
    """
    body = request_body(symbol, timeframes, detectors, options)
    server = server or connect(url, token)
    alone = list(body) == ["symbol"]
    if alone and (name := _known(server, symbol)) is not None:
        return _watched(server, name, symbol)
    try:
        reply = server.rest.post("api/market-data/start", body)
    except Conflict as error:
        name = error.details.get("value")
        if not isinstance(name, str):
            raise
        if alone:
            return _watched(server, name, symbol)
        raise _another(error, name) from None
    return Market(str(reply["name"]), server, title=symbol, epoch=reply.get("epoch"))


def _known(server: Server, name: str) -> str | None:
    """Return the name of the feed of this name, None where there is none."""
    try:
        return str(server.rest.get(f"api/market-data/{quote(name, safe='')}")["name"])
    except (NotFound, InvalidRequest):
        return None


def _watched(server: Server, name: str, title: str) -> Market:
    """Return the market of a feed that is there, started if it does not run."""
    with MarketStream(server, name, from_now=True) as stream:
        next(stream, None)
    return Market(name, server, title=title)


def _another(error: Conflict, name: str) -> Conflict:
    differs = error.details.get("differs")
    what = f" ({'; '.join(differs)})" if isinstance(differs, list) and differs else ""
    msg = (
        f'A feed {name!r} runs already, and it is another{what}: write name="{name}-2" to have '
        f"this one beside it, replace=True to put it in its place, or wb.market({name!r}) alone "
        "to watch the one that runs"
    )
    return Conflict(msg, **error.details)
