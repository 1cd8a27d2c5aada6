"""However a run is cut, paused, saved and taken up again, it comes to the same."""

from __future__ import annotations

from itertools import cycle

from hypothesis import given, settings
from hypothesis import strategies as st
from random_runs import ANY, RandomOrders, Run, Story, runs, story

from workbench.engine import StreamingBacktestEngine
from workbench.messages import Message

SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=6)


@settings(max_examples=40)
@given(runs(ANY), SIZES)
def test_stretches_change_nothing(run: Run, sizes: list[int]) -> None:
    made = run.engine()
    cut = Story(made)
    for size in cycle(sizes):
        made.advance(size)
        if made.done:
            break
    made.finish()
    whole = story(run.engine())
    assert cut.happenings == whole.happenings
    assert cut.marks == whole.marks


@settings(max_examples=40)
@given(runs(ANY), SIZES)
def test_nor_do_they_in_the_stream(run: Run, sizes: list[int]) -> None:
    def messages(sizes: list[int]) -> list[Message]:
        out: list[Message] = []
        stream = StreamingBacktestEngine(
            run.engine(), "b", out.append, progress_every=7, equity_every=3, now=lambda: "now"
        )
        for size in cycle(sizes):
            if not stream.advance(size):
                return out
        raise AssertionError

    assert messages(sizes) == messages([run.count])


class Keeps(RandomOrders):
    """Decides by what it keeps: an order, numbers, a list."""

    def next(self) -> None:
        super().next()
        count = len(self.placed)
        if count % 7 == 3 and not getattr(self, "latest", None):
            self.latest = self.enter_long(quantity=1, limit=self.close[-1] * 0.999)
            self.placed.append(self.latest.number)
        elif count % 7 == 5 and getattr(self, "latest", None):
            self.latest.cancel()


@settings(max_examples=40)
@given(runs(ANY), st.floats(0, 1), st.booleans())
def test_a_run_that_was_saved_goes_on_as_if_it_had_not_been(
    run: Run, part: float, from_start: bool
) -> None:
    whole = run.engine(kinds=Keeps)
    undisturbed = story(whole)
    first, second = run.engine(kinds=Keeps), run.engine(kinds=Keeps)
    before, after = Story(first), Story(second)
    at = int(part * first.bars)
    first.advance(at)
    saved = first.save()
    if not from_start:
        second.advance(second.bars // 2)  # `load` forgets what it had done
        after.happenings.clear()
        after.marks.clear()
    second.load(saved)
    first.advance(3)  # what goes on after the saving is none of its
    assert second.bar == at
    while not second.done:
        second.advance(17)
    second.finish()
    kept = [one for one in before.happenings if one.bar < at]
    assert kept + after.happenings == undisturbed.happenings
    assert before.marks[:at] + after.marks == undisturbed.marks
    assert second.strategy.placed == whole.strategy.placed
    assert second.strategy.told == whole.strategy.told
    assert second.strategy.rng.random() == whole.strategy.rng.random()
    assert second.performance.final() == whole.performance.final()
    assert second.performance.statistics() == whole.performance.statistics()
