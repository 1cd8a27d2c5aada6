"""Live sessions as one thing: what the HTTP surface calls, without any HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from workbench.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    StorageFull,
    TooManyConnections,
)
from workbench.feeds.directory import Directory
from workbench.messages import FINAL_STATUSES, ControlRequest, utc_now
from workbench.runs.live_book import WINDOW
from workbench.runs.records import RunRecord, is_session
from workbench.runs.request import check_pickled
from workbench.runs.service import RunService
from workbench.runs.supervisor import STOP_PATIENCE_S
from workbench.sessions import checking, leave
from workbench.sessions.keeper import CLOSING, WORKER, SessionKeeper, alive
from workbench.sessions.request import LiveRequest
from workbench.sessions.showing import detail, summary
from workbench.streams.sessions import Wanted

MOST_SESSIONS = 8
ACTIVE = ("pending", "running", "paused")
ACTIONS = ("stop", "flatten", "pause_entries", "resume_entries")
"""What a session is asked for at the stream of all, and by routes of their own."""


class Asked(NamedTuple):
    """A request that can be carried out, and what it comes to."""

    request: LiveRequest
    possible: checking.Possible


class SessionService:
    """Everything about the live sessions of one state folder.

    Parameters
    ----------
    runs
        The runs of the folder, of which sessions are some.
    directory
        The feeds there are.
    urls
        Addresses sessions are to publish to.
    most
        Sessions at once; 0 for any number.
    orders
        Accounts that orders may be sent for, by exchange; see `leave.allowed`.
    window
        Messages that the stream of all sessions keeps, about.
    patience, stop_patience, worker, closing
        See `SessionKeeper`.

    Raises
    ------
    InvalidRequest
        What is configured of orders cannot be.
    """

    def __init__(
        self,
        runs: RunService,
        directory: Directory,
        urls: Callable[[], list[str]],
        *,
        most: int = MOST_SESSIONS,
        orders: Mapping[str, Any] | None = None,
        window: int = WINDOW,
        patience: float,
        stop_patience: float = STOP_PATIENCE_S,
        worker: str = WORKER,
        closing: str = CLOSING,
    ) -> None:
        self._runs = runs
        self._directory = directory
        self._most = most
        self._allowed = leave.allowed(orders or {})
        self._symbols: dict[str, frozenset[str]] = {}
        runs.live.open(window)
        self.keeper = SessionKeeper(
            runs, urls, patience=patience, stop_patience=stop_patience, worker=worker,
            closing=closing, allowed=self._allowed,
        )  # fmt: skip
        runs.overseer = self.keeper

    # --- requests -----------------------------------------------------------------------

    def asked(self, body: bytes, *, pickled_allowed: bool = True, anywhere: bool = True) -> Asked:
        """Check a request, as far as can be without its process; the state file stays as it is.

        It may take a second, and can be called on another thread.

        Parameters
        ----------
        pickled_allowed
            Whether the caller may send code.
        anywhere
            Whether the caller may have any file replayed.

        Raises
        ------
        InvalidRequest
            The request is wrong; `details` names `field`, `value` and `allowed`.
        NotAllowed
            It is to send orders that the configuration does not allow.
        """
        request = checking.read(body)
        if request.strategy is not None:
            check_pickled(request.strategy, pickled_allowed)
        checking.check_file(request, self._runs.home, anywhere)
        checking.check_broker(request, self._allowed)
        possible = checking.possible(request, self._directory, self._runs.home, utc_now())
        return Asked(request, possible)

    def start(self, asked: Asked) -> RunRecord:
        """Start the session of a request.

        Raises
        ------
        TooManyConnections
            As many sessions run as may.
        """
        strategy = asked.request.strategy
        spec, source, synthetic = asked.possible
        with self._runs.intake.database.transaction():
            busy = len(self._runs.registry.list(*ACTIVE, sessions=True))
            if self._most and busy >= self._most:
                msg = (
                    f"{busy} sessions run already, no more are started: stop one, or have more "
                    "allowed by c.WorkbenchApp.max_sessions"
                )
                raise TooManyConnections(msg, field="max_sessions", value=busy, allowed=self._most)
            record = self._runs.registry.create(
                spec,
                source=source,
                synthetic=synthetic,
                strategy=None if strategy is None else strategy.pickle,
                python=None if strategy is None else strategy.python,
                paths=() if strategy is None else strategy.paths,
            )
            self._runs.log.create(record.id, "backtest")
        self.keeper.poll()
        return record

    def get(self, session: str) -> RunRecord:
        """Return a session.

        Raises
        ------
        NotFound
            There is none of this id.
        """
        try:
            if is_session(session):
                return self._runs.registry.get(session)
        except NotFound:
            pass
        msg = f"There is no session {session!r}"
        raise NotFound(msg, field="session_id", value=session)

    def all(self) -> list[RunRecord]:
        """Return all sessions, the newest first."""
        return self._runs.registry.list(sessions=True)

    def active(self) -> list[RunRecord]:
        """Return the sessions that have not ended, the newest first."""
        return self._runs.registry.list(*ACTIVE, sessions=True)

    def prices(self, wanted: Wanted) -> dict[str, bool]:
        """Return of each session that goes on, and is wanted, whether its prices are generated."""
        return {
            one.id: one.synthetic
            for one in self.active()
            if wanted.session in (None, one.id)
            and (wanted.symbols is None or wanted.symbols & self.traded(one.id))
        }

    def summary(self, record: RunRecord) -> dict[str, Any]:
        """Return what the list shows of a session."""
        return summary(record, self._runs.log, self._runs.live)

    def detail(self, session: str) -> dict[str, Any]:
        """Return all that holds of a session.

        Raises
        ------
        NotFound
            There is none of this id.
        """
        record = self.get(session)
        care = self._runs.live.care(session)
        running = record.status not in FINAL_STATUSES and alive(record)
        return {
            **detail(record, self._runs.log, self._runs.live),
            "process": {
                "running": running,
                "pid": record.pid if running else None,
                "failures": care.failures,
                "closing": care.closing,
            },
        }

    def control(self, session: str | None, request: ControlRequest, by: str | None) -> Any:
        """Pass a control on to a session, by way of its log.

        Raises
        ------
        NotFound
            There is no such session.
        InvalidRequest
            No session is named, or there is no such action.
        Conflict
            The session has ended.
        StorageFull
            It cannot be written down; what is urgent was asked of the session's process.
        """
        if session is None:
            known = [record.id for record in self.active()]
            msg = "session is missing: name the one that is meant"
            raise InvalidRequest(msg, field="session", value=None, allowed=known)
        self.get(session)
        asked = msgspec.structs.replace(request, session=None)
        told = self._runs.control(session, asked, by)
        return {"session_id": session, "action": told["action"], "status": told["status"]}

    def flatten_all(self, by: str | None) -> list[dict[str, Any]]:
        """Flatten every session that goes on; see `control`.

        Raises
        ------
        StorageFull
            It could not be written down, at least for one; their processes were asked all the same.
        """
        told: list[dict[str, Any]] = []
        full: StorageFull | None = None
        for record in self.active():
            try:
                told.append(self.control(record.id, ControlRequest("flatten"), by))
            except (Conflict, NotFound):
                continue  # It has ended just now.
            except StorageFull as error:
                full = error  # The others are to be asked all the same.
        if full is not None:
            raise full
        return told

    def delete(self, session: str) -> None:
        """Remove a session that has ended, with its log.

        Raises
        ------
        NotFound
            There is no such session.
        Conflict
            It has not ended.
        """
        self.get(session)
        self._runs.delete(session)

    # --- readers ------------------------------------------------------------------------

    def traded(self, session: str) -> frozenset[str]:
        """Return what a session trades; nothing, of one that was deleted."""
        known = self._symbols.get(session)
        if known is None:
            try:
                live = self._runs.registry.get(session).spec.live
            except NotFound:
                return frozenset()
            known = self._symbols[session] = frozenset(() if live is None else live.symbols)
        return known

    def running(self, session: str) -> bool:
        """Tell whether a session's process lives."""
        return alive(self.get(session))

    def counts(self) -> dict[str, int]:
        """Return how many sessions there are, by status."""
        return self._runs.figures().sessions
