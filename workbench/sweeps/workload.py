"""What all combinations of a sweep share, and the batches of them that workers are given."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from workbench.engine.metrics import period_ends
from workbench.errors import WorkbenchError
from workbench.messages import SweepCurve
from workbench.sweeps.account import parted
from workbench.sweeps.evaluate import evaluate, traded
from workbench.sweeps.spec import Value
from workbench.sweeps.splits import Part

if TYPE_CHECKING:
    from workbench.data import Candles
    from workbench.engine import Strategy
    from workbench.engine.ground import Ground
    from workbench.engine.settings import Settings

KEPT = 2
"""Workloads, and parts of one, that a process keeps."""
KEPT_GROUNDS = 8
"""Of parts and settings; most of their columns are shared."""
ERROR_LENGTH = 500
LOST = "The worker was lost"
"""How the error of a row begins that an executor did not bring."""


class Task(NamedTuple):
    """A combination to be run; `leg`, `number` and `out` say which."""

    leg: int
    number: int
    out: bool
    params: Mapping[str, Value]
    part: Part


class Outcome(NamedTuple):
    """What a combination came to, or why it failed; with a curve where it was traded on."""

    metrics: dict[str, float]
    error: str
    curve: SweepCurve | None = None


class Cut(NamedTuple):
    """Candles by timeframe, and those that tell what happened within one."""

    candles: Mapping[str, Candles]
    inside: Candles | None


@dataclass(eq=False)
class Workload:
    """A strategy, candles and an account, for any parameters.

    Attributes
    ----------
    strategy, candles, inside, settings, seed
        As for `evaluate`.
    fixed
        The parameters that are not tried.
    """

    strategy: type[Strategy]
    candles: Mapping[str, Candles]
    inside: Candles | None
    settings: Settings
    fixed: Mapping[str, Value]
    seed: int | None
    _parts: OrderedDict[tuple[int, int], Cut] = field(default_factory=OrderedDict, repr=False)
    _grounds: OrderedDict[tuple[Any, ...], Ground] = field(default_factory=OrderedDict, repr=False)

    def run(self, task: Task) -> Outcome:
        """Run a combination; whatever its strategy raises is an outcome."""
        try:
            return self._run(task)
        except WorkbenchError as error:
            return Outcome({}, shortened(error.message))
        except Exception as error:
            return Outcome({}, shortened(f"{type(error).__name__}: {error}"))

    def _run(self, task: Task) -> Outcome:
        first, since, end = task.part
        params, account = parted(task.params)
        settings, place = msgspec.structs.replace(self.settings, **account), since - first
        common = self.strategy, self.ground(first, end, settings), {**self.fixed, **params}
        if not task.out:
            return Outcome(evaluate(*common, settings, seed=self.seed, since=place), "")
        ends = [one - first for one in self._ends]
        metrics, curve = traded(*common, settings, ends, seed=self.seed, since=place)
        return Outcome(metrics, "", curve)

    @cached_property
    def _ends(self) -> list[int]:
        """After how many of all candles each return period ends."""
        return period_ends(min(self.candles.values(), key=lambda one: one.timeframe))

    def ground(self, first: int, end: int, settings: Settings | None = None) -> Ground:
        """Return what all runs over the candles ``[first, end)`` with these settings share."""
        from workbench.engine.ground import ground
        from workbench.engine.looked import Looked

        settings = settings or self.settings
        key = first, end, settings.spread, settings.funding_hours, settings.rules.path
        known = self._grounds.get(key)
        if known is None:
            candles, inside = self.part(first, end)
            known = ground(candles, settings, inside)._replace(looked=Looked())
            self._grounds[key] = known
            while len(self._grounds) > KEPT_GROUNDS:
                self._grounds.popitem(last=False)
        return known

    def part(self, first: int, end: int) -> Cut:
        """Return the candles ``[first, end)`` of the shortest timeframe, and of the others those
        that open and close within them."""
        base = min(self.candles.values(), key=lambda one: one.timeframe)
        if first == 0 and end == len(base):
            return Cut(self.candles, self.inside)
        known = self._parts.get((first, end))
        if known is None:
            known = _cut(self.candles, self.inside, base, first, end)
            self._parts[first, end] = known
            while len(self._parts) > KEPT:
                # Another thread may have been faster.
                self._parts.popitem(last=False)
        return known


def _cut(
    candles: Mapping[str, Candles], inside: Candles | None, base: Candles, first: int, end: int
) -> Cut:
    start_ms = int(base.time[first])
    end_ms = int(base.time[end - 1]) + base.timeframe.ms
    if end < len(base):
        end_ms = min(end_ms, int(base.time[end]))
    cut = {}
    for name, one in candles.items():
        last = end_ms if one is base else end_ms - one.timeframe.ms + 1
        cut[name] = base[first:end] if one is base else one.slice(start_ms, max(start_ms, last))
    return Cut(cut, None if inside is None else inside.slice(start_ms, end_ms))


def shortened(text: str) -> str:
    """Return a text that a row can hold."""
    text = text.encode(errors="replace").decode()
    return text if len(text) <= ERROR_LENGTH else f"{text[: ERROR_LENGTH - 1]}…"


# --- in a worker ------------------------------------------------------------------------

_kept: OrderedDict[str, Workload | str] = OrderedDict()
_lock = threading.Lock()


def keep(key: str, workload: Workload | str) -> None:
    """Keep a sweep's workload in this process, or say why there is none."""
    with _lock:
        _kept[key] = workload
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)


def run_batch(key: str, tasks: Sequence[Task], packed: bytes | None = None) -> list[Outcome] | None:
    """Run combinations in this process; None if it does not have the workload yet.

    Parameters
    ----------
    key
        Of the sweep.
    tasks
        The combinations.
    packed
        The pickled workload, for a process that may not have it.
    """
    workload: Any = _kept.get(key)
    if workload is None:
        if packed is None:
            return None
        workload = _unpacked(packed)
        keep(key, workload)
    if isinstance(workload, str):
        return [Outcome({}, workload)] * len(tasks)
    return [workload.run(task) for task in tasks]


def _unpacked(packed: bytes) -> Workload | str:
    import cloudpickle

    try:
        workload: Workload = cloudpickle.loads(packed)
    except Exception as error:
        return shortened(f"The worker cannot load the strategy: {type(error).__name__}: {error}")
    return workload
