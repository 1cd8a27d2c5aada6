"""The live view of a run, as an ipywidget."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from workbench.errors import InvalidRequest, WorkbenchError
from workbench.widgets.fold import RunFold
from workbench.widgets.follower import Follower
from workbench.widgets.relay import Relay
from workbench.widgets.source import RunSource
from workbench.widgets.static_html import describe, point_html, point_text, render_html

STATIC = Path(__file__).parent / "static"
_READABLE = ("", "candles", "trades", "equity", "events")
_CONTROL = ("action", "value", "unit", "until")


def read_bundle(name: str, folder: Path = STATIC) -> str:
    """Return a file of the built frontend.

    Raises
    ------
    WorkbenchError
        It has not been built.
    """
    path = folder / name
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        msg = (
            f"The view's bundle {name} is missing in {folder}: build it with `npm ci && npm run "
            f"build` in extension/frontend, or install the project again with pip"
        )
        raise WorkbenchError(msg, field="bundle", value=str(path), allowed="a built file") from None


class BacktestView(anywidget.AnyWidget):
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

    _esm = traitlets.Unicode("").tag(sync=True)
    _css = traitlets.Unicode("").tag(sync=True)
    run_id = traitlets.Unicode("").tag(sync=True)
    direct = traitlets.Bool(True).tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    status = traitlets.Unicode("pending").tag(sync=True)
    progress = traitlets.Float(0.0).tag(sync=True)
    metrics = traitlets.Dict().tag(sync=True)
    snapshot = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(560).tag(sync=True)

    def __init__(
        self,
        run_id: str,
        *,
        source: RunSource | None,
        direct: bool = True,
        title: str = "",
        height: int = 560,
    ) -> None:
        # Widget.close runs from __del__ too, also when this constructor fails.
        self._source = source
        self._relay: Relay | None = None
        self._follower: Follower | None = None
        super().__init__(
            _esm=read_bundle("widget.js"),
            _css=read_bundle("widget.css"),
            run_id=run_id,
            direct=direct,
            title=title or run_id,
            height=height,
        )
        self.on_msg(self._heard)
        if source is not None:
            self._relay = Relay(source, self.send)
            self._follower = Follower(source, self._changed, self._finished)
            self._follower.start()

    @property
    def failure(self) -> Exception | None:
        """Why this side no longer follows the run, or None."""
        return self._follower.failure if self._follower is not None else None

    def close(self) -> None:
        """Take the view from the page and end its threads and its source."""
        if self._follower is not None:
            self._follower.stop()
        if self._relay is not None:
            self._relay.stop()
        if self._source is not None:
            self._source.close()
            self._source = None
        super().close()

    def _changed(self, fold: RunFold) -> None:
        with self.hold_sync():
            self.status = fold.status
            self.progress = fold.progress
            self.metrics = dict(fold.metrics)

    def _finished(self, snapshot: dict[str, Any]) -> None:
        self.snapshot = snapshot

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "relay" and self._relay is not None:
            since, epoch = content.get("since"), content.get("epoch")
            self._relay.start(
                since if isinstance(since, int) else 0, epoch if isinstance(epoch, str) else None
            )
        elif kind == "relay":
            reason = "this view has no connection of its own to the run"
            self.send({"kind": "state", "state": "failed", "reason": reason})
        elif kind in ("get", "control"):
            # The server may take its time; the kernel's thread has other things to do.
            threading.Thread(target=self._answer, args=(content,), daemon=True).start()

    def _answer(self, content: dict[str, Any]) -> None:
        reply: dict[str, Any] = {"kind": "reply", "id": content.get("id")}
        try:
            reply.update(ok=True, body=self._ask(content))
        except WorkbenchError as error:
            reply.update(ok=False, body=error.body())
        except OSError as error:
            reply.update(ok=False, body={"error": str(error), "details": {}})
        self.send(reply)

    def _ask(self, content: dict[str, Any]) -> dict[str, Any]:
        source = self._source
        if source is None:
            msg = "This view has no connection of its own to the run"
            raise WorkbenchError(msg, field="source", value=None, allowed="a RunSource")
        if content["kind"] == "control":
            return source.control({name: content[name] for name in _CONTROL if name in content})
        path, query = content.get("path"), content.get("query")
        if path not in _READABLE:
            names = ", ".join(filter(None, _READABLE))
            msg = f"Cannot read {path!r} of a run: ask for one of {names}, or for nothing of it"
            raise InvalidRequest(msg, field="path", value=path, allowed=list(_READABLE))
        return source.get(path, query if isinstance(query, dict) else {})

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
