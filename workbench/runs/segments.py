"""A file of messages, a line each: written at its end, read from its beginning."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import IO


class Segment:
    """Messages `first` to before `next`, in a file with or without a name.

    One with a name begins with a line that says the number of its first message, and outlives
    the process that wrote it; one without vanishes with it, however it ends.

    Parameters
    ----------
    first
        Number of its first message.
    folder
        Where to; the system's folder for temporary files if it is None. Not used with `path`.
    path
        Its name; its folder is made, but not what is above that.

    Raises
    ------
    OSError
        It cannot be made.
    """

    def __init__(self, first: int, folder: Path | None = None, path: Path | None = None) -> None:
        self.first = self.next = first
        self.path = path
        self._file: IO[bytes]
        self.written = 0
        self._read = 0
        if path is None:
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
            return
        path.parent.mkdir(exist_ok=True, mode=0o700)
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")
        try:
            self._put(b"%d\n" % first)
        except OSError:
            self.discard()
            raise
        self._read = self.written

    @property
    def left(self) -> int:
        """Bytes not read."""
        return self.written - self._read

    def write(self, data: bytes, following: int, *, unread: bool = True) -> None:
        """Append whole lines; `following` is the number after their last.

        Parameters
        ----------
        unread
            Whether `read` is to return them.

        Raises
        ------
        OSError
            There is no room: nothing was written.
        """
        self._put(data)
        self.next = following
        if not unread:
            self._read = self.written

    def read(self, size: int) -> bytes:
        """Return the next lines of up to `size` bytes, one at least, or all that is left."""
        while True:
            data = os.pread(self._file.fileno(), min(size, self.left), self._read)
            end = len(data) if len(data) == self.left else data.rfind(b"\n") + 1
            if end:
                self._read += end
                return data[:end]
            size *= 2

    def close(self) -> None:
        """Give the file back; one with a name stays."""
        self._file.close()

    def discard(self) -> None:
        """Give the file back, and take its name away."""
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _put(self, data: bytes) -> None:
        done = os.pwrite(self._file.fileno(), data, self.written)
        if done < len(data):
            # Half a line would spoil what comes after it.
            os.ftruncate(self._file.fileno(), self.written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.written += done
