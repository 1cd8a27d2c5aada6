"""A run with more events than any real one: in on a candle, out on the next."""

from __future__ import annotations

import base64
from typing import Any

import cloudpickle

from workbench.engine import Strategy

LONG_SPAN = {
    "symbol": "BTC-USD",
    "timeframes": ["15M"],
    "start_date": "2021-01-01",
    "end_date": "2023-12-31",
}


class Flip(Strategy):
    """Enters and leaves by turns; the sizes differ, so that no two events are alike."""

    def next(self) -> None:
        if self.position:
            self.position.close(reason="turn")
        else:
            self.enter_long(quantity=0.001 + 0.000001 * (len(self.close) % 997))


def flip_body(**fields: Any) -> dict[str, Any]:
    """Return the body of a start request for it, by value."""
    return {
        **LONG_SPAN,
        "strategy_ids": ["Flip"],
        "strategy": {
            "name": "Flip",
            "pickle": base64.b64encode(by_value(Flip)).decode(),
            "python": None,
            "paths": [],
        },
        **fields,
    }


def by_value(kind: type[Strategy]) -> bytes:
    """Pickle a class so that no module of the tests is needed where it is loaded."""
    module = __import__(kind.__module__, fromlist=["_"])
    cloudpickle.register_pickle_by_value(module)
    try:
        pickled: bytes = cloudpickle.dumps(kind)
        return pickled
    finally:
        cloudpickle.unregister_pickle_by_value(module)
