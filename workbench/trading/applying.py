"""What a venue reports, taken into the book: each fill once, each order one end."""

from __future__ import annotations

from math import inf

from workbench.engine.live_views import HeldPosition
from workbench.engine.rules.layout import (
    BY_REVERSAL,
    BY_SIGNAL,
    CANCELLED,
    EXPIRED,
    NOT_SENT,
    VENUE_REFUSED,
)
from workbench.messages import FINAL_ORDER_STATUSES
from workbench.trading.brokering import Report
from workbench.trading.protecting import filled_of, reached
from workbench.trading.route import Route
from workbench.trading.tickets import CRUMB, Exit, Past, Ticket, key, small, whole

UNSENT = ("not_sent", "stale")
"""Codes of orders that never were at the venue."""

FIRST_WAIT, LONGEST_WAIT = 500, 60_000
"""Milliseconds until an exit that was refused is sent again: doubled each time."""


def apply(route: Route, report: Report) -> None:
    """Take a report in; one that is known, or of an order that is over, changes nothing."""
    ticket = route.state.tickets.get(report.client_order_id)
    if ticket is None:
        return
    more = report.filled - ticket.filled
    more = more if more > CRUMB * ticket.place.quantity else 0.0
    final = report.status in FINAL_ORDER_STATUSES
    price, fee = 0.0, 0.0
    if more or final:
        price, fee = _price(route, ticket, report, more), report.fees - ticket.fees
        ticket.fees = report.fees
    if more:
        ticket.filled, ticket.average = report.filled, report.average_price
    ticket.acknowledged = ticket.acknowledged or report.status != "rejected"
    if final:
        _bury(route, ticket, report)
    if ticket.trade:
        _exit(route, ticket, report, more, price, fee, final)
    else:
        _entry(route, ticket, report, more, price, fee, final)


def _price(route: Route, ticket: Ticket, report: Report, more: float) -> float:
    """Return the price of what is new of an order's fills."""
    if report.average_price is None or not more:
        return ticket.average or report.average_price or route.state.last or 0.0
    if not ticket.filled:
        return report.average_price
    before = ticket.filled * (ticket.average or 0.0)
    return (report.filled * report.average_price - before) / more


def _bury(route: Route, ticket: Ticket, report: Report) -> None:
    """Move an order from those that are open to what its purpose has come to."""
    del route.state.tickets[report.client_order_id]
    past = route.state.past.setdefault(key(ticket.purpose), Past())
    past.filled += ticket.filled
    past.cost += ticket.filled * (ticket.average or 0.0)
    past.fees += ticket.fees
    past.client_order_id = report.client_order_id
    past.acknowledged = ticket.acknowledged
    if report.code is not None or report.status == "rejected":
        past.code, past.message = report.code or "rejected", report.message


def _entry(
    route: Route, ticket: Ticket, report: Report, more: float, price: float, fee: float, final: bool
) -> None:
    engine, number = route.engine, ticket.purpose.number
    sign = 1.0 if ticket.place.side == "buy" else -1.0
    order = next((one for one in engine.orders() if one.order == number), None)
    if order is None:
        route.state.stray += sign * more
        return
    rest = more
    for held in route.against(order, route.positions()) if more else []:
        # Both crossed: at the venue there is one net position.
        part = min(rest, held.remaining)
        if part > 0.0:
            rest -= part
            over = part >= held.remaining * (1 - CRUMB)
            engine.fill_exit(
                held.trade, price, part, fee * part / more, BY_REVERSAL, order=number, done=over
            )
    share = fee * rest / more if more else fee
    if not final:
        if rest > 0.0:
            engine.fill(number, price, rest, share, False)
        return
    some = rest > 0.0 or order.filled > 0.0
    if some and report.status == "filled":
        engine.fill(number, price, rest, share, True)
        return
    if some and (rest > 0.0 or share):
        engine.fill(number, price, rest, share, False)
    gone = route.gone(order)
    if report.status == "rejected":
        engine.refuse(number, NOT_SENT if report.code in UNSENT else VENUE_REFUSED)
    elif report.status == "expired":
        engine.refuse(number, EXPIRED)
    elif some or gone or not ticket.cancelling or more:
        engine.refuse(number, *(gone or (CANCELLED, 0.0, 0.0)))


