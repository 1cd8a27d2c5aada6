"""An exchange with somebody's keys."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from workbench.data.exchange.connecting import library, open_exchange
from workbench.errors import InvalidRequest
from workbench.sessions.exchange.habits import NEEDED, open_options
from workbench.sessions.exchange.keys import Keys

SILENT = logging.Logger("workbench.exchange", logging.CRITICAL + 1)
"""Not known to anybody else: ccxt writes signed requests to its own."""


def open_account(
    name: str, sandbox: bool, keys: Keys, options: Mapping[str, Any], market: str = ""
) -> Any:
    """Return a ccxt exchange that may act for an account; nothing has been asked of it yet.

    Parameters
    ----------
    sandbox
        The exchange's test system.
    options
        For ccxt; see `workbench.data.exchange.connecting.open_exchange`.
    market
        As the exchange calls it, where it is named.

    Raises
    ------
    InvalidRequest
        There is no such exchange, it has no test system, or lacks something a session needs.
    """
    live = name in library(True).exchanges
    made = open_exchange(name, live, {**options, "sandbox": False})
    lacking = [one for one in NEEDED if not made.has.get(one)]
    if lacking:
        msg = f"{name} cannot be traded at: through ccxt it has no {', '.join(lacking)}"
        raise InvalidRequest(msg, field="exchange", value=name, allowed=list(NEEDED))
    if sandbox and "test" not in made.urls:
        msg = f"{name} has no test system: use another exchange, or (real orders) sandbox=False"
        raise InvalidRequest(msg, field="sandbox", value=True, allowed=False)
    inner = {**open_options(name, [market]), **dict(options.get("options") or {})}
    settings = {**options, "sandbox": sandbox, "options": inner}
    made = open_exchange(name, live, settings)
    made.logger, made.verbose = SILENT, False
    keys.give(made)
    return made
