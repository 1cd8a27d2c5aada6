"""Whether a file may be replayed: where it lies, and whether frames were recorded in it."""

from __future__ import annotations

import zlib
from pathlib import Path

import msgspec

from workbench.errors import InvalidRequest
from workbench.feeds.frames import Impossible, lines, parse

LOOKED_AT = 500
"""Lines of a file that may be damaged before one is that is a frame."""


def path_of(path: str, home: Path) -> Path:
    """Return where a recording is; a path that is not absolute starts from the state folder."""
    return home / Path(path).expanduser()


def check_recorded(path: str, home: Path) -> None:
    """Check that a file that is there holds recorded frames; nothing of it is told.

    Raises
    ------
    InvalidRequest
        It holds none where they should begin.
    """
    try:
        for line, _ in zip(lines(path_of(path, home)), range(LOOKED_AT), strict=False):
            if _is_frame(line):
                return
    except (OSError, EOFError, zlib.error):
        pass  # What cannot be read is no recording either.
    allowed = "recorded frames, a line each: a time in ns, a space, and the frame as JSON"
    msg = f"path is {path!r}, which holds no recorded frames: expected {allowed}"
    raise InvalidRequest(msg, field="path", value=path, allowed=allowed)


def _is_frame(line: bytes) -> bool:
    try:
        parse(line)
    except Impossible:
        return True
    except (ValueError, msgspec.MsgspecError):
        return False
    return True
