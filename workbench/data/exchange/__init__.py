"""Exchanges through ccxt: finding a market, asking for candles, and what goes wrong.

Importing this costs nothing; ccxt is imported when an exchange is opened.
"""

from workbench.data.exchange.fetching import Fetched, fetch

__all__ = ["Fetched", "fetch"]
