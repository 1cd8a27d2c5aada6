"""`ws …/api/ws/stream/market-data/{symbol}`: what a market does, and what is seen in it."""

from __future__ import annotations

from workbench.errors import InvalidRequest, NotFound, UnknownTimeframe
from workbench.messages import ControlRequest
from workbench.streams import StreamQuery
from workbench.streams.query import MARKET_PARAMETERS
from workbench.timeframes import Timeframe
from workbench_server.handlers.streaming import StreamHandler
from workbench_server.subjects import Subject, of_feed


class MarketStreamHandler(StreamHandler):
    """One subscriber of a market; its feed runs while there are some."""

    parameters = MARKET_PARAMETERS
    _feed: str | None = None

    @property
    def _epoch(self) -> str | None:
        given = self.request.query_arguments.get("epoch", [b""])
        return given[0].decode(errors="replace") or None

    def named(self, asked: str) -> str:
        """Return the feed's name; ``BTC/USD`` is ``BTC-USD``."""
        try:
            return self.extensionapp.markets.find(asked, self._epoch).name
        except InvalidRequest:
            return asked

    async def subject(self) -> Subject:
        """Return what the market's stream is about.

        Raises
        ------
        NotFound
            There is no feed of this name, and none for a symbol of this name.
        """
        try:
            return of_feed(self.extensionapp.markets.find(self.stream_name, self._epoch))
        except InvalidRequest as error:
            raise NotFound(error.message, **error.details) from error

    def joined(self, subject: Subject) -> Subject:
        """Note the subscriber; the feed is started if it does not run.

        Raises
        ------
        TooManyConnections
            As many feeds run as may.
        """
        record = self.extensionapp.markets.subscribe(subject.stream, self._epoch)
        self._feed = record.name
        return of_feed(record)

    def query(self, given: dict[str, str], subject: Subject) -> StreamQuery:
        """Return what the subscriber wants; its timeframes are some of the market's."""
        if "timeframes" in given:
            names = given["timeframes"].split(",")
            given = {**given, "timeframes": ",".join(map(_canonical, names))}
        return StreamQuery.parse_market(given, subject.timeframes)

    async def control(self, request: ControlRequest) -> None:
        """Refuse: a market takes no orders from who watches it."""
        action = request.action[:40]
        msg = f"A market cannot be controlled ({action}): only ping is answered here"
        raise InvalidRequest(msg, field="type", value="control", allowed=["ping"])

    def on_close(self) -> None:
        """Stop sending; the feed goes on for a while."""
        super().on_close()
        if self._feed is not None:
            self.extensionapp.markets.unsubscribe(self._feed)
            self._feed = None


def _canonical(text: str) -> str:
    try:
        return Timeframe.parse(text).canonical.name
    except UnknownTimeframe:
        return text
