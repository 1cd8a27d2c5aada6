"""Texts and tables that several of the documents carry."""

from __future__ import annotations

from typing import Any

from workbench.contract.closing import CLOSE_CODES
from workbench.contract.failures import failures

TITLE = "Backtest Workbench"
LICENSE = {"name": "BSD-3-Clause"}
DELIVERY = {
    "event": "Never dropped, never reordered; counted by `eseq`.",
    "curve": "May be merged for a slow reader, keeping last, minimum and maximum.",
    "state": "Only the latest of its key matters; a slow reader is spared the others.",
    "connection": "Belongs to one connection and is in no log.",
}
UNITS = (
    "Times are ISO 8601, UTC, with `Z`; market times are the open time of their candle. "
    "`progress` is percent, 0 to 100. Drawdowns and `win_rate` are fractions, drawdowns zero or "
    "negative, except in `complete`, where `total_return`, `max_drawdown` and the average and "
    "largest win and loss are percent. Money is in the account's currency; `pnl` is net of "
    "commissions. A ratio that is not defined yet is 0."
)
SECURITY: dict[str, Any] = {
    "token": {
        "description": "`Authorization: token TOKEN`, a token of the Jupyter server.",
        "name": "Authorization",
        "in": "header",
    },
    "login": {
        "description": (
            "The cookie of a login to the Jupyter server, on the server's own pages; its name is "
            "`username-` and the server's host and port. Requests that change something also "
            "carry the header `X-XSRFToken`."
        ),
        "name": "username-localhost-8888",
        "in": "cookie",
    },
}
"""Jupyter's ways of access: what an apiKey of OpenAPI and an httpApiKey of AsyncAPI share."""


def close_codes() -> list[dict[str, Any]]:
    """Return the table of close codes."""
    return [code._asdict() for code in CLOSE_CODES]


def error_codes() -> list[dict[str, Any]]:
    """Return the table of errors."""
    return [failure._asdict() for failure in failures()]
