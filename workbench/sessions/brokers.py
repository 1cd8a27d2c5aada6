"""Which broker a live session has.

Signatures: the bodies follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from workbench.trading.brokering import Broker
from workbench.trading.spec import LiveSettings


class Allowed(NamedTuple):
    """An exchange's account that live orders may go to; of the server's configuration.

    Attributes
    ----------
    exchange, account
        As in `LiveSettings`.
    real
        Whether real orders may, too; else its test system only.
    """

    exchange: str
    account: str
    real: bool = False


def broker_for(
    settings: LiveSettings, session_id: str, allowed: Sequence[Allowed] = ()
) -> Broker | None:
    """Return the broker of a session, None for paper.

    Raises
    ------
    NotAllowed
        The server's configuration does not allow orders for this exchange and account.
    InvalidRequest
        There is no such exchange, it lacks something a session needs, or there are no keys.
    """
    raise NotImplementedError
