"""The stream of all live sessions, as iterators."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, Generic, TypeVar

from msgspec import UNSET, structs

from workbench.client.address import stream_address
from workbench.client.asynchronous import AsyncStream
from workbench.client.controls import Sent
from workbench.client.following import Following
from workbench.client.frames import Unknown
from workbench.client.reading import Reader
from workbench.client.server import Server, server_at
from workbench.client.stream import Stream
from workbench.client.wishes import Wishes
from workbench.errors import InvalidRequest
from workbench.messages import AnyMessage, Connected, ControlRequest, Gap, Ping

NAME = "live-trading"
_Self = TypeVar("_Self", bound="_OfSessions")


class SessionControls(Generic[Sent]):
    """What can be asked of sessions; answered in the stream of each, as `control`."""

    def flatten(self, session: str) -> Sent:
        """Close everything of a session, cancel its orders, open nothing more."""
        return self._ask(ControlRequest("flatten", session=session))

    def pause_entries(self, session: str) -> Sent:
        """Have a session open nothing more."""
        return self._ask(ControlRequest("pause_entries", session=session))

    def resume_entries(self, session: str) -> Sent:
        """Let a session open positions again."""
        return self._ask(ControlRequest("resume_entries", session=session))

    def stop_session(self, session: str) -> Sent:
        """End a session."""
        return self._ask(ControlRequest("stop", session=session))

    def _ask(self, request: ControlRequest | Ping) -> Sent:
        raise NotImplementedError


class LiveReader(Reader):
    """State of one reader of live trading: first what holds, then all that comes."""

    def __init__(self, wishes: Wishes) -> None:
        self._holds = 0
        super().__init__(NAME, wishes)

    def _greeted(self, message: Connected) -> None:
        known = self._position.seq if self.epoch in (None, message.data.epoch) else 0
        super()._greeted(message)
        snapshot = message.data.snapshot
        self._holds = 0
        if snapshot is not UNSET and snapshot > known:
            self._holds = snapshot
            self._position.go_to(snapshot)

    def _aside(self, message: AnyMessage, fresh: list[AnyMessage]) -> None:
        super()._aside(message, fresh)
        if isinstance(message, Gap) and self._holds:
            self._position.go_to(self._holds)

    def _logged(self, message: AnyMessage | Unknown, seq: int, fresh: list[AnyMessage]) -> bool:
        if seq > self._holds:
            return super()._logged(message, seq, fresh)
        if not isinstance(message, Unknown):
            fresh.append(message)
        self.told = True
        return True


class _OfSessions(Following):
    kind = NAME

    def __init__(
        self,
        server: Server,
        *,
        symbols: Sequence[str] | str | None = None,
        session: str | None = None,
        **options: Any,
    ) -> None:
        if isinstance(symbols, str):
            symbols = [symbols]
        if symbols is not None and not symbols:
            msg = "symbols is empty: name those that are wanted, or leave it out for all"
            raise InvalidRequest(msg, field="symbols", value=[], allowed="one or more")
        self._symbols = None if symbols is None else tuple(symbols)
        self._session = session
        super().__init__(server, NAME, **options)

    def _reading(self, wishes: Wishes) -> Reader:
        return LiveReader(structs.replace(wishes, symbols=self._symbols, session=self._session))

    def _address(self) -> str:
        return stream_address(self._server, None, self._reader.query(), self.kind)

    @classmethod
    def connect(cls: type[_Self], *, url: str, token: str = "", **options: Any) -> _Self:  # type: ignore[override]
        """Make one out of a server's base address and a token; `options` are those of the class.

        Raises
        ------
        InvalidRequest
            The address is none, or carries a query or credentials; or another argument is wrong.
        """
        return cls(server_at(url, token), **options)


class LiveStream(_OfSessions, Stream, SessionControls[None]):
    """Positions, orders, risk and profit of all live sessions: first what holds, then what comes.

    What `Stream` is, with the same guarantees: a lost connection is resumed where it broke off, and
    events told once. Where that is no longer kept, a `gap` comes, and what holds is told again.

    Parameters
    ----------
    server
        Whose sessions.
    symbols, session
        Only what is about these symbols, and this session.
    **options
        `types`, `max_rate`, `since`, `epoch`, `from_now`, `heartbeat`, `patience`, see `Stream`.

    Examples
    --------
    >>> with LiveStream(wb.connect(), symbols=["BTC-USD"]) as stream:
    ...     for message in stream:
    ...         print(message.type, message.data)
    """


class AsyncLiveStream(_OfSessions, AsyncStream, SessionControls[Coroutine[Any, Any, None]]):
    """What `LiveStream` is, for asyncio."""
