"""Which servers serve this state folder: how a worker finds the one that came back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil
from msgspec import Struct


class ServerFile(Struct, frozen=True, kw_only=True):
    """One running server.

    Attributes
    ----------
    url
        Base address, ending in a slash; no token.
    pid
        The server's process.
    started
        Start time of that process, seconds since the epoch.
    private
        Started by a kernel that had no server of its own.
    """

    url: str
    pid: int
    started: float
    private: bool = False


def announce(home: Path, url: str, *, private: bool = False) -> Path:
    """Write this process's server file and return its path."""
    folder = home / "servers"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    pid = os.getpid()
    started = psutil.Process(pid).create_time()
    path = folder / f"{pid}.json"
    temporary = path.with_suffix(".part")
    temporary.write_bytes(
        msgspec.json.encode(ServerFile(url=url, pid=pid, started=started, private=private))
    )
    temporary.replace(path)
    return path


def running(home: Path) -> list[ServerFile]:
    """Return the servers that are alive, the latest first; files of dead ones are removed."""
    found = []
    for path in (home / "servers").glob("*.json"):
        try:
            server = msgspec.json.decode(path.read_bytes(), type=ServerFile)
        except (OSError, msgspec.MsgspecError):
            continue
        if alive(server.pid, server.started):
            found.append(server)
        else:
            path.unlink(missing_ok=True)
    return sorted(found, key=lambda server: server.started, reverse=True)


def addresses(home: Path, first: Sequence[str]) -> list[str]:
    """Return where a producer may publish: the servers it was told of, then those running now."""
    found = [server.url for server in running(home)]
    return [url for url in first if url not in found] + found


def alive(pid: int, started: float) -> bool:
    """Tell whether process `pid` runs and is the one that started then."""
    try:
        process = psutil.Process(pid)
        return bool(
            abs(process.create_time() - started) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.NoSuchProcess:
        return False
