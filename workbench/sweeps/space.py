"""The combinations of a sweep's values, in order or drawn: pure."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from workbench.errors import StrategyError
from workbench.sweeps.constraint import Allowed, anything
from workbench.sweeps.spec import Value

SHUFFLED = 1_000_000
PATIENCE = 100_000
MOST_TOLD = 100_000
MOST_LENGTHS = 20_000


class Space:
    """All combinations of some values that a constraint allows.

    Parameters
    ----------
    values
        Of each parameter, by name.
    fixed
        The other parameters, for the constraint.
    allowed
        Tells whether a combination makes sense.

    Attributes
    ----------
    values
        As given.
    size
        Combinations, those included that are not allowed.
    """

    def __init__(
        self,
        values: Mapping[str, Sequence[Value]],
        fixed: Mapping[str, Value] | None = None,
        allowed: Allowed = anything,
    ) -> None:
        self.values = {name: list(some) for name, some in values.items()}
        self.size = math.prod(len(some) for some in self.values.values())
        self._fixed = dict(fixed or {})
        self._allowed = allowed

    def allows(self, params: Mapping[str, Value]) -> bool:
        """Tell whether a combination makes sense."""
        return self._allowed({**self._fixed, **params})

    def at(self, index: int) -> dict[str, Value]:
        """Return a combination by its place: the last parameter changes fastest."""
        chosen: dict[str, Value] = {}
        for name, some in reversed(self.values.items()):
            index, place = divmod(index, len(some))
            chosen[name] = some[place]
        return dict(reversed(chosen.items()))

    def __iter__(self) -> Iterator[dict[str, Value]]:
        """Iterate over the combinations that are allowed, in order."""
        return (self.at(index) for index, allowed in enumerate(self._flags) if allowed)

    @cached_property
    def _flags(self) -> bytes:
        return bytes(self.allows(self.at(index)) for index in range(self.size))

    def excluded(self) -> list[int] | None:
        """Return which combinations are not allowed, as `SweepFacts.excluded` tells it.

        None where all are allowed, where there are more than 100,000 combinations or the lengths
        would be more than 20,000, or where one cannot be asked about.
        """
        if self._allowed is anything or self.size > MOST_TOLD:
            return None
        try:
            flags = self._flags
        except StrategyError:
            # Of one that is never drawn.
            return None
        lengths = [sum(1 for _ in group) for _, group in itertools.groupby(flags)]
        if len(lengths) > MOST_LENGTHS or all(flags):
            return None
        return lengths if flags[0] else [0, *lengths]

    def drawn(self, seed: int) -> Iterator[dict[str, Value]]:
        """Iterate over the combinations that are allowed, each once, in an order of chance.

        Of more than a million combinations it ends once 100,000 draws in a row bring nothing new.
        """
        chance = random.Random(seed)
        if self.size <= SHUFFLED:
            order = list(range(self.size))
            chance.shuffle(order)
            yield from filter(self.allows, map(self.at, order))
            return
        seen: set[int] = set()
        misses = 0
        while misses < PATIENCE:
            index = chance.randrange(self.size)
            params = self.at(index)
            if index in seen or not self.allows(params):
                misses += 1
            else:
                misses = 0
                seen.add(index)
                yield params
