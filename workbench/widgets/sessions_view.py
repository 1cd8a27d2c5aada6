"""The live view of all sessions, as an ipywidget."""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets

from workbench.errors import WorkbenchError
from workbench.messages import utc_now
from workbench.widgets.sessions_html import describe, render_html
from workbench.widgets.source import RunSource
from workbench.widgets.stream_view import StreamView, read_bundle


class SessionsView(StreamView):
    """Draws all live sessions of a server, a row each, and flattens them all.

    The browser reads the stream of all sessions from the Jupyter server itself; this side only
    hands it on where the page cannot, and asks for the list when the cell is shown: that is what
    a saved notebook keeps.

    Parameters
    ----------
    source
        Where this side reads the sessions; None for nowhere. It belongs to the view from here on.
    direct
        Let the browser read from the page's Jupyter server. False when the sessions are on another.
    height
        Of the charts of a session that is opened below, in CSS pixels.

    Attributes
    ----------
    sessions : list of dict, or None
        As the server listed them when the view was shown last, the newest first; None where it
        was not shown, or the server did not answer.

    Raises
    ------
    WorkbenchError
        The frontend has not been built.
    """

    readable: ClassVar[tuple[str, ...]] = ("",)

    kind = traitlets.Unicode("sessions").tag(sync=True)

    def __init__(self, *, source: RunSource | None, direct: bool = True, height: int = 560) -> None:
        super().__init__(
            source,
            _esm=read_bundle("widget.js"),
            _css=read_bundle("widget.css"),
            direct=direct,
            title="Live sessions",
            height=height,
        )

    @property
    def sessions(self) -> list[dict[str, Any]] | None:
        """As the server listed them when the view was shown last; None where it did not answer."""
        listed: list[dict[str, Any]] | None = self.snapshot.get("sessions")
        return listed

    def _follow(self, source: RunSource) -> None:
        """Keep nothing up to date: there are no traits that tell what holds."""

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        if self._source is not None:
            try:
                self.snapshot = self._source.get("", {})
            except (WorkbenchError, OSError):
                # The page may reach a server that this side does not.
                self.snapshot = {}
        data["text/plain"] = describe(self.sessions)
        data["text/html"] = render_html(self.sessions, utc_now())
        return data, metadata
