"""Which broker a live session has, and whether it may."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from workbench.errors import InvalidRequest, NotAllowed
from workbench.trading.brokering import Broker
from workbench.trading.spec import LiveSettings


class Allowed(Struct, frozen=True, omit_defaults=True):
    """An exchange's account that live orders may go to; of the server's configuration.

    Attributes
    ----------
    exchange, account
        As in `LiveSettings`.
    real
        Whether real orders may, too; else its test system only.
    options
        For ccxt, such as ``timeout``; never keys. With ``redirect`` (``host:port``) a stand-in gets
        all that would go to the exchange: it is for tests, and only the configuration can say it.
    """

    exchange: str
    account: str = "default"
    real: bool = False
    options: dict[str, Any] = {}


def check_allowed(settings: LiveSettings, allowed: Sequence[Allowed]) -> Allowed | None:
    """Return what allows the orders of a session; None for paper, which needs no leave.

    Raises
    ------
    NotAllowed
        The configuration does not.
    InvalidRequest
        No exchange is named.
    """
    if settings.broker == "paper":
        return None
    if not settings.exchange:
        msg = "The broker 'exchange' needs the name of one: exchange='binance'"
        raise InvalidRequest(msg, field="exchange", value=settings.exchange)
    asked = (settings.exchange, settings.account)
    found = [one for one in allowed if (one.exchange, one.account) == asked]
    for one in found:
        if settings.sandbox or one.real:
            return one
    if found:
        msg = (
            f"Real orders at {settings.exchange} (account {settings.account!r}) are not allowed: "
            "the server's configuration has it for the test system only; set sandbox=True"
        )
        raise NotAllowed(msg, field="sandbox", value=False, allowed=True)
    msg = (
        f"Live orders at {settings.exchange} (account {settings.account!r}) are not allowed: add "
        "the account to the server's configuration"
    )
    accounts = [f"{one.exchange}/{one.account}" for one in allowed]
    raise NotAllowed(msg, field="exchange", value=settings.exchange, allowed=accounts)


def broker_for(
    settings: LiveSettings,
    session_id: str,
    allowed: Sequence[Allowed] = (),
    environ: Mapping[str, str] = os.environ,
) -> Broker | None:
    """Return the broker of a session, None for paper. Nothing is connected yet.

    Raises
    ------
    NotAllowed
        The server's configuration does not allow orders for this exchange and account.
    InvalidRequest
        There is no such exchange, it lacks something a session needs, or there are no keys.
    """
    leave = check_allowed(settings, allowed)
    if leave is None:
        return None
    from workbench.sessions.exchange.broker import ExchangeBroker
    from workbench.sessions.exchange.keys import keys_of
    from workbench.sessions.exchange.opening import open_account

    keys = keys_of(leave.exchange, leave.account, environ, settings.sandbox)
    market = settings.feed.get("market")
    exchange = open_account(leave.exchange, settings.sandbox, keys, leave.options, market or "")
    return ExchangeBroker(exchange, keys, session_id, market)
