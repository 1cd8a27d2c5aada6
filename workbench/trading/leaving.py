"""The end of a session that keeps what it holds: what of its orders goes on without it."""

from __future__ import annotations

from workbench.trading.book import Book
from workbench.trading.desk import Desk

LEFT = "left_at_exchange"
OVER = "session_end"


def leave(book: Book, desk: Desk | None) -> None:
    """Tell the end of the orders that protect what is kept, and what they have filled so far.

    What rests at an exchange goes on there (``left``); all else was looked after by the session
    alone, or by its venue on paper, and is ``cancelled``.
    """
    now, orders = book.moment(), book.ledger.orders
    if desk is not None:
        book.engine.tell_exits()
        book.ledger.tell(now)
    resting = {} if desk is None else desk.resting(book)
    for order_id in list(orders.waiting):
        names = resting.get(order_id)
        if names is None:
            text = "The session that looked after it has ended: what it protected is held without"
            orders.end(order_id, now, "cancelled", OVER, text)
            continue
        text = (
            f"The session has ended and keeps what it holds: this goes on at {orders.broker} as "
            f"{', '.join(names)}. Look after it there"
        )
        orders.accept(order_id, now)
        orders.end(order_id, now, "left", LEFT, text)
