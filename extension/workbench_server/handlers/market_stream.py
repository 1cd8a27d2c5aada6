"""`ws …/api/ws/stream/market-data/{symbol}`: what a market does, and what is seen in it."""

from __future__ import annotations

from workbench.errors import InvalidRequest, NotFound, UnknownTimeframe
from workbench.feeds.book import FeedRecord
from workbench.feeds.coming import Coming
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

    def named(self, asked: str) -> str:
        """Return the feed's name; ``BTC/USD`` is ``BTC-USD``."""
        try:
            return self._found(asked).name
        except (InvalidRequest, NotFound):
            return asked

    async def subject(self) -> Subject:
        """Return what the market's stream is about.

        Raises
        ------
        NotFound
            There is no feed of this name, and none for a symbol of this name.
        """
        try:
            return of_feed(self._found(self.stream_name))
        except InvalidRequest as error:
            raise NotFound(error.message, **error.details) from error

    def joined(self, subject: Subject) -> Subject:
        """Note the subscriber; a new one starts the feed if it does not run.

        Raises
        ------
        TooManyConnections
            As many feeds run as may.
        """
        record = self.extensionapp.markets.subscribe(subject.stream, self._coming)
        self._feed = record.name
        return of_feed(record)

    def query(self, given: dict[str, str], subject: Subject) -> StreamQuery:
        """Return what the subscriber wants; its timeframes are some of the market's."""
        if "timeframes" in given:
            names = given["timeframes"].split(",")
            given = {**given, "timeframes": ",".join(map(_canonical, names))}
        return StreamQuery.parse_market(given, subject.timeframes)

    @property
    def _coming(self) -> Coming:
        arguments = self.request.query_arguments
        if arguments.get("wake", [b"1"])[-1] in (b"0", b"false"):
            return Coming.READING
        return Coming.BACK if "epoch" in arguments else Coming.NEW

    def _found(self, asked: str) -> FeedRecord:
        markets = self.extensionapp.markets
        return markets.find(asked) if self._coming is Coming.NEW else markets.known(asked)

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
