"""The REST surface of markets, a row a route."""

from __future__ import annotations

from workbench.contract import parameters
from workbench.contract.market_replies import (
    FeedCandles,
    FeedDetail,
    FeedList,
    FeedStarted,
    FeedSummary,
)
from workbench.contract.operation import Operation
from workbench.errors import Conflict, InvalidRequest, NotFound, TooManyConnections
from workbench.feeds.checking import FeedRequest

_START = (
    "A feed of this name that is the same is left as it is, or started; one that is another is in "
    "conflict unless `replace` is true. A feed runs while it has subscribers, and some time after."
)
_FEED = "/api/market-data/{name}"

MARKET_OPERATIONS = (
    Operation("GET", "/api/market-data", "listFeeds", "List the feeds of markets.", FeedList),
    Operation(
        "POST", "/api/market-data/start", "startFeed", "Start the feed of a market.", FeedStarted,
        body=FeedRequest, right="execute", errors=(InvalidRequest, Conflict, TooManyConnections),
        description=_START,
    ),
    Operation("GET", _FEED, "getFeed", "Tell all about one feed.", FeedDetail, errors=(NotFound,)),
    Operation(
        "DELETE", _FEED, "deleteFeed", "End a feed and remove its log.",
        right="execute", errors=(NotFound,), status=204,
    ),
    Operation(
        "POST", f"{_FEED}/stop", "stopFeed",
        "End a feed; its stream stays, and its next subscriber starts it again.", FeedSummary,
        right="execute", errors=(NotFound,),
    ),
    Operation(
        "GET", f"{_FEED}/candles", "getFeedCandles",
        "Closed candles that the stream has told of, as columns.", FeedCandles,
        query=parameters.FEED_CANDLES, errors=(InvalidRequest, NotFound),
    ),
)  # fmt: skip
