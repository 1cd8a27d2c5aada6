"""Which keys an account has, which of them are for its test system, and what a report may say."""

from __future__ import annotations

import pytest

from workbench.client.live_opening import flatten_all, list_sessions, live
from workbench.client.server import Server
from workbench.errors import InvalidRequest
from workbench.sessions.exchange.keys import keys_of, variables
from workbench.sessions.exchange.tracking import Tracked
from workbench.sessions.leave import allowed
from workbench.trading.brokering import Place

NAME = "WORKBENCH_BINANCE_MAIN"
PLAIN = {f"{NAME}_KEY": "plain-key", f"{NAME}_SECRET": "plain-secret"}
TEST = {f"{NAME}_SANDBOX_KEY": "test-key", f"{NAME}_SANDBOX_SECRET": "test-secret"}


@pytest.mark.parametrize(
    ("environ", "sandbox", "used"),
    [
        (PLAIN | TEST, True, "test"), (PLAIN | TEST, False, "plain"), (PLAIN, True, "plain"),
        (TEST, True, "test"),
    ],
)  # fmt: skip
def test_a_test_system_has_its_own_keys_where_there_are_any(
    environ: dict[str, str], sandbox: bool, used: str
) -> None:
    keys = keys_of("binance", "main", environ, sandbox)
    assert keys.scrub(f"{used}-key {used}-secret") == "*** ***"
    assert set(environ) & set(variables("binance", "main", sandbox)) >= {
        name for name, value in environ.items() if value.startswith(used)
    }


def test_real_orders_never_take_the_keys_of_a_test_system_and_sets_are_not_mixed() -> None:
    assert not any("SANDBOX" in one for one in variables("binance", "main", False))
    with pytest.raises(InvalidRequest, match=f"{NAME}_KEY"):
        keys_of("binance", "main", TEST)
    half = PLAIN | {f"{NAME}_SANDBOX_KEY": "test-key"}
    with pytest.raises(InvalidRequest, match=f"{NAME}_SANDBOX_SECRET"):
        keys_of("binance", "main", half, True)


@pytest.mark.parametrize(
    "accounts", [["a-b", "a.b"], ["main", "sandbox:Main"], ["main", "main-sandbox"]]
)
def test_accounts_whose_keys_would_be_the_same_are_refused(accounts: list[str]) -> None:
    with pytest.raises(InvalidRequest, match="another name") as raised:
        allowed({"binance": accounts})
    assert raised.value.details["field"] == "live_orders.binance"


def test_one_account_may_be_listed_for_both_systems_and_one_name_at_two_exchanges() -> None:
    assert len(allowed({"binance": ["main", "sandbox:main", "b"], "kraken": ["main"]})) == 4


def test_without_a_fill_there_is_no_average_price() -> None:
    place = Place("s-1", "X", "buy", "limit", 2.0, 99.0, False, 0)
    tracked = Tracked(place, "s-1", {"spot": True, "base": "X", "quote": "Y"})
    tracked.saw({"id": "1", "filled": 1.0, "average": 98.0, "status": "open"})
    (report,) = tracked.reports(5)
    assert (report.status, report.filled, report.average_price) == ("accepted", 0.0, None)
    tracked.saw_trade({"id": "t", "price": 98.0, "amount": 1.0, "timestamp": 6})
    (report,) = tracked.reports(7)
    assert (report.filled, report.average_price) == (1.0, 98.0)


def test_an_address_is_no_server() -> None:
    address: Server = "http://127.0.0.1:1"  # type: ignore[assignment]
    for ask in (
        lambda: live("sma_cross", symbols="X", server=address),
        lambda: list_sessions(server=address),
        lambda: flatten_all(server=address),
    ):
        with pytest.raises(InvalidRequest, match="url=") as raised:
            ask()
        assert raised.value.details["field"] == "server"
