"""The handle of a sweep: how far it is, what it has brought, and its combinations as runs."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.client.controls import RunControls
from workbench.client.run import Run
from workbench.client.server import Server
from workbench.client.sweep_pace import seconds_left
from workbench.errors import InvalidRequest, WorkbenchError
from workbench.messages import FINAL_STATUSES, ControlRequest, SweepData
from workbench.sweeps.account import scenarios
from workbench.sweeps.spec import SweepSpec, Value

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from workbench.engine import Strategy
    from workbench.sweeps.joined import OutOfSample
    from workbench.widgets.view import BacktestView


class Sweep(RunControls[None]):
    """A sweep on a server. It goes on without this handle, this kernel and this notebook.

    Only one with an ``executor=`` ends with the process that started it. Made by `workbench.sweep`
    and `workbench.attach`. Shown as a cell's value it is the live view. `pause`, `resume`, `step`
    and `stop` move it, combination by combination; what has been done is kept.

    Attributes
    ----------
    id
        The run's id, for `workbench.attach`.
    server
        Where it is.
    run
        The run that the sweep is, with its messages: ``sweep.run.follow()``.
    """

    def __init__(self, run_id: str, server: Server, thread: threading.Thread | None = None) -> None:
        self.id = run_id
        self.server = server
        self.run = Run(run_id, server)
        self._thread = thread
        self._spec: SweepSpec | None = None
        self._rows: list[SweepData] | None = None

    # --- what it is doing ---------------------------------------------------------------

    @property
    def info(self) -> dict[str, Any]:
        """All the server knows of it now."""
        return self.run.info

    @property
    def spec(self) -> SweepSpec:
        """What was asked for."""
        if self._spec is None:
            self._spec = msgspec.convert(self.info["spec"]["sweep"], SweepSpec)
        return self._spec

    @property
    def status(self) -> str:
        """pending, running, paused, complete, error or stopped."""
        return self.run.status

    @property
    def progress(self) -> float:
        """Percent of the combinations done."""
        return self.run.progress

    def wait(self, timeout: float | None = None) -> Sweep:
        """Wait until the sweep has ended; return it.

        Raises
        ------
        WorkbenchError
            What ended it.
        TimeoutError
            It is still going on after `timeout` seconds.
        """
        begun = time.monotonic()
        self.run.wait(timeout)
        if self._thread is not None:
            left = None if timeout is None else max(0.0, timeout - time.monotonic() + begun)
            self._thread.join(left)
        return self

    def delete(self) -> None:
        """Remove the sweep and its log for good; runs opened from it stay."""
        self.run.delete()

    # --- what it has brought ------------------------------------------------------------

    @property
    def results(self) -> pd.DataFrame:
        """One row for each combination and sample done; see `sweeps.frames.results_frame`."""
        from workbench.sweeps.frames import results_frame

        return results_frame(self.rows(), self.spec)

    @property
    def best(self) -> dict[str, Value]:
        """The best combination so far; of a walk-forward, what the last split has chosen.

        A sweep over costs or fills warns: the cheapest is best, which is no finding; see
        `scenarios`.

        Raises
        ------
        InvalidRequest
            None is done yet.
        """
        tried = scenarios(self.spec.space)
        if tried:
            text = (
                f"best is the best over all values of {', '.join(tried)}, which no trader can "
                "choose: sweep.scenarios has the best of each"
            )
            warnings.warn(text, UserWarning, stacklevel=2)
        return dict(self._best().params)

    @property
    def scenarios(self) -> pd.DataFrame:
        """The best combination for each value of the costs and fills that are tried.

        See `sweeps.frames.scenarios_frame`.
        """
        from workbench.sweeps.frames import scenarios_frame

        return scenarios_frame(self.rows(), self.spec)

    @property
    def walk_forward(self) -> pd.DataFrame:
        """One row for each split traded so far; see `sweeps.forward.walk_forward_frame`.

        Raises
        ------
        InvalidRequest
            It is no walk-forward sweep.
        """
        from workbench.sweeps.forward import walk_forward_frame

        self._check_splits()
        return walk_forward_frame(self.rows(), self.spec)

    @property
    def out_of_sample(self) -> OutOfSample:
        """All out-of-sample parts so far as one account: its `curve`, and its `figures`.

        See `sweeps.joined.out_of_sample`.

        Raises
        ------
        InvalidRequest
            It is no walk-forward sweep.
        """
        from workbench.sweeps.joined import out_of_sample

        self._check_splits()
        return out_of_sample(self.rows(), self.info["spec"]["initial_capital"])

    def heatmap(
        self, x: str | None = None, y: str | None = None, metric: str | None = None
    ) -> pd.DataFrame:
        """Return a metric over two parameters; see `sweeps.frames.heatmap_frame`.

        Raises
        ------
        InvalidRequest
            There is no such parameter or metric.
        """
        from workbench.sweeps.frames import heatmap_frame

        return heatmap_frame(self.rows(), self.spec, x, y, metric)

    def figure(
        self, x: str | None = None, y: str | None = None, metric: str | None = None
    ) -> go.Figure:
        """Return `heatmap` as a Plotly figure."""
        from workbench.sweeps.frames import heatmap_figure

        return heatmap_figure(self.heatmap(x, y, metric), metric or self.spec.metric)

    def rows(self) -> list[SweepData]:
        """Return the rows so far, split by split, by number."""
        from workbench.sweeps.frames import rows_of

        if self._rows is not None:
            return self._rows
        ended = self.status in FINAL_STATUSES
        rows = rows_of(self.run.events("sweep"))
        if ended:
            self._rows = rows
        return rows

    def resume(  # type: ignore[override]
        self,
        *,
        executor: Executor | Any = None,
        workers: int | None = None,
        strategy: type[Strategy] | None = None,
        constraint: Callable[..., Any] | None = None,
    ) -> Sweep:
        """Go on: with a paused sweep, or with one that ended before it was done.

        The log of an ended one takes no more messages, so a new sweep goes on with it. That takes
        its rows over, runs the combinations that are missing, and comes to what the first one
        would have.

        Parameters
        ----------
        executor, workers
            As of `workbench.sweep`; without them, an ended one goes on in the server's processes.
        strategy, constraint
            For an executor: the class and the constraint the sweep was started with. A registered
            strategy is known by its name.

        Returns
        -------
        Sweep
            This one where it was paused or goes on, else the one that goes on with it.

        Raises
        ------
        Conflict
            Nothing is missing, or the strategy is known only to the program that drove the sweep.
        """
        from workbench.client import sweep_resuming as resuming

        if executor is not None:
            return resuming.on_executor(self, executor, workers, strategy, constraint)
        if self.status in FINAL_STATUSES:
            return Sweep(resuming.on_server(self), self.server)
        super().resume()
        return self

    # --- its combinations ---------------------------------------------------------------

    def open(
        self,
        number: int | None = None,
        *,
        sample: str | None = None,
        split: int = 0,
        **params: Value,
    ) -> Run:
        """Start a combination as an ordinary run, with the sweep's settings; return its handle.

        Parameters
        ----------
        number, sample, split
            Those of a row of `results`; the run has that row's candles.
        **params
            Instead: values of its parameters, all or enough to tell it from the others that are
            done. The run has all the sweep's candles.

        Raises
        ------
        InvalidRequest
            There is no such row, or several.
        Conflict
            The sweep was published by a program, and its strategy is known there alone.
        """
        body: dict[str, Any]
        if params:
            from workbench.sweeps.frames import matching

            names = list(self.spec.space)
            found = matching(self.rows(), params) if set(params) <= set(names) else None
            if found is None:
                msg = f"{params} is not one of the combinations done: give all of {names}"
                raise InvalidRequest(msg, field="params", value=params, allowed=names)
            body = {"params": found}
        else:
            body = {"number": number, "sample": sample, "split": split}
        return self._opened(body)

    def open_best(self) -> Run:
        """Start the best combination so far as an ordinary run over all candles."""
        return self._opened({"params": dict(self._best().params)})

    def _opened(self, body: dict[str, Any]) -> Run:
        reply = self.server.rest.post(f"api/backtesting/{self.id}/open", body)
        return Run(reply["backtest_id"], self.server)

    # --- looking at it ------------------------------------------------------------------

    def view(self) -> BacktestView:
        """Return the live view, an ipywidget: the heat map as it fills; the same one each time."""
        return self.run.view()

    def _check_splits(self) -> None:
        if self.spec.walk_forward is None:
            msg = f"{self.id} has no splits: start it with walk_forward="
            raise InvalidRequest(msg, field="walk_forward", value=None, allowed="WalkForward()")

    def _best(self) -> SweepData:
        from workbench.sweeps.frames import best_row

        found = best_row(self.rows(), self.spec)
        if found is None:
            least = self.spec.min_trades
            msg = (
                f"No combination of {self.id} is done yet that has {self.spec.metric} and "
                f"{least:,} or more trades (min_trades)"
            )
            raise InvalidRequest(msg, field="best", value=None, allowed="wait()")
        return found

    def _ask(self, request: ControlRequest) -> None:
        self.run._ask(request)

    def __repr__(self) -> str:
        try:
            return f"<Sweep {self._title()}>"
        except WorkbenchError as error:
            return f"<Sweep {self.id} on {self.server.url}: {error}>"

    def _title(self) -> str:
        now = self.info
        what = f"{now['strategy']} on {now['symbol']} {'/'.join(now['timeframes'])}"
        text = f"{self.id}: {what}, {now['status']} {now['progress']:.1f} %"
        if now["status"] != "running":
            return f"{text}, {now['reason']}" if now.get("reason") else text
        left = seconds_left(self.run.events("status", "progress"))
        return text if left is None else f"{text}, ETA {left // 60:.0f}:{left % 60:02.0f}"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.view()._repr_mimebundle_(**kwargs)
