"""What a configuration may say of accounts that live orders go to."""

from __future__ import annotations

import pytest

from workbench.errors import InvalidRequest
from workbench.sessions.brokers import Allowed
from workbench.sessions.leave import allowed


def test_accounts_are_listed_or_have_settings():
    options = {"redirect": "127.0.0.1:9000", "timeout": 5000}
    assert allowed({"binance": ["sandbox:main", "two"], "kraken": {"sandbox:x": options}}) == (
        Allowed("binance", "main"), Allowed("binance", "two", True),
        Allowed("kraken", "x", False, options),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("configured", "field"),
    [
        ({"binance": "main"}, "live_orders"),
        ({"binance": ["a key/"]}, "live_orders"),
        ({"binance": {"main": "x"}}, "live_orders.binance.main"),
        ({"binance": {"main": {"apiKey": "x"}}}, "live_orders.binance.main.apiKey"),
        ({"binance": {"main": {"redirect": "1.2.3.4:80"}}}, "live_orders.binance.main.redirect"),
        ({"binance": {"main": {"redirect": "localhost"}}}, "live_orders.binance.main.redirect"),
    ],
)
def test_anything_else_is_refused(configured, field):
    with pytest.raises(InvalidRequest) as raised:
        allowed(configured)
    assert raised.value.details["field"] == field
    assert raised.value.details["value"] != {"apiKey": "x"}
