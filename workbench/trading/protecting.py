"""Stops and targets of what is held: at the venue where it keeps them, else here."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from workbench.engine.live_views import HeldPosition, Target
from workbench.engine.rules.costs import on_grid
from workbench.engine.rules.layout import BY_TARGET, BY_TRAIL
from workbench.messages import OrderKind
from workbench.trading.tickets import CRUMB, Exit, Purpose, key, placed, small, whole

if TYPE_CHECKING:
    from workbench.trading.route import Route


def level_of(route: Route, held: HeldPosition) -> tuple[float | None, int]:
    """Return where the stop of a trade is now, and what an exit by it is told as."""
    level, code = held.stop_loss, held.stop_code
    if held.trailing is not None:
        best = route.state.best.get(held.trade, held.price)
        trail = on_grid(route.rules.tick, best - held.sign * held.trailing, -held.sign)
        if level is None or held.sign * (trail - level) > 0.0:
            return trail, BY_TRAIL
    return level, code


def settle(route: Route) -> None:
    """Let the stops at the venue follow the trails, as they are at this close."""
    for held in route.positions():
        level, _ = level_of(route, held)
        if level is not None:
            route.state.kept[held.trade] = level


def touch(route: Route, held: HeldPosition, price: float) -> None:
    """Note the exits of a trade whose prices have come, where they rest here."""
    state = route.state
    if held.trailing is not None:
        best = state.best.get(held.trade, held.price)
        state.best[held.trade] = max(best, price) if held.sign > 0.0 else min(best, price)
    if any(one.trade == held.trade and one.quantity == inf for one in state.exits):
        return
    level, code = level_of(route, held)
    if level is not None and held.sign * (price - level) <= 0.0:
        purpose = Purpose("stop", held.trade)
        if not _at_venue(route, purpose, level):
            state.exits.append(Exit(held.trade, purpose, code, inf, level=level))
        return
    for target in held.targets:
        purpose = Purpose("target", held.trade, target.rung)
        if held.sign * (price - target.price) < 0.0:
            return
        noted = any(one.purpose == purpose for one in state.exits)
        if not noted and not any(one.purpose == purpose for one in state.tickets.values()):
            units = inf if target is held.targets[-1] else target.units
            state.exits.append(
                Exit(held.trade, purpose, BY_TARGET, units, rung=target.rung, level=target.price)
            )


def protect(route: Route, held: HeldPosition) -> None:
    """Have the venue keep stop and targets of a trade, where it does that."""
    rules = route.rules
    if not rules.native or held.trade in route.state.alone or route.hedged():
        return
    level, code = level_of(route, held)
    if held.trailing is not None and level is not None:
        level = route.state.kept.setdefault(held.trade, level)
    _keep(route, held, Purpose("stop", held.trade), "stop", level, held.remaining, code)
    if not rules.targets:
        return
    for target in held.targets[:-1]:
        purpose = Purpose("target", held.trade, target.rung)
        out = any(one.purpose == purpose for one in route.state.tickets.values())
        if not out and filled_of(route, purpose) > 0.0 and reached(route, held, target):
            # Its last fill came while the entry was still filling.
            route.engine.fill_exit(
                held.trade, held.mark, 0.0, 0.0, BY_TARGET, rung=target.rung, level=target.price
            )
            return
    wanted = {target.rung for target in held.targets}
    for ticket in route.state.tickets.values():
        mine = ticket.trade == held.trade and ticket.purpose.kind == "target"
        if mine and ticket.purpose.rung not in wanted:
            route.cancel(ticket)
    left = held.remaining
    for target in held.targets:
        units = left if target is held.targets[-1] else min(left, _wanted(route, held, target))
        left -= units
        purpose = Purpose("target", held.trade, target.rung)
        _keep(route, held, purpose, "limit", target.price, units, BY_TARGET)


def filled_of(route: Route, purpose: Purpose) -> float:
    """Return the units that the orders of a purpose have filled."""
    past = route.state.past.get(key(purpose))
    out = sum(one.filled for one in route.state.tickets.values() if one.purpose == purpose)
    return out + (past.filled if past is not None else 0.0)


def reached(route: Route, held: HeldPosition, target: Target, part: float = 0.0) -> bool:
    """Tell whether a target is done: no order can be made of what is left of it.

    While its entry fills it grows, and is not done. `part` is what the book does not know yet.
    """
    if any(one.order == held.order for one in route.engine.orders()):
        return False
    left = _wanted(route, held, target)
    if target is held.targets[-1]:
        left = held.remaining - part
    units = whole(route.rules, left)
    return units <= CRUMB * held.quantity or small(route.rules, units, target.price) is not None


def _wanted(route: Route, held: HeldPosition, target: Target) -> float:
    """Return the units that a target is still to take."""
    purpose = Purpose("target", held.trade, target.rung)
    return max(0.0, target.units - filled_of(route, purpose))


def _at_venue(route: Route, purpose: Purpose, level: float) -> bool:
    """Tell whether the venue has a stop at this level."""
    return any(
        one.acknowledged and not one.cancelling and one.level == level
        for one in route.state.tickets.values()
        if one.purpose == purpose
    )


def _keep(
    route: Route, held: HeldPosition, purpose: Purpose, kind: OrderKind, level: float | None,
    units: float, code: int,
) -> None:  # fmt: skip
    """Have orders of this many units rest at the venue at this price, and no others.

    What an entry's further fills add gets orders of its own: nothing is unprotected meanwhile.
    """
    price = placed(route.rules, kind, -held.sign, level)
    out = [one for one in route.state.tickets.values() if one.purpose == purpose]
    for ticket in out:
        if ticket.place.price != price:
            route.cancel(ticket)
    kept = sum(one.left for one in out)
    if price is None or any(one.cancelling for one in out):
        return
    if kept > units * (1 + CRUMB):
        route.cancel(out[-1])
        return
    more = whole(route.rules, units - kept)
    if small(route.rules, more, price) is None and more > CRUMB * units:
        exit_ = Exit(held.trade, purpose, code, more, rung=purpose.rung, level=level)
        route.place(purpose, -held.sign, kind, more, price, exit_)
