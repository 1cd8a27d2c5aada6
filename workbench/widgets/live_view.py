"""The live view of a session, as an ipywidget."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, ClassVar

import traitlets

from workbench.messages import FINAL_STATUSES
from workbench.widgets.follower import StreamFollower
from workbench.widgets.live_catching import CatchingUp
from workbench.widgets.live_fold import LiveFold, beside_of
from workbench.widgets.live_html import describe, point_html, point_text, render_html
from workbench.widgets.source import Message, RunSource
from workbench.widgets.stream_view import StreamView, read_bundle

CATCH_UP_S = 3.0
"""How long a cell waits at most for what the session has told before it is shown."""

SNAPSHOT_S = 10.0
"""Least time between two snapshots: each goes to the page, which keeps it for the notebook."""


class LiveView(StreamView):
    """Draws a live session: prices with what is held and waits, profit, exposure, risk, orders.

    The browser reads the session's stream from the Jupyter server itself, as that of a run, and
    asks the session to pause entries, to flatten or to stop. When neither server nor kernel
    answers, the view draws `snapshot`, which is in a notebook that was saved with the state of its
    widgets; then nothing can be asked. Every notebook keeps as HTML what held when the cell was
    shown.

    Parameters
    ----------
    session_id
        Id of the session, such as ``live_20261123_071500``.
    source
        Where this side reads the session; None: the traits stay as they are and only a page with a
        Jupyter server can draw. It belongs to the view from here on: `close` closes it.
    direct
        Let the browser read from the page's Jupyter server. False when the session is on another.
    title
        Shown until the session tells its strategy.
    symbol
        Shown first; the session's first where it is empty.
    height
        Of the charts, in CSS pixels.

    Attributes
    ----------
    symbol : str
        The one that is shown, whoever chose it. Observable.
    status : str
        As that of a run: ``pending``, ``running``, ``paused``, ``stopped``, ``error``, ...
        Observable, at most four changes a second, as the others.
    equity, realized, unrealized, daily_pnl, exposure : float or None
        The latest, money in the account's currency. Observable.
    positions, orders : list of dict
        Data of the open positions, and of the orders that have not ended. Observable.
    entries : str
        ``open``, or ``paused`` while no entry is let through. Observable.
    breaches : list of dict
        The latest limits that were met, the oldest first. Observable.
    beside : dict
        What the session is compared with, see `compare`.
    snapshot : dict
        The session in short: see `LiveFold.snapshot`. Renewed every 10 seconds at most, and when
        the session ends.

    Raises
    ------
    WorkbenchError
        The frontend has not been built.
    """

    readable: ClassVar[tuple[str, ...]] = ("",)

    kind = traitlets.Unicode("live").tag(sync=True)
    session_id = traitlets.Unicode("").tag(sync=True)
    symbol = traitlets.Unicode("").tag(sync=True)
    beside = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(680).tag(sync=True)
    status = traitlets.Unicode("pending").tag(sync=True)
    equity = traitlets.Float(None, allow_none=True).tag(sync=True)
    realized = traitlets.Float(None, allow_none=True).tag(sync=True)
    unrealized = traitlets.Float(None, allow_none=True).tag(sync=True)
    daily_pnl = traitlets.Float(None, allow_none=True).tag(sync=True)
    exposure = traitlets.Float(None, allow_none=True).tag(sync=True)
    entries = traitlets.Unicode("open").tag(sync=True)
    # The page knows these from the stream: sent again they would only cost.
    positions = traitlets.List(traitlets.Dict())
    orders = traitlets.List(traitlets.Dict())
    breaches = traitlets.List(traitlets.Dict())

    def __init__(
        self,
        session_id: str,
        *,
        source: RunSource | None,
        direct: bool = True,
        title: str = "",
        symbol: str = "",
        height: int = 680,
    ) -> None:
        self._fold = LiveFold()
        self._saved = (-SNAPSHOT_S, 0, "")
        self._catching: CatchingUp | None = None
        super().__init__(
            source,
            _esm=read_bundle("widget.js"),
            _css=read_bundle("widget.css"),
            session_id=session_id,
            direct=direct,
            title=title or session_id,
            symbol=symbol,
            height=height,
        )

    def compare(self, messages: Iterable[Message], name: str = "backtest") -> None:
        """Draw another run's equity beside the session's, and its trades as outlines.

        Parameters
        ----------
        messages
            Of that run, as they come off the wire.
        name
            What it is called in the legend.
        """
        self.beside = beside_of(messages, name)

    def _follow(self, source: RunSource) -> StreamFollower[LiveFold]:
        self._catching = CatchingUp(source, self._caught_up)
        return StreamFollower(self._catching, self._fold, self._changed)

    def _caught_up(self) -> None:
        self._changed(self._fold, now=True)

    def _changed(self, fold: LiveFold, *, now: bool = False) -> None:
        with self.hold_sync():
            self.status = fold.status
            if fold.pnl is not None:
                self.equity = fold.pnl["equity"]
                self.realized = fold.pnl["realized"]
                self.unrealized = fold.pnl["unrealized"]
            if fold.risk is not None:
                self.daily_pnl = fold.risk["daily_pnl"]
                self.exposure = fold.risk["exposure"]
                self.entries = fold.risk["entries"]
            self.positions = fold.positions
            self.orders = fold.working
            self.breaches = fold.breaches
            self._save(fold, at_once=now)

    def _save(self, fold: LiveFold, *, at_once: bool) -> None:
        now = time.monotonic()
        last, seq, status = self._saved
        at_once = at_once or (fold.status != status and fold.status in FINAL_STATUSES)
        if fold.seq == seq or (now - last < SNAPSHOT_S and not at_once):
            return
        self._saved = (now, fold.seq, fold.status)
        self.snapshot = fold.snapshot(self.symbol)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        # What is in the cell is in the notebook for good: it is worth a moment.
        if self._catching is not None:
            self._catching.wait(CATCH_UP_S)
        messages = self.snapshot.get("messages", [])
        if messages:
            data["text/plain"] = describe(self.title, messages)
            data["text/html"] = render_html(self.title, messages, self.session_id)
        else:
            data["text/plain"] = point_text(self.title, self.session_id)
            data["text/html"] = point_html(self.title, self.session_id)
        return data, metadata
