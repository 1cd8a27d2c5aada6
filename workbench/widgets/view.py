"""The live view of a run, as an ipywidget."""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets

from workbench.widgets.fold import RunFold
from workbench.widgets.follower import Follower
from workbench.widgets.source import RunSource
from workbench.widgets.static_html import describe, point_html, point_text, render_html
from workbench.widgets.stream_view import StreamView, read_bundle


class BacktestView(StreamView):
    """Draws one run as it happens: progress, price with trades, equity, drawdown, metrics.

    Of a sweep: a heat map that fills up, the best rows, and each combination as a run.

    The browser reads the stream from the Jupyter server itself, so it keeps drawing while the
    kernel is busy. Where the page has no Jupyter server, this side reads `source` and hands the
    messages on. Displayed twice, both views share one connection. When neither server nor kernel
    answers, the view draws `snapshot`, which is saved with the notebook.

    Parameters
    ----------
    run_id
        Name of the run.
    source
        Where this side reads the run; None: the traits stay as they are and only a page with a
        Jupyter server can draw. It belongs to the view from here on: `close` closes it.
    direct
        Let the browser read from the page's Jupyter server. False when the run is on another one.
    title
        Shown until the run tells its strategy.
    height
        Of the charts, in CSS pixels.

    Attributes
    ----------
    status : str
        ``pending``, ``running``, ``paused``, ``complete``, ``error``, ``stopped`` or
        ``deleted``. Observable.
    progress : float
        Percent, 0 to 100. Observable, at most four changes a second.
    metrics : dict
        The latest figures; returns, drawdowns and the win rate are fractions. Observable.
    snapshot : dict
        The finished run in short; see `RunFold.snapshot`. Empty until the run is over.

    Raises
    ------
    WorkbenchError
        The frontend has not been built.
    """

    readable: ClassVar[tuple[str, ...]] = ("", "candles", "trades", "equity", "events")

    run_id = traitlets.Unicode("").tag(sync=True)
    status = traitlets.Unicode("pending").tag(sync=True)
    progress = traitlets.Float(0.0).tag(sync=True)
    metrics = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        run_id: str,
        *,
        source: RunSource | None,
        direct: bool = True,
        title: str = "",
        height: int = 560,
    ) -> None:
        super().__init__(
            source,
            _esm=read_bundle("widget.js"),
            _css=read_bundle("widget.css"),
            run_id=run_id,
            direct=direct,
            title=title or run_id,
            height=height,
        )

    def _follow(self, source: RunSource) -> Follower:
        return Follower(source, self._changed, self._finished)

    def _changed(self, fold: RunFold) -> None:
        with self.hold_sync():
            self.status = fold.status
            self.progress = fold.progress
            self.metrics = dict(fold.metrics)

    def _finished(self, snapshot: dict[str, Any]) -> None:
        self.snapshot = snapshot

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        if not self.snapshot:
            # It stays in a saved notebook: what the run does now will not be true then.
            data["text/plain"] = point_text(self.title, self.run_id)
            data["text/html"] = point_html(self.title, self.run_id)
            return data, metadata
        shown = (self.title, self.status, self.progress, self.metrics)
        data["text/plain"] = describe(*shown, self.snapshot)
        data["text/html"] = render_html(*shown, self.snapshot)
        return data, metadata