def _exit(
    route: Route, ticket: Ticket, report: Report, more: float, price: float, fee: float, final: bool
) -> None:
    state = route.state
    sign = -1.0 if ticket.place.side == "buy" else 1.0
    held = next((one for one in route.positions() if one.trade == ticket.trade), None)
    noted = next(
        (one for one in state.exits if one.trade == ticket.trade and one.purpose == ticket.purpose),
        None,
    )
    part = min(more, held.remaining) if held is not None else 0.0
    share = fee * part / more if more else fee
    order = noted.order if noted is not None else 0
    if ticket.purpose.kind == "order":
        order = ticket.purpose.number
    if more - part > CRUMB * ticket.place.quantity:
        _surplus(route, ticket, sign, more - part, price, fee - share)
    if held is None:
        return
    if noted is not None:
        noted.quantity -= part
        if noted.quantity <= CRUMB * ticket.place.quantity:
            state.exits.remove(noted)
        elif report.status == "rejected":
            noted.wait = report.at + min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(noted.tries, 10))
            noted.tries += 1
    elif final and not (report.status == "filled" or ticket.cancelling or report.code in UNSENT):
        # The venue does not keep it: from now on it rests here.
        state.alone.add(ticket.trade)
    over = part >= held.remaining * (1 - CRUMB) or (final and _done(route, ticket, held, part))
    if part > 0.0 or (final and filled_of(route, ticket.purpose) > 0.0):
        route.engine.fill_exit(
            ticket.trade, price, part, share, ticket.code,
            order=order,
            rung=ticket.purpose.rung, level=ticket.level, done=over,
        )  # fmt: skip
    if noted is None and part > 0.0 and final and _dust(route, held, held.remaining - part):
        # Nothing at the venue can ever close it, and its price may not come again.
        purpose = ticket.purpose
        state.exits.append(
            Exit(ticket.trade, purpose, ticket.code, inf, rung=purpose.rung, level=ticket.level)
        )


def _dust(route: Route, held: HeldPosition, left: float) -> bool:
    """Tell whether no order can be made of what protection has left of a trade."""
    grows = any(one.order == held.order for one in route.engine.orders())
    if grows or left <= CRUMB * held.quantity:
        return False
    price = None if route.rules.shorts else route.state.last
    return small(route.rules, whole(route.rules, left), price) is not None


def _done(route: Route, ticket: Ticket, held: HeldPosition, part: float) -> bool:
    """Tell whether nothing more of an exit is to come, now that one of its orders is over."""
    purpose = ticket.purpose
    if ticket.place.kind == "market":
        return True
    if any(one.purpose == purpose for one in route.state.tickets.values()):
        return False
    if purpose.kind != "target":
        return True
    rungs = [target for target in held.targets if target.rung == purpose.rung]
    return all(reached(route, held, target, part) for target in rungs)


def _surplus(
    route: Route, ticket: Ticket, sign: float, units: float, price: float, fee: float
) -> None:
    """Take what was sold beyond a trade out of others that were held: the venue knows but a net."""
    for held in route.positions():
        if held.sign == sign and held.trade != ticket.trade and units > 0.0:
            part = min(units, held.remaining)
            route.engine.fill_exit(
                held.trade, price, part, fee * part / units, BY_SIGNAL,
                order=ticket.purpose.number if ticket.purpose.kind == "order" else 0,
                level=ticket.level,
            )  # fmt: skip
            fee -= fee * part / units
            units -= part
    route.state.stray -= sign * units
