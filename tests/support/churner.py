"""A strategy that places orders of all kinds, often: for tests of what becomes of them."""

from __future__ import annotations

from workbench.engine import Strategy


class Churner(Strategy):
    """Buys at market, limit and stop, with stops, targets and trails; closes, moves, takes back."""

    def next(self) -> None:
        rng, close = self.rng, self.close[-1]
        draw = rng.random(3)
        if draw[0] < 0.15:
            self.position.close(float(rng.choice([1.0, 0.5])))
        if draw[1] < 0.1:
            self.cancel()
        for position in self.positions if draw[1] > 0.9 else []:
            position.move_stop(close * 0.995)
        if draw[2] < 0.4 and len(self.positions) < 3:
            level, options = close, {}
            kind = rng.random()
            if kind < 0.35:
                level = options["limit"] = close * (1 - rng.uniform(0, 0.004))
            elif kind < 0.6:
                level = options["stop"] = close * (1 + rng.uniform(0.0005, 0.004))
            if rng.random() < 0.6:
                options["stop_loss"] = level * (1 - rng.uniform(0.002, 0.01))
            if rng.random() < 0.5:
                rungs = rng.uniform(0.002, 0.01, 2).cumsum()
                options["take_profit"] = [level * (1 + rung) for rung in rungs]
            if rng.random() < 0.2:
                options["trailing"] = close * rng.uniform(0.003, 0.01)
            self.buy(fraction=0.15, expires=int(rng.integers(1, 12)), **options)


class Hanging(Strategy):
    """Buys, and is never heard of again."""

    def next(self) -> None:
        if self.position:
            print("hanging", flush=True)
            while True:
                pass
        if not self.orders:
            self.buy(fraction=0.2, stop_loss=self.close[-1] * 0.9)
