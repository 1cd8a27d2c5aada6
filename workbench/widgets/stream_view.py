"""What the views of streams share on the Python side: the comm, its requests, their traits."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, ClassVar, Protocol

import anywidget
import traitlets

from workbench.errors import InvalidRequest, WorkbenchError
from workbench.widgets.relay import Relay
from workbench.widgets.source import RunSource

STATIC = Path(__file__).parent / "static"
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


class _Follower(Protocol):
    failure: Exception | None

    def start(self) -> None: ...

    def stop(self) -> None: ...


class StreamView(anywidget.AnyWidget):
    """A view whose page reads a stream itself, or through this side where it cannot.

    Parameters
    ----------
    source
        Where this side reads the stream; None for nowhere. It belongs to the view.
    traits
        What the page is given.
    """

    readable: ClassVar[tuple[str, ...]] = ("",)
    """What the page may read through this side, below the address of what is streamed."""

    _esm = traitlets.Unicode("").tag(sync=True)
    _css = traitlets.Unicode("").tag(sync=True)
    direct = traitlets.Bool(True).tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    snapshot = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(560).tag(sync=True)

    def __init__(self, source: RunSource | None, **traits: Any) -> None:
        # Widget.close runs from __del__ too, also when this constructor fails.
        self._source = source
        self._relay: Relay | None = None
        self._follower: _Follower | None = None
        super().__init__(**traits)
        self.on_msg(self._heard)
        if source is not None:
            self._relay = Relay(source, self.send)
            self._follower = self._follow(source)
            if self._follower is not None:
                self._follower.start()

    def _follow(self, source: RunSource) -> _Follower | None:
        """Return what keeps the observable traits up to date; None where there are none."""
        raise NotImplementedError

    @property
    def failure(self) -> Exception | None:
        """Why this side no longer follows the stream, or None."""
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

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "relay" and self._relay is not None:
            since, epoch = content.get("since"), content.get("epoch")
            self._relay.start(
                since if isinstance(since, int) else 0, epoch if isinstance(epoch, str) else None
            )
        elif kind == "relay":
            reason = "this view has no connection of its own to the server"
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
            msg = "This view has no connection of its own to the server"
            raise WorkbenchError(msg, field="source", value=None, allowed="a RunSource")
        if content["kind"] == "control":
            return source.control({name: content[name] for name in _CONTROL if name in content})
        path, query = content.get("path"), content.get("query")
        if path not in self.readable:
            names = ", ".join(filter(None, self.readable))
            msg = f"Cannot read {path!r} here: ask for one of {names}, or give no path"
            raise InvalidRequest(msg, field="path", value=path, allowed=list(self.readable))
        return source.get(path, query if isinstance(query, dict) else {})
