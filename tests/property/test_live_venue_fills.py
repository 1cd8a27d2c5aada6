"""Whatever is sent to the paper venue: nothing is filled that was not wanted, or not there."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.settings import Settings
from workbench.messages import FINAL_ORDER_STATUSES
from workbench.trading.brokering import Cancel, Command, Place, Report
from workbench.trading.venue import Venue

orders = st.tuples(
    st.sampled_from(["buy", "sell"]), st.sampled_from(["market", "limit", "stop"]),
    st.integers(1, 50), st.integers(95, 105), st.booleans(),
)  # fmt: skip
trades = st.tuples(st.integers(0, 900), st.integers(95, 105), st.integers(1, 30))
steps = st.lists(st.one_of(orders, trades, st.integers(0, 9)), max_size=60)


@settings(max_examples=80, deadline=None)
@given(
    steps=steps, latency=st.sampled_from([0.0, 0.3]), part=st.sampled_from([None, 0.1, 1.0]),
    lot=st.sampled_from([0.0, 0.5]), saved=st.booleans(),
)  # fmt: skip
def test_fills_are_bounded_and_each_order_ends_once(
    steps: list[tuple[object, ...] | int], latency: float, part: float | None, lot: float,
    saved: bool,
) -> None:  # fmt: skip
    account = Settings(lot_size=lot, commission=0.001)
    venue = Venue(account, latency, part)
    sent: dict[str, tuple[Place, int]] = {}
    told: dict[str, list[Report]] = defaultdict(list)
    time = 0
    held = 0.0

    def send(command: Command) -> None:
        venue.send(command, time)

    def hear(reports: list[Report]) -> float:
        nonlocal held
        some = 0.0
        for one in reports:
            before = told[one.client_order_id][-1].filled if told[one.client_order_id] else 0.0
            more = one.filled - before
            place = sent[one.client_order_id][0]
            if place.reduce:
                side = 1.0 if place.side == "sell" else -1.0
                assert more <= max(0.0, side * held) + 1e-9
            held += more if place.side == "buy" else -more
            some += more
            told[one.client_order_id].append(one)
        return some

    for step in steps:
        if saved:
            other = Venue(account, latency, part)
            other.load(venue.save())
            venue = other
        if isinstance(step, int):
            send(Cancel(f"s-{step}", "X"))
        elif len(step) == 5:
            side, kind, quantity, price, reduce = step
            name = f"s-{len(sent)}"
            level = None if kind == "market" else float(price)  # type: ignore[arg-type]
            place = Place(name, "X", side, kind, quantity / 2, level, reduce, time)  # type: ignore[arg-type,operator]
            sent[name] = (place, time)
            send(place)
        else:
            wait, price, size = step
            time += wait  # type: ignore[operator]
            some = hear(venue.trade("X", time, float(price), size / 2, time))  # type: ignore[arg-type,operator]
            assert some <= (float("inf") if part is None else part * size / 2) + 1e-9  # type: ignore[operator]
    for name in sent:
        send(Cancel(name, "X"))
    hear(venue.passed("X", time + 1000, time))
    for name, (place, when) in sent.items():
        life = told[name]
        assert [one.status for one in life].count("accepted") == 1
        finals = [one.status in FINAL_ORDER_STATUSES for one in life]
        assert finals.count(True) == 1
        assert finals[-1]
        fills = [one.filled for one in life]
        assert fills == sorted(fills)
        assert fills[-1] <= place.quantity
        assert (life[-1].status == "filled") == (fills[-1] == place.quantity)
        assert all(one.time >= when + latency * 1000 for one in life)
        if place.kind == "limit":
            better = [
                one.average_price <= place.price + 1e-9 if place.side == "buy"
                else one.average_price >= place.price - 1e-9
                for one in life if one.average_price is not None
            ]  # fmt: skip
            assert all(better)
