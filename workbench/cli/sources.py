"""Runs as the command line sees them: on a server, or in the state folder without one."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbench.cli.servers import found
from workbench.errors import ServerUnreachable
from workbench.messages import FINAL_STATUSES, AnyMessage, ControlRequest

if TYPE_CHECKING:
    from workbench.client.server import Server
    from workbench.runs.retention import Stored
    from workbench.runs.service import RunService


class Runs(Protocol):
    """What ``workbench runs`` needs."""

    def summaries(self) -> list[dict[str, Any]]:
        """Return all runs, the newest first."""

    def detail(self, run_id: str) -> dict[str, Any]:
        """Return all about one; `NotFound` when there is none."""

    def delete(self, run_id: str) -> None:
        """Remove one with its log."""

    def control(self, run_id: str, request: ControlRequest) -> str:
        """Control one; return the state it then is to be in."""

    def resume(self, run_id: str) -> str:
        """Go on with a sweep that has ended; return the id of the one that does."""

    def stored(self) -> list[Stored]:
        """Return what all runs take."""

    def followed(self) -> set[str]:
        """Return the ids of those that someone follows now."""

    def shrink(self) -> None:
        """Give the room of deleted runs back."""

    def report(self, run_id: str) -> str:
        """Return its report as an HTML page."""

    def batches(self, run_id: str, types: Sequence[str] | None) -> Iterator[list[AnyMessage]]:
        """Yield its messages to its end."""

    def messages(self, run_id: str, types: Sequence[str]) -> list[AnyMessage]:
        """Return its messages of some types so far."""


class ServerRuns:
    """The runs of a server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def summaries(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self._server.rest.get("api/backtesting")["backtests"]
        return listed

    def detail(self, run_id: str) -> dict[str, Any]:
        return self._server.rest.get(f"api/backtesting/{_quoted(run_id)}")

    def delete(self, run_id: str) -> None:
        self._server.rest.delete(f"api/backtesting/{_quoted(run_id)}")

    def control(self, run_id: str, request: ControlRequest) -> str:
        from workbench.runs.commands import body_of

        path = f"api/backtesting/{_quoted(run_id)}/control"
        return str(self._server.rest.post(path, body_of(request))["status"])

    def resume(self, run_id: str) -> str:
        path = f"api/backtesting/{_quoted(run_id)}/resume"
        return str(self._server.rest.post(path, {})["backtest_id"])

    def stored(self) -> list[Stored]:
        from workbench.runs.retention import Stored

        listed = self._server.rest.get("api/backtesting", {"limit": 1_000_000})["backtests"]
        names = ("backtest_id", "status", "finished", "bytes")
        return [Stored(*(run[name] for name in names)) for run in listed]

    def followed(self) -> set[str]:
        streams = self._server.rest.get("api/ws/stream/status")["streams"]
        return {stream["id"] for stream in streams if stream["connections"]}

    def shrink(self) -> None:
        """A server does so by itself."""

    def report(self, run_id: str) -> str:
        return self._server.rest.text(f"api/backtesting/{_quoted(run_id)}/report")

    def batches(self, run_id: str, types: Sequence[str] | None) -> Iterator[list[AnyMessage]]:
        from workbench.client.stream import Stream

        self.detail(run_id)
        yield from Stream(self._server, run_id, types=types).batches()

    def messages(self, run_id: str, types: Sequence[str]) -> list[AnyMessage]:
        from workbench.client.run import Run

        self.detail(run_id)
        return Run(run_id, self._server).events(*types)


class FolderRuns:
    """The runs of a state folder that no server serves."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def summaries(self) -> list[dict[str, Any]]:
        if not (self._home / "workbench.db").is_file():
            return []
        service = self._open()
        return [service.summary(record) for record in service.registry.list()]

    def detail(self, run_id: str) -> dict[str, Any]:
        return self._open().detail(run_id)

    def delete(self, run_id: str) -> None:
        self._open().delete(run_id)

    def control(self, run_id: str, request: ControlRequest) -> str:
        raise self._unreachable(run_id, request.action)

    def resume(self, run_id: str) -> str:
        raise self._unreachable(run_id, "resume")

    def stored(self) -> list[Stored]:
        from workbench.runs.retention import stored

        if not (self._home / "workbench.db").is_file():
            return []
        return stored(self._open())

    def followed(self) -> set[str]:
        return set()

    def shrink(self) -> None:
        service = self._open()
        while service.shrink(10_000):
            pass

    def report(self, run_id: str) -> str:
        from workbench.runs.reading import report_of

        return report_of(self._home, run_id)

    def batches(self, run_id: str, types: Sequence[str] | None) -> Iterator[list[AnyMessage]]:
        from workbench.runs.reading import read_log

        status = self.detail(run_id)["status"]
        if status not in FINAL_STATUSES:
            msg = (
                f"{run_id} is {status}, and no server runs to follow it; start one: workbench serve"
            )
            raise ServerUnreachable(msg)
        messages = list(read_log(self._open(), run_id))
        yield [message for message in messages if types is None or message.type in types]

    def messages(self, run_id: str, types: Sequence[str]) -> list[AnyMessage]:
        from workbench.runs.reading import read_log

        self.detail(run_id)
        return [one for one in read_log(self._open(), run_id) if one.type in types]

    def _unreachable(self, run_id: str, action: str) -> ServerUnreachable:
        status = self.detail(run_id)["status"]
        return ServerUnreachable(
            f"{run_id} is {status}, and no server runs that could pass {action} on; "
            "start one: workbench serve"
        )

    def _open(self) -> RunService:
        from workbench.runs.reading import open_folder

        return open_folder(self._home)


def runs_of(args: argparse.Namespace) -> Runs:
    """Return the runs of the server that was named or runs, or else those of the state folder."""
    from workbench import paths

    server = found(args)
    return FolderRuns(paths.home()) if server is None else ServerRuns(server)


def _quoted(run_id: str) -> str:
    from urllib.parse import quote

    return quote(run_id, safe="")
