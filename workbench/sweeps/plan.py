"""What a sweep has to run, and what of it is best so far: pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import UNSET

from workbench.messages import SweepFacts, deciding
from workbench.sweeps.search import Search
from workbench.sweeps.spec import SweepSpec, Value
from workbench.sweeps.splits import Part, Split
from workbench.sweeps.workload import Outcome, Task

NOTHING = "Nothing to choose: on the in-sample part no combination could be run, or none counts"


class Best(NamedTuple):
    """The best combination of some.

    Attributes
    ----------
    number, params
        Which it is.
    value
        Of the metric that decides, negated where less is better; 0 out of sample.
    metrics
        All it came to.
    """

    number: int
    params: dict[str, Value]
    value: float
    metrics: dict[str, float]

    @property
    def rank(self) -> tuple[float, int]:
        """The lowest is best: of equals the one asked for first."""
        return -self.value, self.number


class Leg:
    """One search, over all candles or over the in-sample part of a split.

    Attributes
    ----------
    best
        The best combination of `search`.
    traded, closed, result
        Whether that was given out to be run out of sample, is done there, and what it came to.
    asked, told
        Combinations given out, and done.
    """

    def __init__(self, search: Search, part: Part, outside: Part | None) -> None:
        self.search = search
        self.part = part
        self.outside = outside
        self.best: Best | None = None
        self.result: Best | None = None
        self.traded = self.closed = outside is None
        self.asked = self.told = 0

    @property
    def searched(self) -> bool:
        """Whether all its combinations are done."""
        return self.search.exhausted and self.told == self.asked

    @property
    def rows(self) -> int:
        """Rows it brings, as far as is known."""
        total = self.asked if self.search.exhausted else self.search.total
        return total + (self.outside is not None)


class Plan:
    """All legs of a sweep, and what they came to.

    Parameters
    ----------
    spec
        What is asked for.
    searches
        One a leg.
    candles
        Of the shortest timeframe.
    splits
        Of a walk-forward; one leg each. Without, there is one leg.
    excluded
        What readers are told of the combinations that the constraint excludes.

    Attributes
    ----------
    done
        Rows so far.
    """

    def __init__(
        self,
        spec: SweepSpec,
        searches: Sequence[Search],
        candles: int,
        splits: Sequence[Split] = (),
        excluded: list[int] | None = None,
    ) -> None:
        self.spec = spec
        self.done = 0
        whole = Part(0, 0, candles)
        places: list[tuple[Part, Part | None]] = [(one.inside, one.outside) for one in splits]
        self._splits = len(splits)
        self._excluded = excluded
        self.legs = [
            Leg(search, part, outside)
            for search, (part, outside) in zip(searches, places or [(whole, None)], strict=True)
        ]

    @property
    def facts(self) -> SweepFacts:
        """What readers are told at the start."""
        spec = self.spec
        return SweepFacts(
            spec.space,
            spec.metric,
            spec.maximizes,
            spec.method,
            self.rows,
            self._splits,
            spec.min_trades,
            UNSET if spec.resumed_from is None else spec.resumed_from,
            UNSET if self._excluded is None else self._excluded,
        )

    @property
    def rows(self) -> int:
        """Rows of the whole sweep, as far as is known."""
        return sum(leg.rows for leg in self.legs)

    @property
    def finished(self) -> bool:
        """Whether every row is there."""
        return all(leg.searched and leg.closed for leg in self.legs)

    def next(self) -> Task | None:
        """Return what is to be run next; None when nothing is, or nothing until more is done."""
        for number, leg in enumerate(self.legs):
            if leg.outside is not None and leg.searched and not leg.traded and leg.best is not None:
                leg.traded = True
                return Task(number, leg.best.number, True, leg.best.params, leg.outside)
            found = leg.search.ask()
            if found is not None:
                leg.asked += 1
                return Task(number, found.number, False, found.params, leg.part)
        return None

    def take(self, task: Task, outcome: Outcome) -> None:
        """Take in what a combination came to."""
        leg = self.legs[task.leg]
        self.done += 1
        params = dict(task.params)
        if task.out:
            # Whatever it came to, it is what has been chosen.
            leg.closed = True
            if not outcome.error:
                leg.result = Best(task.number, params, 0.0, outcome.metrics)
            return
        leg.told += 1
        value = deciding.value(outcome.metrics, self.spec.metric, self.spec.min_trades)
        leg.search.tell(task.number, value)
        if value is None:
            return
        found = Best(task.number, params, value if self.spec.maximizes else -value, outcome.metrics)
        if leg.best is None or found.rank < leg.best.rank:
            leg.best = found

    @property
    def best(self) -> Best | None:
        """What counts as the best so far.

        Of walk-forward splits that is the choice of the last one whose choice has been traded,
        with what it came to out of sample; until there is one, the best in sample of those whose
        choice has not failed there.
        """
        traded = [leg.result for leg in self.legs if leg.result is not None]
        open_legs = [leg for leg in self.legs if not leg.closed or leg.outside is None]
        known = traded or [leg.best for leg in open_legs if leg.best is not None]
        return known[-1] if known else None

    def without_choice(self) -> list[tuple[Task, Outcome]]:
        """Return the rows of the splits in which nothing could be chosen; each once."""
        found = []
        for number, leg in enumerate(self.legs):
            if leg.outside is not None and leg.searched and not leg.traded and leg.best is None:
                leg.traded = leg.closed = True
                self.done += 1
                found.append((Task(number, 0, True, {}, leg.outside), Outcome({}, NOTHING)))
        return found
